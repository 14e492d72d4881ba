import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { temporaryPath } from "./atomic_write.ts";
import { FolderLock, LockedError, type LockSystem } from "./folder_lock.ts";
import { atOnce, fakeTime, leave, names } from "./folder_lock_testing.ts";
import { withFolder } from "./folder_testing.ts";
import { Racer } from "./racer_testing.ts";

Deno.test("a folder is locked once, and again when the lock was given back", async () => {
  await withFolder(async (folder) => {
    const inner = join(folder, "a", "b");
    {
      await using lock = await FolderLock.acquire(inner, { system: atOnce });
      await lock.check();
      await assert.rejects(
        FolderLock.acquire(inner, { system: atOnce }),
        (error) =>
          error instanceof LockedError && error instanceof UserError &&
          error.message.startsWith(
            `${inner} is in use by process ${Deno.pid} on ${Deno.hostname()} since 20`,
          ),
      );
      await lock.check();
    }
    await using again = await FolderLock.acquire(inner, { system: atOnce });
    await again.check();
  });
});

Deno.test("locking again and again leaves one file", async () => {
  await withFolder(async (folder) => {
    for (let i = 0; i < 100; i++) {
      await using _ = await FolderLock.acquire(folder);
    }
    assert.deepEqual(names(folder), ["lock-100.json"]);
  });
});

Deno.test("of two processes that race for the lock of a dead one exactly one gets it", async () => {
  await withFolder(async (folder) => {
    await using left = new Racer();
    await using right = new Racer();
    for (let round = 0; round < 50; round++) {
      const place = join(folder, String(round));
      Deno.mkdirSync(place);
      leave(place, 3);
      const answers = await Promise.all([left, right].map((racer) => racer.tell("lock", place)));
      assert.equal(answers.filter((answer) => answer === "done").length, 1, answers.join("\n"));
      assert.equal(answers.filter((answer) => /is in use by process/.test(answer)).length, 1);
      assert.deepEqual(names(place), ["lock-4.json"]);
    }
  });
});

Deno.test("the lock of a killed process is taken over at once on the same host", async () => {
  await withFolder(async (folder) => {
    {
      await using racer = new Racer();
      assert.equal(await racer.tell("lock", folder), "done");
      await assert.rejects(
        FolderLock.acquire(folder, { system: atOnce }),
        new RegExp(`in use by process ${racer.pid} on `),
      );
    }
    await using _ = await FolderLock.acquire(folder, { system: atOnce });
    assert.deepEqual(names(folder), ["lock-2.json"]);
  });
});

Deno.test("a lock whose file somebody removed is lost", async () => {
  await withFolder(async (folder) => {
    await using lock = await FolderLock.acquire(folder, { system: atOnce });
    Deno.removeSync(join(folder, "lock-1.json"));
    await assert.rejects(lock.check(), /the lock of this process is gone/);
  });
});

Deno.test("locks work where there are neither hard links nor locks of the system", async () => {
  await withFolder(async (folder) => {
    const { time, system } = fakeTime(() => time.beats.forEach((beat) => beat()));
    const bare: Partial<LockSystem> = {
      ...system,
      link: () => Promise.reject(new Deno.errors.PermissionDenied("no hard links")),
      tryLock: () => Promise.reject(new Deno.errors.NotSupported("no locks")),
    };
    {
      await using lock = await FolderLock.acquire(folder, { system: bare });
      await lock.check();
      assert.deepEqual(names(folder), ["lock-1.json"]);
      await assert.rejects(FolderLock.acquire(folder, { system: bare }), LockedError);
    }
    await using _ = await FolderLock.acquire(folder, { system: { ...bare, ...atOnce } });
    assert.deepEqual(names(folder), ["lock-2.json"]);
  });
});

Deno.test("a system whose locks keep nobody out is not trusted", async () => {
  await withFolder(async (folder) => {
    const { time, system } = fakeTime(() => time.beats.forEach((beat) => beat()));
    const open = { ...system, tryLock: () => Promise.resolve(true) };
    await using _ = await FolderLock.acquire(folder, { system: open });
    await assert.rejects(FolderLock.acquire(folder, { system: open }), LockedError);
  });
});

Deno.test("a slow process that makes a number used before does not have the lock", async () => {
  await withFolder(async (folder) => {
    leave(folder, 1, { state: "free" });
    let overtaken: FolderLock | undefined;
    const slow = FolderLock.acquire(folder, {
      system: {
        ...atOnce,
        link: async (path, name) => {
          // Others take and give back the lock between its look and its attempt.
          if (overtaken === undefined) {
            await (await FolderLock.acquire(folder, { system: atOnce }))[Symbol.asyncDispose]();
            overtaken = await FolderLock.acquire(folder, { system: atOnce });
          }
          await Deno.link(path, name);
        },
      },
    });
    await assert.rejects(slow, LockedError);
    assert.ok(overtaken);
    await overtaken.check();
    assert.deepEqual(names(folder), ["lock-3.json"]);
    await overtaken[Symbol.asyncDispose]();
  });
});

Deno.test("a folder that its holder removes can be locked by the next one", async () => {
  await withFolder(async (folder) => {
    const cell = join(folder, "cell");
    const first = await FolderLock.acquire(cell, { system: atOnce });
    Deno.removeSync(cell, { recursive: true });
    await assert.rejects(first.check(), /the lock of this process is gone/);
    await first[Symbol.asyncDispose]();
    let removed = 0;
    const link = async (path: string, name: string) => {
      if (removed++ === 0) Deno.removeSync(cell, { recursive: true });
      await Deno.link(path, name);
    };
    await using second = await FolderLock.acquire(cell, { system: { ...atOnce, link } });
    await second.check();
    assert.deepEqual(names(cell), ["lock-1.json"]);
  });
});

Deno.test("what killed processes left of their attempts is removed", async () => {
  await withFolder(async (folder) => {
    const left = (number: number) => temporaryPath(join(folder, `lock-${number}.json`));
    for (const number of [1, 2, 3]) Deno.writeTextFileSync(left(number), "");
    leave(folder, 2);
    let removed = 0;
    const link = async (path: string, name: string) => {
      // A faster process tidies up before the attempt.
      if (removed++ === 0) Deno.removeSync(path);
      await Deno.link(path, name);
    };
    await using _ = await FolderLock.acquire(folder, { system: { ...atOnce, link } });
    assert.deepEqual(names(folder).map((name) => name.replace(/\.json\..*/, ".*")), [
      ".lock-3.*",
      "lock-3.json",
    ]);
  });
});

Deno.test("a folder that cannot be made is a UserError", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "file");
    Deno.writeTextFileSync(file, "x");
    await assert.rejects(FolderLock.acquire(join(file, "cell")), UserError);
  });
});

Deno.test("a lock that is held does not keep the process alive", async () => {
  await withFolder(async (folder) => {
    const module = new URL("./folder_lock.ts", import.meta.url);
    const script = `const { FolderLock } = await import(${JSON.stringify(module.href)});
      await FolderLock.acquire(${JSON.stringify(folder)});`;
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-check", script],
      cwd: new URL(".", import.meta.url),
      stderr: "null",
      signal: AbortSignal.timeout(60_000),
    }).output();
    assert.ok(success);
  });
});
