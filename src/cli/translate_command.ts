/** `translate`: lines of text by a trained translation model. */
import { Command } from "@commander-js/extra-typings";
import { linesOf, readLines } from "../data/lines.ts";
import { openDevice } from "../device/device.ts";
import { loadModel } from "../train/model_file.ts";
import { Inference } from "../train/inference.ts";
import { lineTranslator } from "../workloads/translation/line_translator.ts";
import { translationModelOf } from "../workloads/translation/translation_file.ts";
import { writeText } from "../util/write_text.ts";
import { findModel } from "./model_choice.ts";
import { nonNegative, wholeNumber } from "./options.ts";

/** Most hypotheses of a search: programs for thousands cannot be compiled. */
const beamWidth = wholeNumber(1, 100);

/** The command, for `main.ts`. */
export function translateCommand(exit: (code: number) => void) {
  return new Command("translate")
    .description("Translate lines with a model that bench has trained")
    .requiredOption(
      "--run <file>",
      "result file of bench --suite translation, or a file of its .models folder",
    )
    .option("--input <file>", "text to translate, a sentence a line (default: standard input)")
    .option("--task <name>", "of the models of a result, the one of this task")
    .option("--model <name>", "of the models of a result, this one (default: the best)")
    .option("--beam <n>", "hypotheses that the search keeps; 1 is greedy", beamWidth, 5)
    .option("--lenpen <x>", "exponent of the length that divides scores", nonNegative, 0.5)
    .option("--max-len-a <a>", "most tokens: a times those of the source, plus b", nonNegative, 2)
    .option("--max-len-b <b>", "see --max-len-a", wholeNumber(1), 20)
    .option("--nbest <n>", "translations of every line, the best first", beamWidth, 1)
    .option("--scores", "before every translation its score: log-probability / length^lenpen")
    .option("--batch <n>", "lines that are translated together", wholeNumber(1), 32)
    .addHelpText(
      "after",
      `
Examples:
  echo "The train leaves at half past seven" | deno task translate --run results/translation-quick-20260131T120000Z.json
  deno task translate --run results/mine.json --task multi30k --model transformer --input captions.txt
  deno task translate --run results/mine.json --beam 10 --nbest 3 --scores < lines.txt`,
    )
    .action(async (options) => {
      const path = await findModel(options.run, { ...options, kind: "translation" });
      const { head, values } = await loadModel(path);
      const loaded = translationModelOf(head, path);
      const device = await openDevice();
      console.error(
        `${head.task} ${head.model} seed ${head.seed}, ${device.adapterInfo.description}`,
      );
      using inference = device.allOrNothing(() =>
        new Inference(device, {
          model: loaded.model,
          extents: { batch: 1, source: 2, target: 2 },
          mode: "evaluate",
          values,
          where: path,
        })
      );
      const { beam, lenpen, nbest, scores = false, maxLenA, maxLenB, batch } = options;
      const lines = options.input === undefined
        ? linesOf(Deno.stdin, "standard input")
        : readLines(options.input);
      const translated = lineTranslator(inference, loaded, lines, {
        search: {
          beam: Math.max(beam, nbest),
          lengthPenalty: lenpen,
          maxLengthA: maxLenA,
          maxLengthB: maxLenB,
        },
        nbest,
        batch,
      });
      const started = performance.now();
      let [count, tokens] = [0, 0];
      for await (const hypotheses of translated) {
        count++;
        for (const { text, score, length } of hypotheses) {
          tokens += length;
          writeText(Deno.stdout, scores ? `${score.toFixed(4)}\t${text}\n` : `${text}\n`);
        }
      }
      const seconds = (performance.now() - started) / 1000;
      console.error(`${count} lines, ${(tokens / seconds).toFixed(0)} tokens a second`);
      exit(0);
    });
}
