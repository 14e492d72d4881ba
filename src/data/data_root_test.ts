import assert from "node:assert/strict";
import { join } from "node:path";
import { copyFolder, rejectsInOneLine, withFolder } from "./data_test_folder.ts";
import { verifyData } from "./commands.ts";
import { checkDataFolder, DataRoot } from "./data_root.ts";
import { PATHFINDER_PROFILES } from "./pathfinder/profiles.ts";
import { loadPathfinder } from "./pathfinder/task.ts";
import { DATA_ENTRIES } from "./registry.ts";
import { loadText } from "./text/task.ts";
import { TEXT_PROFILES } from "./text/profiles.ts";
import { makeLink } from "../util/link_testing.ts";

const FIXTURES = join(import.meta.dirname ?? "", "../../fixtures");
const REVIEWS = join(FIXTURES, "text/aclImdb");

Deno.test("links may lead to other places of a data folder, and the folder may be one", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "data/inner"), { recursive: true });
    await Deno.writeTextFile(join(folder, "data/inner/file"), "abc");
    await makeLink("inner/file", join(folder, "data/link"));
    await makeLink("data", join(folder, "alias"));
    const root = new DataRoot(join(folder, "alias"));
    assert.equal(root.checkFile(join(folder, "alias/link"), 3).size, 3);
    assert.throws(() => root.checkFile(join(folder, "alias/link"), 2), /holds 3 B, expected/);
  });
});

Deno.test("a link that leads out of a data folder is refused, of a file and of a folder", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "data"));
    await Deno.writeTextFile(join(folder, "secret"), "abc");
    await makeLink("../secret", join(folder, "data/file"));
    await makeLink("..", join(folder, "data/up"));
    await makeLink("circle", join(folder, "data/circle"));
    const root = new DataRoot(join(folder, "data"));
    for (const name of ["file", "up/secret", "../secret"]) {
      assert.throws(
        () => root.checkFile(`${folder}/data/${name}`, 9),
        /: is a link that leads out of .*data: copy what it names$/,
      );
    }
    assert.throws(
      () => root.checkFile(join(folder, "data/circle"), 9),
      /links that lead in a circle/,
    );
  });
});

Deno.test("reviews behind a link that leads out are not read", async () => {
  await withFolder(async (folder) => {
    const dataDir = join(folder, "data");
    const options = { profile: TEXT_PROFILES.smoke, cacheDir: join(folder, "cache"), dataDir };
    await copyFolder(REVIEWS, join(dataDir, "aclImdb"));
    await Deno.writeTextFile(join(folder, "secret"), "abc");
    const review = join(dataDir, "aclImdb/train/pos/0_9.txt");
    await Deno.remove(review);
    await makeLink(join(folder, "secret"), review);
    await rejectsInOneLine(loadText(options), /0_9\.txt: is a link that leads out of/);
    await Deno.remove(review);
    await makeLink("0_9.txt", review);
    await rejectsInOneLine(loadText(options), /0_9\.txt: links that lead in a circle$/);
    await Deno.remove(join(dataDir, "aclImdb"), { recursive: true });
    await makeLink(REVIEWS, join(dataDir, "aclImdb"));
    await rejectsInOneLine(loadText(options), /aclImdb: is a link that leads out of/);
  });
});

Deno.test("links of a whole folder are checked, also behind links and in circles", async () => {
  await withFolder(async (folder) => {
    const data = join(folder, "data");
    await Deno.mkdir(join(data, "a/b"), { recursive: true });
    await Deno.mkdir(join(data, "c"));
    await makeLink("../../c", join(data, "a/b/c"));
    await makeLink("../a", join(data, "c/a"));
    const root = new DataRoot(data);
    root.checkTree(join(data, "a"));
    await makeLink(FIXTURES, join(data, "c/out"));
    assert.throws(() => root.checkTree(join(data, "a")), /out: is a link that leads out of/);
  });
});

Deno.test("what lies behind a link that leads out is not read, nor when it is verified", async () => {
  await withFolder(async (folder, lines, print) => {
    const dataDir = join(folder, "data");
    const cacheDir = join(folder, "cache");
    await copyFolder(join(FIXTURES, "pathfinder"), dataDir);
    await Deno.writeTextFile(join(folder, "secret"), "top secret, of another folder");
    const metadata = join(dataDir, "pathfinder32/curv_contour_length_14/metadata/2.npy");
    await Deno.remove(metadata);
    await makeLink(join(folder, "secret"), metadata);
    const options = { id: "pathfinder", profile: PATHFINDER_PROFILES.smoke, seed: 0 } as const;
    await rejectsInOneLine(
      loadPathfinder({ ...options, cacheDir, dataDir }),
      /2\.npy: is a link that leads out of/,
    );
    assert.equal(await verifyData({ ids: ["pathfinder"], dataDir, cacheDir, print }), false);
    assert.match(lines.join("\n"), /^damaged: .*2\.npy: is a link that leads out of/);
  });
});

Deno.test("a data folder that is not there is one line, for every data set of files", async () => {
  const where = "/no/such/folder";
  assert.throws(() => checkDataFolder(where), /^UserError: \/no\/such\/folder: no such file or/);
  await withFolder(async (cacheDir) => {
    for (const entry of DATA_ENTRIES) {
      if (entry.official.length === 0) continue;
      const loading: Promise<unknown> = entry.load({ profile: "paper", cacheDir, dataDir: where });
      await rejectsInOneLine(loading, /\/no\/such\/folder/);
    }
  });
});
