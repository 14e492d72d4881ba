import assert from "node:assert/strict";
import { join } from "node:path";
import { rejectsInOneLine, withFolder } from "../data/data_test_folder.ts";
import { FailingFiles } from "../util/failing_files_testing.ts";
import { type FakeRun, fakeRun, filesOf, foundBy } from "./run_testing.ts";

const variants: Readonly<Record<string, FakeRun>> = {
  "best model": {},
  "averaged models": { settings: { averagedModels: 2 } },
  "many evaluations between checkpoints": {
    settings: { evaluateEvery: 2, checkpointEvery: 7, averagedModels: 1 },
  },
};

for (const [name, run] of Object.entries(variants)) {
  Deno.test(`${name}: killed at any change of its files, a run continues to the same bits`, async () => {
    const whole = foundBy(await fakeRun(run));
    for (let n = 1;; n++) {
      const killed = await withFolder(async (folder) => {
        {
          using files = new FailingFiles(n, () => new Error("killed"));
          const outcome = await fakeRun({ ...run, context: { folder } }).catch(() => undefined);
          if (outcome !== undefined) {
            assert.equal(files.failed, false);
            assert.deepEqual(foundBy(outcome), whole);
            return false;
          }
        }
        const resumed = await fakeRun({ ...run, context: { folder } });
        assert.deepEqual(foundBy(resumed), whole, `killed at change ${n}`);
        return true;
      });
      if (!killed) {
        assert.ok(n > 6, `${n - 1} changes`);
        break;
      }
    }
  });

  Deno.test(`${name}: at the end there are the files that the checkpoint refers to, and no others`, () =>
    withFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "best-1.safetensors"), "left by a killed attempt");
      const { progress: { best, recent } } = await fakeRun({ ...run, context: { folder } });
      const expected = [
        `best-${best?.step}.safetensors`,
        "last.safetensors",
        ...recent.map(({ step }) => `recent-${step}.safetensors`),
      ];
      assert.deepEqual([...(await filesOf(folder)).keys()], expected.sort());
    }));
}

for (const [n, name] of ["best-14.safetensors", "last.safetensors"].entries()) {
  Deno.test(`a disk that is too full for ${name} leaves the last checkpoint and its models`, () =>
    withFolder(async (folder) => {
      let before = new Map<string, Uint8Array>();
      let full: FailingFiles | undefined;
      const onCheckpoint = async () => {
        before = await filesOf(folder);
        full ??= before.has("best-6.safetensors") ? new FailingFiles(n + 1, diskFull) : undefined;
      };
      try {
        const run = fakeRun({ context: { folder, onCheckpoint } });
        await rejectsInOneLine(run, new RegExp(`^cannot write .*${name}: the disk is full`));
      } finally {
        full?.[Symbol.dispose]();
      }
      const after = await filesOf(folder);
      assert.ok(before.size === 2);
      for (const [name, content] of before) assert.deepEqual(after.get(name), content, name);
      assert.deepEqual(foundBy(await fakeRun({ context: { folder } })), foundBy(await fakeRun()));
    }));
}

function diskFull(): Error {
  return Object.assign(new Error("No space left on device"), { code: "ENOSPC" });
}
