import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { UserError } from "../errors.ts";
import { sha256Hex } from "../util/sha256.ts";
import { generateData, listData, verifyData } from "./commands.ts";
import { type DataContext, fetchData } from "./fetch_data.ts";
import { listOpsCacheFile } from "./listops/task.ts";
import { LISTOPS_PROFILES } from "./listops/profiles.ts";

const FIXTURES = `${import.meta.dirname}/../../fixtures/listops`;

async function withContext(
  body: (context: DataContext, lines: string[], folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const lines: string[] = [];
  const context = {
    cacheDir: join(folder, "cache"),
    dataDir: join(folder, "data"),
    print: (line: string) => lines.push(line),
  };
  try {
    await body(context, lines, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** An archive with the layout of the official one, and a fetch that serves it. */
async function releaseArchive() {
  const files = ["basic_train.tsv", "basic_val.tsv", "basic_test.tsv"];
  const entry = (name: string, body: Uint8Array<ArrayBuffer>) => ({
    header: { name: `lra_release/lra_release/${name}`, size: body.length },
    body,
  });
  const listops = await Promise.all(
    files.map(async (file) =>
      entry(`listops-1000/${file}`, await Deno.readFile(join(FIXTURES, "listops-1000", file)))
    ),
  );
  const other = entry("pathfinder32/note.txt", new Uint8Array(3));
  const bytes = new Uint8Array(gzipSync(await packTar([other, ...listops])));
  const fetcher: typeof fetch = () => Promise.resolve(new Response(bytes));
  return { sha256: sha256Hex(bytes), fetcher };
}

Deno.test("list tells where data stands, before and after it is there", async () => {
  await withContext(async (context, lines) => {
    const [before] = await listData(context);
    assert.equal(before.official, undefined);
    assert.ok(before.generated);
    assert.match(lines.join("\n"), /^listops: .*\n {2}official files not in .*generated/);
    const [after] = await listData({ ...context, dataDir: FIXTURES });
    assert.equal(after.official, join(FIXTURES, "listops-1000"));
  });
});

Deno.test("fetch downloads, checks and unpacks the wanted files only, once", async () => {
  await withContext(async (context, lines) => {
    const { sha256, fetcher } = await releaseArchive();
    const folder = await fetchData({ ...context, id: "listops", sha256, fetcher });
    assert.equal(folder, join(context.dataDir, "listops-1000"));
    assert.equal([...Deno.readDirSync(folder)].length, 3);
    assert.ok(await verifyData({ ...context, ids: ["listops"] }));
    const again = await fetchData({
      ...context,
      id: "listops",
      fetcher: () => Promise.reject(new Error("not to be called")),
    });
    assert.equal(again, folder);
    assert.match(lines.at(-1) ?? "", /already$/);
  });
});

Deno.test("fetch needs a checksum, or the word to trust the first use", async () => {
  await withContext(async (context, lines) => {
    const { sha256, fetcher } = await releaseArchive();
    const fetching = { ...context, id: "listops", fetcher };
    await assert.rejects(fetchData(fetching), /no checksum of https:.* is known/);
    await assert.rejects(fetchData({ ...fetching, sha256: "0".repeat(64) }), /it was removed/);
    await fetchData({ ...fetching, trustFirstUse: true });
    assert.ok(lines.some((line) => line.includes(`${sha256} (recorded, not compared`)));
  });
});

Deno.test("generate fills the cache, and verify finds damage in it", async () => {
  await withContext(async (context, lines) => {
    const hash = await generateData({ ...context, id: "listops", profile: "smoke" });
    assert.ok(lines.some((line) => line.includes(`2000 examples, sha256 ${hash?.train}`)));
    assert.ok(await verifyData({ ...context, ids: [] }));
    assert.equal(lines.at(-1), "1 checked, 0 damaged");
    const { path } = listOpsCacheFile({ ...context, params: LISTOPS_PROFILES.smoke, seed: 0 });
    const bytes = await Deno.readFile(path);
    bytes[bytes.length - 9] ^= 4;
    await Deno.writeFile(path, bytes);
    assert.equal(await verifyData({ ...context, ids: [] }), false);
    assert.equal(lines.at(-1), "1 checked, 1 damaged");
    assert.ok(lines.some((line) => /^damaged: .*does not match its checksum/.test(line)));
  });
});

Deno.test("generated official-format files are valid, and verify finds a wrong value", async () => {
  await withContext(async (context, lines) => {
    const out = join(context.dataDir, "listops-1000");
    await generateData({ ...context, id: "listops", profile: "smoke", out });
    assert.ok(await verifyData({ ...context, ids: ["listops"] }));
    assert.ok(
      lines.some((line) => /basic_train.tsv: 2000 expressions, all values right/.test(line)),
    );
    const path = join(out, "basic_val.tsv");
    const text = await Deno.readTextFile(path);
    const changed = text.replace(/\t(\d)\r\n$/, (_, value) => `\t${(Number(value) + 1) % 10}\r\n`);
    await Deno.writeTextFile(path, changed);
    assert.equal(await verifyData({ ...context, ids: ["listops"] }), false);
    assert.ok(lines.some((line) => /^damaged: .*basic_val.tsv:201: .*worth/.test(line)));
  });
});

Deno.test("unknown data sets and profiles are UserErrors that list the known ones", async () => {
  await withContext(async (context) => {
    const unknown = { ...context, id: "listop", profile: "quick" };
    await assert.rejects(
      fetchData(unknown),
      (error) =>
        error instanceof UserError && /unknown data set "listop", .*: listops/.test(error.message),
    );
    await assert.rejects(generateData(unknown), UserError);
    await assert.rejects(verifyData({ ...context, ids: ["toString"] }), UserError);
    const profile = { ...context, id: "listops", profile: "toString" };
    await assert.rejects(generateData(profile), /unknown profile toString, expected smoke, quick/);
  });
});
