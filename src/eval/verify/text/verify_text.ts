/** Verifies golden files of text processing: no device is needed, and results are exact. */
import { UserError } from "../../../errors.ts";
import { readRegular } from "../../../util/read_regular.ts";
import type { VerifyReport } from "../verify.ts";
import { compareText } from "./differences.ts";
import { LARGEST_TEXT_GOLDEN, TextGolden } from "./text_golden.ts";
import { verifyBatching } from "./verify_batching.ts";
import { verifyFairseqBleu, verifySacreBleu } from "./verify_bleu.ts";
import { verifyBpeApply, verifyBpeLearn, verifyBpeRestore } from "./verify_bpe.ts";
import { verifyCorpus } from "./verify_corpus.ts";
import { verifyEnwik8, verifyWikitext } from "./verify_corpora.ts";
import { verifyDictionary } from "./verify_dictionary.ts";
import { verifyLmBlocks } from "./verify_lm_blocks.ts";
import {
  verifyMosesClean,
  verifyMosesDetokenize,
  verifyMosesPunctuation,
  verifyMosesTokenize,
} from "./verify_moses.ts";

type Result = Record<string, unknown>;
/** Computes everything that a file of its kind can hold. */
export type TextHandler = (golden: TextGolden) => Result | Promise<Result>;

/** Handlers by kind. */
const handlers = new Map<string, TextHandler>([
  ["dictionary", verifyDictionary],
  ["lm_blocks", verifyLmBlocks],
  ["wikitext_tokens", verifyWikitext],
  ["enwik8_bytes", verifyEnwik8],
  ["corpus", verifyCorpus],
  ["moses_punctuation", verifyMosesPunctuation],
  ["moses_tokenize", verifyMosesTokenize],
  ["moses_detokenize", verifyMosesDetokenize],
  ["moses_clean", verifyMosesClean],
  ["bpe_learn", verifyBpeLearn],
  ["bpe_apply", verifyBpeApply],
  ["bpe_restore", verifyBpeRestore],
  ["bleu_fairseq", verifyFairseqBleu],
  ["sacrebleu", verifySacreBleu],
  ["batching", verifyBatching],
]);

/** Where the files that a golden file names may be, beside its own folder and `../data`. */
export interface VerifyTextOptions {
  readonly dataDir?: string | undefined;
}

/** Whether a file is a golden file of text processing: they are JSON. */
export function isTextGolden(file: string): boolean {
  return file.endsWith(".json");
}

/**
 * Computes what a file names and compares it with what the file holds.
 *
 * @throws {UserError} when the file cannot be read or its kind does not exist.
 */
export async function verifyTextFile(
  path: string,
  { dataDir }: VerifyTextOptions = {},
): Promise<VerifyReport> {
  const golden = new TextGolden(await readRegular(path, LARGEST_TEXT_GOLDEN), path, dataDir);
  const { kind } = golden;
  const handler = handlers.get(kind);
  if (handler === undefined) {
    const known = [...handlers.keys()].join(", ");
    throw new UserError(`${path}: unknown kind ${JSON.stringify(kind)}, expected one of: ${known}`);
  }
  const report = (passed: boolean, words: { failure: string } | { summary: string }) => ({
    file: path,
    kind,
    passed,
    tensors: [],
    ...words,
  });
  try {
    const { values, differences } = compareText(golden.output, await handler(golden));
    if (values === 0) return report(false, { failure: "the file holds no expected results" });
    const [first] = differences;
    if (first === undefined) return report(true, { summary: `${values} values` });
    const failure = `${differences.length} of ${values} values differ, first ${first.path}: ` +
      `expected ${first.expected}, got ${first.found}`;
    return report(false, { failure });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return report(false, { failure: error.message.replace(`${path}: `, "") });
  }
}
