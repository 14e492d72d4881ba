import { join } from "node:path";
import { UserError } from "../../errors.ts";
import type { SplitName } from "../dataset.ts";
import { findFolder } from "../official_folder.ts";
import type { PublishedText } from "./published_text.ts";
import { fileSource } from "./text_source.ts";

/** Bytes of validation, and of testing, in the published split. */
const HELD_OUT = 5_000_000;

/**
 * The parts of a text of bytes: the last `heldOut` bytes test, those before validate, all others
 * train. Cuts fall where they fall, within lines and characters
 * (`awd-lstm-lm: data/enwik8/prep_enwik8.py`).
 */
export function enwik8Cuts(
  length: number,
  heldOut: number,
): Readonly<Record<SplitName, [start: number, end: number]>> {
  const [valid, test] = [length - 2 * heldOut, length - heldOut];
  return { train: [0, valid], valid: [valid, test], test: [test, length] };
}

/** The folder of the file `enwik8` at or below `dataDir`, or undefined. */
export async function findEnwik8(dataDir: string): Promise<string | undefined> {
  return await findFolder(dataDir, ["enwik8", "."], ["enwik8"]);
}

/** enwik8: 90, 5 and 5 million bytes; a file of another size is refused. */
export const ENWIK8: PublishedText = {
  id: "enwik8",
  version: "1 (90/5/5 million bytes)",
  source: "official enwik8: the first 10^8 bytes of an English Wikipedia dump of 2006",
  unit: "byte",
  files: ["enwik8"],
  async splits(folder) {
    const path = join(folder, "enwik8");
    const { size } = await fileSource(path);
    if (size !== 100_000_000) {
      throw new UserError(`${path}: has ${size} bytes, expected 100000000: fetch it again`);
    }
    const cuts = enwik8Cuts(size, HELD_OUT);
    return {
      train: await fileSource(path, ...cuts.train),
      valid: await fileSource(path, ...cuts.valid),
      test: await fileSource(path, ...cuts.test),
    };
  },
};
