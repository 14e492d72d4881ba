import assert from "node:assert/strict";
import { join } from "node:path";
import { describeFolder } from "./driver.ts";
import { proveDriver } from "./driver_proof.ts";
import {
  certificateAdvice,
  ensureDriver,
  type EnsureOptions,
  type Provider,
} from "./ensure_driver.ts";

/** A cache with a driver of one file, a count of how often it was made, and what was said. */
async function withDrivers(
  test: (drivers: {
    options: EnsureOptions;
    library: string;
    made: () => number;
    checks: () => number;
    said: string[];
  }) => Promise<void>,
) {
  const cache = await Deno.makeTempDir();
  let [made, checks] = [0, 0];
  const said: string[] = [];
  const provider: Provider = async ({ folder }) => {
    made++;
    await Deno.writeTextFile(join(folder, "lib.so"), "good");
    return {
      name: "Toy",
      origin: "here",
      icd: "icd.json",
      libraryFolders: ["."],
      fetched: [],
      fromSystem: [],
      ...await describeFolder(folder),
    };
  };
  const options: EnsureOptions = {
    drivers: join(cache, "driver"),
    kinds: ["mesa"],
    say: (line) => said.push(line),
    providers: { mesa: provider, swiftshader: provider },
    check: () => {
      checks++;
      return Promise.resolve({ description: "toy", vendor: "0" });
    },
  };
  const library = join(cache, "driver/mesa-2/lib.so");
  try {
    await test({ options, library, made: () => made, checks: () => checks, said });
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

/** Changes the content of a file and leaves its size and time. */
async function damage(path: string) {
  const { atime, mtime } = await Deno.stat(path);
  await Deno.writeTextFile(path, "baad");
  await Deno.utime(path, atime ?? 0, mtime ?? 0);
}

Deno.test("a provided driver is used again without a check", async () => {
  await withDrivers(async ({ options, made, checks, said }) => {
    const first = await ensureDriver(options);
    assert.deepEqual(await ensureDriver(options), first);
    assert.deepEqual([made(), checks(), said], [1, 1, []]);
  });
});

Deno.test("a driver damaged with its size and time unchanged is fetched again when asked, with one line", async () => {
  await withDrivers(async ({ options, library, made, said }) => {
    await ensureDriver(options);
    await damage(library);
    await ensureDriver(options);
    assert.equal(made(), 1);
    await ensureDriver({ ...options, verify: true });
    assert.equal(await Deno.readTextFile(library), "good");
    assert.deepEqual([made(), said.length], [2, 1]);
    assert.match(
      said[0],
      /^fetching the software driver again: .*lib\.so is not what was unpacked/,
    );
  });
});

Deno.test("hashes are compared once a day", async () => {
  await withDrivers(async ({ options, library }) => {
    const { folder } = await ensureDriver(options);
    await damage(library);
    const check = () => Promise.reject(new Error("not asked"));
    const hours = (n: number) => Date.now() + n * 3600_000;
    const prove = async (now: number) =>
      (await proveDriver(folder, { verify: false, check, now })).damage.length;
    assert.equal(await prove(hours(23)), 0);
    assert.equal(await prove(hours(25)), 1);
    // A clock that was set back proves nothing.
    assert.equal(await prove(hours(-1)), 1);
    await Deno.writeTextFile(join(folder, "proof.json"), "{");
    const answer = { description: "", vendor: "" };
    const lost = await proveDriver(folder, { verify: false, check: () => Promise.resolve(answer) });
    assert.equal(lost.damage.length, 1);
  });
});

Deno.test("a proof that was due is recorded", async () => {
  await withDrivers(async ({ options }) => {
    const { folder } = await ensureDriver(options);
    const proof = join(folder, "proof.json");
    await Deno.remove(proof);
    const answer = { description: "", vendor: "" };
    await proveDriver(folder, { verify: false, check: () => Promise.resolve(answer) });
    assert.ok((await Deno.stat(proof)).isFile);
  });
});

Deno.test("a driver whose manifest is damaged is provided anew", async () => {
  await withDrivers(async ({ options, made, said }) => {
    const { folder } = await ensureDriver(options);
    await Deno.writeTextFile(join(folder, "manifest.json"), "{}");
    await ensureDriver(options);
    assert.equal(made(), 2);
    assert.match(said.join("\n"), /^fetching the software driver again: .*damaged/);
  });
});

Deno.test("a proxy that replaces certificates is answered with the variable to set", async () => {
  await withDrivers(async ({ options }) => {
    const fail = () => Promise.reject(new Error("invalid peer certificate: UnknownIssuer"));
    await assert.rejects(
      ensureDriver({ ...options, providers: { mesa: fail, swiftshader: fail } }),
      { name: "UserError", message: /set DENO_TLS_CA_STORE=system/ },
    );
  });
  assert.equal(certificateAdvice("no such host"), "");
});
