/** `generate`: text from a trained language model. */
import { Command, Option } from "@commander-js/extra-typings";
import { openDevice } from "../device/device.ts";
import { Inference } from "../train/inference.ts";
import { loadModel } from "../train/model_file.ts";
import { generateTokens, stepExtents } from "../workloads/generate_tokens.ts";
import { languageModelOf } from "../workloads/language_model_file.ts";
import { writeText } from "../util/write_text.ts";
import { findModel } from "./model_choice.ts";
import { share, temperature, wholeNumber } from "./options.ts";

/** The command, for `main.ts`. */
export function generateCommand(exit: (code: number) => void) {
  return new Command("generate")
    .description("Continue a text with a language model that bench has trained")
    .requiredOption(
      "--run <file>",
      "result file of bench --suite lm, or a file of its .models folder",
    )
    .option("--prompt <text>", "text to continue", "")
    .option("--task <name>", "of the models of a result, the one of this task")
    .option("--model <name>", "of the models of a result, this one (default: the best)")
    .option("--length <n>", "tokens to generate", wholeNumber(1), 400)
    .addOption(
      new Option("--temperature <t>", "divides the logits; 0 always takes the most likely token")
        .argParser(temperature).default(0.8),
    )
    .option("--top-k <n>", "only the n most likely tokens; 0 for all", wholeNumber(0), 0)
    .addOption(
      new Option("--top-p <p>", "only the most likely tokens that reach this probability together")
        .argParser(share).default(1),
    )
    .option("--seed <n>", "seed of the sampling", wholeNumber(0), 1)
    .addHelpText(
      "after",
      `
Examples:
  deno task generate --run results/lm-quick-20260131T120000Z.json --prompt "ROMEO:"
  deno task generate --run results/mine.json --task words --model mega --length 50
  deno task generate --run results/mine.models/characters-mega-seed1.safetensors --temperature 0`,
    )
    .action(async (options) => {
      const path = await findModel(options.run, { ...options, kind: "language-modelling" });
      const { head, values } = await loadModel(path);
      const { model, encode, decoder, excluded } = languageModelOf(head, path);
      const prompt = encode(options.prompt);
      const device = await openDevice();
      console.error(
        `${head.task} ${head.model} seed ${head.seed}, ${device.adapterInfo.description}`,
      );
      const { length, temperature, topK, topP, seed } = options;
      using inference = device.allOrNothing(() =>
        new Inference(device, { model, extents: stepExtents, values, where: path })
      );
      const text = decoder(prompt);
      writeText(Deno.stdout, options.prompt);
      const started = performance.now();
      const settings = { prompt, length, temperature, topK, topP, seed, excluded };
      for await (const token of generateTokens(inference, settings)) {
        writeText(Deno.stdout, text(token));
      }
      writeText(Deno.stdout, "\n");
      const seconds = (performance.now() - started) / 1000;
      console.error(`${length} tokens, ${(length / seconds).toFixed(1)} a second`);
      exit(0);
    });
}
