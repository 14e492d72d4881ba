import { join } from "node:path";
import { UserError } from "../../errors.ts";
import { readRegularSync } from "../../util/read_regular.ts";
import { exists, fileNames, findFolder } from "../official_folder.ts";

/** The two parts that IMDb is published in. */
export type ImdbPart = "train" | "test";

/** The folders of the aclImdb corpus in label order: 0 negative, 1 positive. */
const LABELS = ["neg", "pos"] as const;

/** The longest published review has 14 kB. */
export const LARGEST_REVIEW = 2 ** 20;

/** A review's file below the folder `aclImdb`. */
export interface ReviewFile {
  readonly file: string;
  /** 0 negative, 1 positive. */
  readonly label: number;
}

/**
 * The folder `aclImdb` at or below `dataDir`, or undefined. UserError when `dataDir` does not exist.
 */
export async function findImdb(dataDir: string): Promise<string | undefined> {
  return await findFolder(dataDir, ["aclImdb", "."], [join("train", "pos"), join("train", "neg")]);
}

/**
 * The reviews of a part, negative ones first, by their number. Files are called
 * `{train,test}/{pos,neg}/NUMBER_RATING.txt` with ratings from 7 for positive and up to 4 for
 * negative ones.
 *
 * @throws UserError for a missing or empty folder and a file with another name.
 */
export async function listReviews(folder: string, part: ImdbPart): Promise<ReviewFile[]> {
  const reviews: ReviewFile[] = [];
  for (const [label, sentiment] of LABELS.entries()) {
    const inside = `${part}/${sentiment}`;
    const path = join(folder, inside);
    if (!await exists(path)) throw new UserError(`${path}: no such folder: fetch the data again`);
    const names = fileNames(path, (name) => name.endsWith(".txt"));
    if (names.length === 0) throw new UserError(`${path}: no review such as 0_9.txt`);
    const numbers = new Map(names.map((name) => [name, reviewNumber(path, name, label)]));
    names.sort((a, b) => (numbers.get(a) ?? 0) - (numbers.get(b) ?? 0));
    for (const name of names) reviews.push({ file: `${inside}/${name}`, label });
  }
  return reviews;
}

function reviewNumber(folder: string, name: string, label: number): number {
  const match = /^(\d+)_(\d{1,2})\.txt$/.exec(name);
  if (match === null) {
    throw new UserError(`${join(folder, name)}: expected a name such as 12_8.txt (number, rating)`);
  }
  const rating = Number(match[2]);
  if (label === 1 ? rating < 7 || rating > 10 : rating < 1 || rating > 4) {
    const wanted = label === 1 ? "7 to 10" : "1 to 4";
    throw new UserError(
      `${join(folder, name)}: rating ${rating}, expected ${wanted} in this folder`,
    );
  }
  return Number(match[1]);
}

/** The bytes of a review. UserError when the file is missing or empty. */
export function readReview(folder: string, { file }: ReviewFile): Uint8Array {
  const path = join(folder, file);
  const bytes = readRegularSync(path, LARGEST_REVIEW);
  if (bytes.length === 0) throw new UserError(`${path}: the review is empty`);
  return bytes;
}
