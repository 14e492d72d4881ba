import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { sha256Hex } from "../util/sha256.ts";
import { generateData, listData, verifyData } from "./commands.ts";
import { fetchData } from "./fetch_data.ts";
import { rejectsInOneLine, withFolder } from "./data_test_folder.ts";
import { generatePathfinder } from "./pathfinder/generate.ts";
import { PATHFINDER_SHAPES } from "./pathfinder/parameters.ts";
import { writePathfinder } from "./pathfinder/write_official.ts";
import { lraTasks } from "./lra_tasks.ts";
import { profileNames } from "./profile_names.ts";
import { CLASSIFICATION_ENTRIES, dataEntry } from "./registry.ts";

const FIXTURES = `${import.meta.dirname}/../../fixtures`;

/** Files below a folder, as entries of an archive with a prefix to their names. */
async function* archived(
  folder: string,
  prefix: string,
): AsyncGenerator<{ header: { name: string; size: number }; body: Uint8Array<ArrayBuffer> }> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* archived(path, `${prefix}/${name}`);
    else {
      const body = await Deno.readFile(path);
      yield { header: { name: `${prefix}/${name}`, size: body.length }, body };
    }
  }
}

/** Where the official archive of each data set has the files that a folder here has. */
const LAYOUTS: Readonly<Record<string, (temporary: string) => Promise<[string, string]>>> = {
  listops: () =>
    Promise.resolve([`${FIXTURES}/listops/listops-1000`, "lra_release/lra_release/listops-1000"]),
  text: () => Promise.resolve([`${FIXTURES}/text/aclImdb`, "aclImdb"]),
  retrieval: () =>
    Promise.resolve([`${FIXTURES}/retrieval/tsv_data`, "lra_release/lra_release/tsv_data"]),
  image: () =>
    Promise.resolve([
      `${FIXTURES}/image/binary/cifar-10-batches-bin`,
      "cifar-10-batches-bin",
    ]),
  pathfinder: () =>
    Promise.resolve([
      `${FIXTURES}/pathfinder/pathfinder32`,
      "lra_release/lra_release/pathfinder32",
    ]),
  pathx: async (temporary) => {
    const shape = PATHFINDER_SHAPES[128];
    const pictures = [0, 1].map((index) => generatePathfinder(shape, 0, index));
    await writePathfinder(join(temporary, "pictures"), shape, pictures);
    return [join(temporary, "pictures"), "lra_release/lra_release/pathfinder128"];
  },
};

Deno.test("the registry has the six tasks in the paper's order, each at every scale", () => {
  const ids = CLASSIFICATION_ENTRIES.map(({ id }) => id);
  assert.deepEqual(ids, [...lraTasks]);
  assert.deepEqual(Object.keys(LAYOUTS), ids);
  for (const { id, profiles } of CLASSIFICATION_ENTRIES) {
    assert.deepEqual(profiles, [...profileNames], id);
  }
});

for (const { id } of CLASSIFICATION_ENTRIES) {
  Deno.test(`${id} is found, listed and verified after its archive was fetched`, async () => {
    await withFolder(async (folder, lines, print) => {
      const [from, prefix] = await LAYOUTS[id](folder);
      const other = {
        header: { name: "lra_release/readme.md", size: 1 },
        body: new Uint8Array(1),
      };
      const files = [other, ...await Array.fromAsync(archived(from, prefix))];
      const bytes = new Uint8Array(gzipSync(await packTar(files)));
      const context = { dataDir: join(folder, "data"), cacheDir: join(folder, "cache"), print };
      const target = await fetchData({
        ...context,
        id,
        sha256: sha256Hex(bytes),
        fetcher: () => Promise.resolve(new Response(bytes)),
      });
      const status = (await listData(context)).find((each) => each.id === id);
      assert.equal(status?.official, target);
      assert.ok(await verifyData({ ...context, ids: [id] }), lines.join("\n"));
      assert.equal(lines.at(-1), "1 checked, 0 damaged");
      assert.ok(await Deno.stat(join(target, "readme.md")).then(() => false, () => true));
    });
  });
}

Deno.test("2 of the 6 files of CIFAR-10 are called incomplete, and are not taken for fetched", async () => {
  await withFolder(async (folder, lines, print) => {
    const target = join(folder, "cifar-10-batches-bin");
    await Deno.mkdir(target);
    for (const file of ["data_batch_1.bin", "test_batch.bin"]) {
      const from = `${FIXTURES}/image/binary/cifar-10-batches-bin/${file}`;
      await Deno.copyFile(from, join(target, file));
    }
    const context = { dataDir: folder, cacheDir: join(folder, "cache"), print };
    await listData(context);
    const missing = "no data_batch_2.bin, data_batch_3.bin, data_batch_4.bin, data_batch_5.bin";
    assert.ok(lines.some((line) => line.includes(`, incomplete (${missing})`)));
    const fetching = fetchData({
      ...context,
      id: "image",
      fetcher: () => Promise.reject(new Error("not to be called")),
    });
    await rejectsInOneLine(fetching, /is incomplete \(no data_batch_2.*remove it to fetch/);
    await rejectsInOneLine(
      dataEntry("image").load({ profile: "smoke", ...context }),
      /data_batch_2\.bin: no such file/,
    );
  });
});

Deno.test("tasks without files are generated, or say what is missing", async () => {
  await withFolder(async (folder, lines, print) => {
    const context = { dataDir: join(folder, "data"), cacheDir: join(folder, "cache"), print };
    for (const { id, generate } of CLASSIFICATION_ENTRIES) {
      const generating = generateData({ ...context, id, profile: "smoke" });
      if (generate === undefined) await rejectsInOneLine(generating, /has no generator/);
      else assert.match((await generating)?.train ?? "", /^[0-9a-f]{64}$/);
    }
    assert.ok(await verifyData({ ...context, ids: [] }));
    assert.equal(lines.at(-1), "4 checked, 0 damaged");
    for (const { id, load } of CLASSIFICATION_ENTRIES) {
      const loading = Promise.try(() => load({ profile: "huge", cacheDir: folder }));
      await rejectsInOneLine(loading, new RegExp(`^${id}: unknown profile huge, expected smoke`));
    }
  });
});
