/** Data that is trained on follows its files, whatever their sizes and names. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { verifyData } from "./commands.ts";
import { copyFolder, withFolder } from "./data_test_folder.ts";
import type { SplitName } from "./dataset.ts";
import { LISTOPS_PROFILES } from "./listops/profiles.ts";
import { loadListOps } from "./listops/task.ts";
import { loadCorpus } from "./lm/corpus_cache.ts";
import { ENWIK8 } from "./lm/enwik8.ts";
import { publishedRecipe } from "./lm/published_text.ts";
import { fileSource } from "./lm/text_source.ts";
import { DATA_ENTRIES, dataEntry } from "./registry.ts";
import { writeWmt16Files } from "./translation/wmt16/wmt16_testing.ts";

const FIXTURES = `${import.meta.dirname}/../../fixtures`;

interface Folders {
  readonly cacheDir: string;
  readonly dataDir: string;
}
type Hashes = Readonly<Record<SplitName, string>>;

/** A data set of files, and how a byte of each is changed so that another one is as valid. */
interface Source {
  readonly write: (dataDir: string) => Promise<void>;
  /** The files below the data folder that are read, where that is not all. */
  readonly reads?: (path: string) => boolean;
  readonly change: (bytes: Uint8Array, path: string) => Uint8Array | Promise<Uint8Array>;
  /** Loads what is too small or too large to be loaded by its entry. */
  readonly load?: (folders: Folders) => Promise<Hashes>;
  /** How many files a fast test changes (default all). */
  readonly most?: number;
  /** What `data verify` says. */
  readonly verified: RegExp;
}

const STALE = /was made from other files/;

/** A copy with a byte replaced, the first one that is `from`. */
function replaced(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const copy = bytes.slice();
  const at = copy.indexOf(from.charCodeAt(0));
  assert.ok(at >= 0, `no ${from}`);
  copy[at] = to.charCodeAt(0);
  return copy;
}

/** The pictures are of one colour and size: another one is taken. */
async function otherPicture(bytes: Uint8Array, path: string): Promise<Uint8Array> {
  const folder = path.slice(0, path.lastIndexOf("/"));
  for (const { name } of Deno.readDirSync(folder)) {
    const other = await Deno.readFile(join(folder, name));
    if (other.length === bytes.length && other.some((byte, i) => byte !== bytes[i])) return other;
  }
  throw new Error(`${path}: no other picture`);
}

function changePathfinder(bytes: Uint8Array, path: string): Uint8Array | Promise<Uint8Array> {
  if (path.endsWith(".png")) return otherPicture(bytes, path);
  const text = new TextDecoder().decode(bytes);
  return new TextEncoder().encode(
    text.replace(/^(\S+ \S+ \S+) ([01])/, (_, start, label) => `${start} ${1 - Number(label)}`),
  );
}

const copied = (from: string, to: string) => (dataDir: string) =>
  copyFolder(join(FIXTURES, from), join(dataDir, to));

const pathfinder: Source = {
  write: copied("pathfinder/pathfinder32", "pathfinder32"),
  // Its size is that of no other picture.
  reads: (path) => !path.endsWith("imgs/2/sample_3.png"),
  change: changePathfinder,
  verified: STALE,
};

const wikitext = (id: string): Source => ({
  async write(dataDir) {
    await Deno.mkdir(join(dataDir, id));
    for (const name of ["train", "valid", "test"]) {
      await Deno.writeTextFile(join(dataDir, id, `wiki.${name}.tokens`), " a b c \n a b \n");
    }
  },
  change: (bytes) => replaced(bytes, "b", "a"),
  verified: STALE,
});

const SOURCES: Readonly<Record<string, Source>> = {
  listops: {
    write: copied("listops/listops-1000", "listops-1000"),
    change(bytes) {
      const text = new TextDecoder().decode(bytes);
      const changed = text.replace(/\t(\d)/, (_, value) => `\t${(Number(value) + 1) % 10}`);
      return new TextEncoder().encode(changed);
    },
    async load(folders) {
      const params = { ...LISTOPS_PROFILES.paper, train: 3, valid: 2, test: 1 };
      return (await loadListOps({ params, seed: 0, ...folders })).hash;
    },
    // These files are read at every load: there is no cache that could be stale.
    verified: /the expression is worth/,
  },
  text: {
    write: copied("text/aclImdb", "aclImdb"),
    change: (bytes) => Uint8Array.of(bytes[0] ^ 1, ...bytes.subarray(1)),
    verified: STALE,
  },
  retrieval: {
    write: copied("retrieval/tsv_data", "tsv_data"),
    change: (bytes) => Uint8Array.of(bytes[0] ^ 1, ...bytes.subarray(1)),
    verified: STALE,
  },
  image: {
    write: copied("image/binary/cifar-10-batches-bin", "cifar-10-batches-bin"),
    change: (bytes) => Uint8Array.of((bytes[0] + 1) % 10, ...bytes.subarray(1)),
    verified: STALE,
  },
  pathfinder,
  pathx: pathfinder,
  "wikitext-103": wikitext("wikitext-103"),
  "wikitext-2": wikitext("wikitext-2"),
  enwik8: {
    async write(dataDir) {
      await Deno.writeTextFile(join(dataDir, "enwik8"), "abab\n".repeat(6));
    },
    change: (bytes) => replaced(bytes, "b", "a"),
    async load({ cacheDir, dataDir }) {
      const small = {
        ...ENWIK8,
        async splits(folder: string) {
          const part = (start: number) => fileSource(join(folder, "enwik8"), start, start + 10);
          return { train: await part(0), valid: await part(10), test: await part(20) };
        },
      };
      const recipe = await publishedRecipe(small, { folder: dataDir, cacheDir, dataDir });
      using data = await loadCorpus(recipe, { cacheDir });
      return data.hash;
    },
    verified: /expected 100000000/,
  },
  multi30k: {
    async write(dataDir) {
      await Deno.mkdir(join(dataDir, "multi30k"));
      for (const name of ["train", "val", "test_2016_flickr"]) {
        for (const language of ["en", "de"]) {
          const path = join(dataDir, "multi30k", `${name}.${language}`);
          await Deno.writeTextFile(path, "a b c\na b a b\n");
        }
      }
    },
    change: (bytes) => replaced(bytes, "b", "a"),
    verified: STALE,
  },
  "wmt16-en-de": {
    write: (dataDir) => writeWmt16Files(join(dataDir, "wmt16-en-de")),
    reads: (path) => /commoncrawl\.de-en|newstest2013\.(?:en|de)|newstest2014/.test(path),
    change(bytes) {
      const text = new TextDecoder().decode(bytes);
      return new TextEncoder().encode(text.replace(/old|alt/, (word) => word.toUpperCase()));
    },
    most: 2,
    verified: STALE,
  },
};

function* filesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of [...Deno.readDirSync(folder)]) {
    const path = join(folder, name);
    if (isDirectory) yield* filesBelow(path);
    else yield path;
  }
}

/** The hashes that a run of an entry would train on. */
async function loadEntry(id: string, folders: Folders): Promise<Hashes> {
  const data = await dataEntry(id).load({ profile: "smoke", ...folders });
  if (data.kind !== "classification") data[Symbol.dispose]();
  return data.hash;
}

Deno.test("every data set that is read from files is covered", () => {
  const ids = DATA_ENTRIES.filter(({ official }) => official.length > 0).map(({ id }) => id);
  assert.deepEqual(Object.keys(SOURCES), ids);
});

for (const [id, source] of Object.entries(SOURCES)) {
  const { write, reads = () => true, change, most = Infinity, verified } = source;
  Deno.test(`${id}: a byte of any file changes what is trained on, and verify says so`, async () => {
    await withFolder(async (folder, lines, print) => {
      const folders = { cacheDir: join(folder, "cache"), dataDir: join(folder, "data") };
      const load = () => source.load?.(folders) ?? loadEntry(id, folders);
      await Deno.mkdir(folders.dataDir);
      await write(folders.dataDir);
      const paths = [...filesBelow(folders.dataDir)].filter(reads).slice(0, most);
      assert.ok(paths.length > 0);
      const before = await load();
      for (const path of paths) {
        const bytes = await Deno.readFile(path);
        const changed = await change(bytes, path);
        assert.equal(changed.length, bytes.length, path);
        await Deno.writeFile(path, changed);
        if (path === paths[0]) {
          assert.equal(await verifyData({ ...folders, ids: [id], print }), false, path);
          assert.match(lines.join("\n"), verified);
        }
        assert.notDeepEqual(await load(), before, path);
        await Deno.writeFile(path, bytes);
      }
      assert.deepEqual(await load(), before);
    });
  });
}
