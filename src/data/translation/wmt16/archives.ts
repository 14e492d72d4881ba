import { basename } from "node:path";
import type { OfficialArchive } from "../../data_entry.ts";
import { LANGUAGES } from "../parallel_corpus.ts";

/** Folder of the official files below a data folder. */
export const WMT16_FOLDER = "wmt16-en-de";

/** Texts that the training text is joined from, in this order. */
export const TRAINING_TEXTS = [
  "europarl-v7.de-en",
  "commoncrawl.de-en",
  "news-commentary-v11.de-en",
] as const;

/** A test set of the WMT news task. */
export interface NewsTest {
  readonly name: string;
  /** File names of both languages, plain text or SGM. */
  readonly en: string;
  readonly de: string;
  readonly sgm: boolean;
}

function plain(year: number): NewsTest {
  const name = `newstest${year}`;
  return { name, en: `${name}.en`, de: `${name}.de`, sgm: false };
}

/** The German-English set: also for translation into German, English is the reference's side. */
function sgm(year: number): NewsTest {
  const name = `newstest${year}`;
  return { name, en: `${name}-deen-ref.en.sgm`, de: `${name}-deen-src.de.sgm`, sgm: true };
}

/** The validation set. */
export const VALID_SET = plain(2013);
/** The test set, all 3,003 lines. */
export const TEST_SET = sgm(2014);
/** Sets that are prepared where they are there, although nothing is trained or scored on them. */
export const FURTHER_SETS: readonly NewsTest[] = [
  plain(2009),
  plain(2010),
  plain(2011),
  plain(2012),
  sgm(2015),
  sgm(2016),
];

const NEWS_TESTS = [VALID_SET, TEST_SET, ...FURTHER_SETS];

/** An archive and the files in it that are used. */
export interface Wmt16Archive extends OfficialArchive {
  /** File names, the last parts of paths in the archive. */
  readonly files: readonly string[];
}

function archive(
  url: string,
  folder: string,
  required: readonly string[],
  further: readonly string[] = [],
): Wmt16Archive {
  const files = [...required, ...further];
  return {
    url,
    sha256: undefined,
    folder: `${WMT16_FOLDER}/${folder}`,
    files,
    required,
    select(path) {
      const name = basename(path);
      return files.includes(name) ? name : undefined;
    },
  };
}

const both = (text: string) => LANGUAGES.map((language) => `${text}.${language}`);
const filesOf = (sets: readonly NewsTest[]) => sets.flatMap(({ en, de }) => [en, de]);
const isFinal = ({ name }: NewsTest) => name === "newstest2016";

/**
 * The archives of the WMT16 news task (http://www.statmt.org/wmt16/translation-task.html) that the
 * preparation reads. The publisher gives no checksums.
 */
export const WMT16_ARCHIVES: readonly Wmt16Archive[] = [
  archive("http://www.statmt.org/europarl/v7/de-en.tgz", "europarl-v7", both(TRAINING_TEXTS[0])),
  archive(
    "http://www.statmt.org/wmt13/training-parallel-commoncrawl.tgz",
    "commoncrawl",
    both(TRAINING_TEXTS[1]),
  ),
  archive(
    "http://data.statmt.org/wmt16/translation-task/training-parallel-nc-v11.tgz",
    "news-commentary-v11",
    both(TRAINING_TEXTS[2]),
  ),
  archive(
    "http://data.statmt.org/wmt16/translation-task/dev.tgz",
    "dev",
    filesOf([VALID_SET, TEST_SET]),
    filesOf(NEWS_TESTS.filter((set) => ![VALID_SET, TEST_SET].includes(set) && !isFinal(set))),
  ),
  archive(
    "http://data.statmt.org/wmt16/translation-task/test.tgz",
    "test",
    filesOf(NEWS_TESTS.filter(isFinal)),
  ),
];

/** The file name of an archive as it is published. */
export function archiveName({ url }: OfficialArchive): string {
  return basename(new URL(url).pathname);
}
