import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { UserError } from "../../errors.ts";
import { SPLIT_NAMES } from "../dataset.ts";
import { EOS_ID } from "../vocabulary.ts";
import { evaluate } from "./evaluate.ts";
import { LISTOPS_PROFILES } from "./profiles.ts";
import { listOpsCacheFile, type ListOpsOptions, loadListOps } from "./task.ts";

const FIXTURES = `${import.meta.dirname}/../../../fixtures/listops`;
const PARAMS = { ...LISTOPS_PROFILES.quick, train: 60, valid: 20, test: 20 };
const OFFICIAL = { ...LISTOPS_PROFILES.paper, train: 3, valid: 2, test: 1 };

async function withCache(
  body: (options: ListOpsOptions, lines: string[]) => Promise<void>,
): Promise<void> {
  const cacheDir = await Deno.makeTempDir();
  const lines: string[] = [];
  try {
    await body({ params: PARAMS, seed: 7, cacheDir, print: (line) => lines.push(line) }, lines);
  } finally {
    await Deno.remove(cacheDir, { recursive: true });
  }
}

Deno.test("generated ListOps has the contract's shape and labels that are the values", async () => {
  await withCache(async (options) => {
    const task = await loadListOps(options);
    assert.equal(task.maxLength, 100);
    assert.equal(task.vocabulary.size, 20);
    assert.deepEqual(SPLIT_NAMES.map((name) => task.splits[name].length), [60, 20, 20]);
    const sequences = new Set<string>();
    for (const name of SPLIT_NAMES) {
      for (let i = 0; i < task.splits[name].length; i++) {
        const { tokens, label } = task.splits[name].example(i);
        assert.equal(tokens.at(-1), EOS_ID);
        assert.ok(tokens.length > 21 && tokens.length <= 100);
        assert.equal(evaluate(Uint8Array.from(tokens.subarray(0, -1), (id) => id - 4)), label);
        sequences.add(tokens.join());
      }
    }
    assert.equal(sequences.size, 100, "no expression occurs in two splits");
  });
});

Deno.test("the hashes of generated data are pinned", async () => {
  await withCache(async (options) => {
    assert.deepEqual((await loadListOps(options)).hash, {
      train: "f77aa06ce6da8758fdf603db3afdcfe35f3487dc66a0b7ea8788a2bdaa8c6281",
      valid: "b7385830c4b2e61c30ad4722f8fdcc911eab86108e94c56c2a68a2558080c87c",
      test: "c14b4167b8a36ad48533e11c30341819248ef8f67459c50471926264c8f64fad",
    });
  });
});

Deno.test("a second load reads the cache and gives the same data", async () => {
  await withCache(async (options, lines) => {
    const first = await loadListOps(options);
    const second = await loadListOps(options);
    assert.deepEqual(second.hash, first.hash);
    assert.deepEqual(second.splits.train.example(5), first.splits.train.example(5));
    assert.equal(lines.filter((line) => line.includes("generated 100")).length, 1);
    const otherSeed = await loadListOps({ ...options, seed: 8 });
    assert.notEqual(otherSeed.hash.test, first.hash.test);
  });
});

Deno.test("more training data leaves the valid and test splits as they are", async () => {
  await withCache(async (options) => {
    const small = await loadListOps(options);
    const large = await loadListOps({ ...options, params: { ...PARAMS, train: 90 } });
    assert.equal(large.hash.test, small.hash.test);
    assert.equal(large.hash.valid, small.hash.valid);
    assert.notEqual(large.hash.train, small.hash.train);
  });
});

Deno.test("a damaged or cut cache file is made again, with a line that says so", async () => {
  await withCache(async (options, lines) => {
    const { hash } = await loadListOps(options);
    const { path } = listOpsCacheFile(options);
    const intact = await Deno.readFile(path);
    const flipped = intact.slice();
    flipped[flipped.length - 5] ^= 1;
    for (const damaged of [flipped, intact.subarray(0, 1000), new Uint8Array(0)]) {
      lines.length = 0;
      await Deno.writeFile(path, damaged);
      assert.deepEqual((await loadListOps(options)).hash, hash);
      assert.match(lines[0], /; making it again$/);
      assert.deepEqual(await Deno.readFile(path), intact);
    }
    const left = [...Deno.readDirSync(dirname(path))].filter(({ isFile }) => isFile);
    assert.equal(left.length, 1);
  });
});

Deno.test("official files are used when the parameters are the official ones", async () => {
  await withCache(async (options, lines) => {
    const task = await loadListOps({ ...options, params: OFFICIAL, dataDir: FIXTURES });
    assert.equal(task.origin, "custom");
    assert.match(lines[0], /^listops: not the official data \(3 of 96,000 train expressions, 2 of/);
    assert.deepEqual(SPLIT_NAMES.map((name) => task.splits[name].length), [3, 2, 1]);
    assert.deepEqual([...task.splits.train.example(0).tokens], [17, 7, 8, 18, EOS_ID]);
    assert.equal(task.splits.train.example(0).label, 7);
    assert.equal(task.maxLength, 2000);
    const fewer = await loadListOps({
      ...options,
      params: { ...OFFICIAL, train: 1 },
      dataDir: join(FIXTURES, "listops-1000"),
    });
    assert.equal(fewer.splits.train.length, 1);
  });
});

Deno.test("other parameters generate although official files are there, and say so", async () => {
  await withCache(async (options, lines) => {
    const task = await loadListOps({ ...options, dataDir: FIXTURES });
    assert.match(task.source, /^generated/);
    assert.match(lines[0], /official files are not used/);
    const elsewhere = await loadListOps({ ...options, dataDir: options.cacheDir });
    assert.deepEqual(elsewhere.hash, task.hash);
    assert.ok(lines.some((line) => /no basic_train.tsv below/.test(line)));
  });
});

Deno.test("a missing folder, a missing file and a short file are UserErrors", async () => {
  await withCache(async (options) => {
    const load = (dataDir: string, train = 3) =>
      loadListOps({ ...options, params: { ...OFFICIAL, train }, dataDir });
    await assert.rejects(load("no/such/folder"), UserError);
    await assert.rejects(load(FIXTURES, 4), /basic_train.tsv: 3 expressions, expected 4/);
    const partial = join(options.cacheDir, "partial");
    await Deno.mkdir(partial);
    await Deno.copyFile(
      join(FIXTURES, "listops-1000", "basic_train.tsv"),
      join(partial, "basic_train.tsv"),
    );
    await assert.rejects(
      load(partial),
      (error) => error instanceof UserError && /basic_val.tsv: no such file/.test(error.message),
    );
  });
});
