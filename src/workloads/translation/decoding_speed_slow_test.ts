import assert from "node:assert/strict";
import { testDevice } from "../../compiler/testing.ts";
import { EOS_ID } from "../../data/vocabulary.ts";
import { translationParameters } from "../../models/translation_model.ts";
import { translationPreset } from "../../models/translation_scaled_presets.ts";
import { Inference } from "../../train/inference.ts";
import { translationModel } from "./model.ts";
import { noStatistics } from "./search_batch.ts";
import { translate, type TranslateOptions } from "./translator.ts";

const slow = Deno.env.get("MEGA_SLOW") === "1";
const vocabulary = 3_096;

/** Sentences of 8 to 20 words, of which any does. */
const sources = Array.from({ length: 64 }, (_, i) => {
  const length = 8 + (i * 7) % 13;
  return Int32Array.from(
    { length },
    (_, t) => t === length - 1 ? EOS_ID : 4 + (i * 977 + t * 331 + t * t * 17) % (vocabulary - 4),
  );
});

const search: TranslateOptions = {
  beam: 1,
  lengthPenalty: 0.5,
  maxLengthA: 0,
  maxLengthB: 40,
  sourcePadding: "right",
  sourceLengths: [24],
};

for (const name of ["mega-laplace", "transformer"] as const) {
  Deno.test({
    name: `the search of ${name} finds the same however it uses the device; its speed is printed`,
    // Sixteen searches of 64 sentences at the size of quick Multi30k: MEGA_SLOW=1 runs it.
    ignore: !slow,
    async fn() {
      const { config } = translationPreset({
        task: "multi30k",
        model: name,
        profile: "quick",
        vocabulary,
      });
      const device = await testDevice("software");
      using inference = new Inference(device, {
        model: translationModel(config, { labelSmoothing: 0 }),
        mode: "evaluate",
        extents: { batch: 1, source: 2, target: 2 },
        values: { parameters: translationParameters(config).initialize(3), states: new Map() },
        where: name,
      });
      const measure = async (words: string, options: Partial<TranslateOptions>, count = 64) => {
        const run = async () => {
          const statistics = noStatistics();
          const found: string[] = [];
          const started = performance.now();
          const all = { ...search, ...options, statistics };
          let tokens = 0;
          for await (const one of translate(inference, config, sources.slice(0, count), all)) {
            found.push(one.hypotheses[0].tokens.join());
            tokens += one.hypotheses[0].tokens.length;
          }
          const seconds = (performance.now() - started) / 1000;
          return { found, statistics, speed: tokens / seconds };
        };
        // The first run compiles.
        await run();
        const { found, statistics, speed } = await run();
        const { steps, rows, readbacks } = statistics;
        console.log(
          `${name}, ${words}: ${speed.toFixed(0)} tokens/s; ` +
            `${steps} steps of ${rows} rows in all, ${readbacks} readbacks`,
        );
        return { found, statistics };
      };
      for (const beam of [1, 5]) {
        const usual = await measure(`beam ${beam}`, { beam });
        assert.ok(usual.statistics.readbacks <= Math.ceil(usual.statistics.steps / 8) + 1);
        const whole = await measure(`beam ${beam}, no compaction`, { beam, compaction: false });
        const often = await measure(`beam ${beam}, read every step`, { beam, readEvery: 1 });
        const single = await measure(`beam ${beam}, one sentence at a time`, {
          beam,
          maxSentences: 1,
        }, 8);
        assert.deepEqual(whole.found, usual.found);
        assert.deepEqual(often.found, usual.found);
        assert.deepEqual(single.found, usual.found.slice(0, 8));
      }
    },
  });
}
