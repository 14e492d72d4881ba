import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "./data_test_folder.ts";
import { loadOrMake } from "./load_or_make.ts";
import { UserError } from "../errors.ts";

Deno.test("of two that need the same missing data one makes it, the other waits and loads", async () => {
  await withFolder(async (folder, lines, print) => {
    const path = join(folder, "kind", "entry");
    let made = 0;
    let content: string | undefined;
    const begun = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const entry = {
      path,
      load: () => Promise.resolve(content),
      async make() {
        made++;
        begun.resolve();
        await finish.promise;
        return content = "data";
      },
    };
    const first = loadOrMake(entry);
    await begun.promise;
    const waiting = Promise.withResolvers<void>();
    const second = loadOrMake({
      ...entry,
      print(line) {
        print(line);
        waiting.resolve();
      },
    });
    await waiting.promise;
    finish.resolve();
    assert.deepEqual(await Promise.all([first, second]), ["data", "data"]);
    assert.equal(made, 1);
    assert.deepEqual(lines, [`${path}: is being made by another process, waiting for it`]);
  });
});

Deno.test("what cannot be made leaves no lock behind", async () => {
  await withFolder(async (folder, lines, print) => {
    const path = join(folder, "entry");
    const load = () => Promise.reject(new UserError("damaged"));
    const fail = () => Promise.reject(new UserError("disk full"));
    await assert.rejects(loadOrMake({ path, load, make: fail, print }), /disk full/);
    const made = await loadOrMake({ path, load, make: () => Promise.resolve(1), print });
    assert.equal(made, 1);
    assert.deepEqual(lines, ["damaged; making it again", "damaged; making it again"]);
  });
});
