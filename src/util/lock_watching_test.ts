/** Holders of whom it is not known at once whether they live. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { FolderLock, LockedError } from "./folder_lock.ts";
import { fakeTime, leave, names } from "./folder_lock_testing.ts";
import { withFolder } from "./folder_testing.ts";

Deno.test("a holder on another host that shows no sign of life for a minute is dead", async () => {
  for (const fields of [{ host: "elsewhere" }, { host: null }, { kept: false }]) {
    await withFolder(async (folder) => {
      leave(folder, 7, fields);
      const { time, system } = fakeTime();
      const lines: string[] = [];
      await using lock = await FolderLock.acquire(folder, {
        system,
        report: (line) => lines.push(line),
      });
      await lock.check();
      assert.equal(time.waited, 60_000);
      const host = fields.host === null ? "an unnamed host" : fields.host ?? Deno.hostname();
      assert.deepEqual(lines, [
        `waiting 60 s to see whether process 4711 on ${host} since 2026-01-02T03:04:05.000Z ` +
        `still works on ${folder}`,
      ]);
      assert.deepEqual(names(folder), ["lock-8.json"]);
    });
  }
});

Deno.test("a process without the name of its host watches every holder", async () => {
  await withFolder(async (folder) => {
    leave(folder, 1, { host: null });
    const { time, system } = fakeTime();
    await using _ = await FolderLock.acquire(folder, { system: { ...system, host: null } });
    assert.equal(time.waited, 60_000);
  });
});

Deno.test("a holder on another host whose file changes is alive", async () => {
  await withFolder(async (folder) => {
    const elsewhere = fakeTime();
    await using holder = await FolderLock.acquire(folder, {
      system: { ...elsewhere.system, host: "elsewhere" },
    });
    const here = fakeTime((waited) => {
      if (waited === 10_000) { for (const beat of elsewhere.time.beats) beat(); }
    });
    const error = await FolderLock.acquire(folder, { system: here.system }).catch((error) => error);
    assert.ok(error instanceof LockedError);
    assert.match(error.message, /is in use by process \d+ on elsewhere since /);
    assert.ok(here.time.waited < 30_000);
    await holder.check();
  });
});

Deno.test("a lock that is given back while it is watched is taken at once", async () => {
  await withFolder(async (folder) => {
    const elsewhere = fakeTime();
    const holder = await FolderLock.acquire(folder, {
      system: { ...elsewhere.system, host: "elsewhere" },
    });
    const here = fakeTime();
    await using lock = await FolderLock.acquire(folder, {
      system: {
        ...here.system,
        delay: async (milliseconds) => {
          await here.system.delay?.(milliseconds);
          await holder[Symbol.asyncDispose]();
        },
      },
    });
    await lock.check();
    assert.equal(here.time.waited, 2_000);
  });
});

Deno.test("a holder that was taken for dead finds out and hurts nobody", async () => {
  await withFolder(async (folder) => {
    const slow = await FolderLock.acquire(folder, {
      system: { ...fakeTime().system, host: "elsewhere" },
    });
    await slow.check();
    await using lock = await FolderLock.acquire(folder, { system: fakeTime().system });
    await assert.rejects(
      slow.check(),
      (error) =>
        error instanceof LockedError &&
        error.message.startsWith(`${folder} was taken over by process ${Deno.pid} on `),
    );
    await slow[Symbol.asyncDispose]();
    await lock.check();
    assert.deepEqual(names(folder), ["lock-2.json"]);
  });
});

Deno.test("a damaged lock file is that of an unknown process", async () => {
  for (const text of ["", '{"state":"he', '{"state":"held"}', "\0\0\0\0"]) {
    await withFolder(async (folder) => {
      const path = join(folder, "lock-2.json");
      Deno.writeTextFileSync(path, text);
      const lines: string[] = [];
      const moving = fakeTime((waited) => Deno.utimeSync(path, waited, waited));
      await assert.rejects(
        FolderLock.acquire(folder, { system: moving.system, report: (line) => lines.push(line) }),
        /is in use by an unknown process/,
      );
      assert.match(lines.join(), /^waiting 60 s to see whether an unknown process still works on /);
      const still = fakeTime();
      await using lock = await FolderLock.acquire(folder, { system: still.system });
      await lock.check();
      assert.equal(still.time.waited, 60_000);
      assert.deepEqual(names(folder), ["lock-3.json"]);
    });
  }
});

Deno.test("a file that is completed while it is watched is looked at anew", async () => {
  await withFolder(async (folder) => {
    Deno.writeTextFileSync(join(folder, "lock-2.json"), "");
    const { time, system } = fakeTime((waited) => {
      if (waited === 4_000) leave(folder, 2);
    });
    await using _ = await FolderLock.acquire(folder, { system });
    assert.equal(time.waited, 4_000);
  });
});

Deno.test("watching ends when it is interrupted", async () => {
  await withFolder(async (folder) => {
    leave(folder, 1, { host: "elsewhere" });
    const controller = new AbortController();
    const locking = FolderLock.acquire(folder, {
      signal: controller.signal,
      report: () => controller.abort(new Error("interrupted")),
    });
    await assert.rejects(locking, /^Error: interrupted$/);
    assert.deepEqual(names(folder), ["lock-1.json"]);
  });
});
