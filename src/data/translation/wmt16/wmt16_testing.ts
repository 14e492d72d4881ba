/** A tiny WMT16 of sentences of our own, in the archives and formats of the real one. */
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";

/** Files of the archives by their paths in them; the first part is the archive's file name. */
export type Wmt16Content = Record<string, string | Uint8Array<ArrayBuffer>>;

const lines = (...each: readonly string[]) => each.map((line) => `${line}\n`).join("");

/** An SGM file as NIST has them. */
export function sgmText(segments: readonly string[]): string {
  return lines(
    '<srcset setid="newstest" srclang="any">',
    '<doc sysid="ref" docid="one" genre="news" origlang="de">',
    "<p>",
    ...segments.map((segment, i) => `<seg id="${i + 1}">${segment}</seg>`),
    "</p>",
    "</doc>",
    "</srcset>",
  );
}

/** Six training pairs in three parts, one of them empty and one of unequal length. */
export const TINY_WMT16: Readonly<Wmt16Content> = {
  "de-en.tgz/europarl-v7.de-en.de": lines("Das Haus ist groß.", ""),
  "de-en.tgz/europarl-v7.de-en.en": lines("The house\u00adis big.", ""),
  "training-parallel-commoncrawl.tgz/commoncrawl.de-en.de": lines(
    "Der Garten ist „groß.“",
    "Das alte Haus.",
  ),
  "training-parallel-commoncrawl.tgz/commoncrawl.de-en.en": lines(
    "The garden is “big”.",
    "The old house.",
  ),
  "training-parallel-commoncrawl.tgz/commoncrawl.fr-en.en": lines("Not wanted."),
  "training-parallel-nc-v11.tgz/training-parallel-nc-v11/news-commentary-v11.de-en.de":
    "Das Haus ist alt.\nDas Haus ist groß und der Garten ist alt.",
  "training-parallel-nc-v11.tgz/training-parallel-nc-v11/news-commentary-v11.de-en.en":
    "The house is old.\r\nHouse.\r\n",
  "dev.tgz/dev/newstest2013.de": lines("Der Garten ist alt.", "Ist das Haus groß?"),
  "dev.tgz/dev/newstest2013.en": lines("The garden is old.", "Is the house big?"),
  "dev.tgz/dev/newstest2013.fr": lines("Pas voulu.").repeat(50_000),
  "dev.tgz/dev/newstest2014-deen-src.de.sgm": sgmText([
    "Das „Haus“ ist alt.",
    "Gärten &amp; Häuser",
  ]),
  "dev.tgz/dev/newstest2014-deen-ref.en.sgm": sgmText([
    "The “house” is old.",
    "Gardens &amp; houses",
  ]),
  "test.tgz/test/newstest2016-deen-src.de.sgm": sgmText(["Alt."]),
  "test.tgz/test/newstest2016-deen-ref.en.sgm": sgmText(["Old."]),
};

const bytesOf = (content: string | Uint8Array<ArrayBuffer>) =>
  typeof content === "string" ? new TextEncoder().encode(content) : content;

/** The archives, by file name. */
export async function wmt16Archives(
  content: Readonly<Wmt16Content> = TINY_WMT16,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const entries = Map.groupBy(Object.entries(content), ([path]) => path.split("/")[0]);
  const archives = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [archive, files] of entries) {
    const packed = await packTar(files.map(([path, text]) => {
      const body = bytesOf(text);
      return { header: { name: path.slice(archive.length + 1), size: body.length }, body };
    }));
    archives.set(archive, new Uint8Array(gzipSync(packed)));
  }
  return archives;
}

/** Writes the archives to a folder. */
export async function writeWmt16Archives(
  folder: string,
  content: Readonly<Wmt16Content> = TINY_WMT16,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, bytes] of await wmt16Archives(content)) {
    await Deno.writeFile(join(folder, name), bytes);
  }
}

/** Writes the files as unpacked side by side. */
export async function writeWmt16Files(
  folder: string,
  content: Readonly<Wmt16Content> = TINY_WMT16,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [path, text] of Object.entries(content)) {
    await Deno.writeFile(join(folder, basename(path)), bytesOf(text));
  }
}
