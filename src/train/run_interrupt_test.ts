import assert from "node:assert/strict";
import { withFolder } from "../data/data_test_folder.ts";
import { DeviceLostError } from "../device/device.ts";
import { loadCheckpoint } from "./checkpoint.ts";
import { type FakeRun, fakeRun, filesOf, foundBy } from "./run_testing.ts";
import type { RunOutcome } from "./run.ts";

const variants: Readonly<Record<string, FakeRun>> = {
  "plain": {},
  "averaged models": { settings: { averagedModels: 2, accumulation: 3 } },
  "decoding": { decodes: true },
  "few metrics at a time": { capacity: 2, settings: { reportEvery: 7, evaluateEvery: 14 } },
};

/** A run that is interrupted at its n-th event: an update, a batch of an evaluation, a part of a text. */
async function interruptedAt(n: number, run: FakeRun, folder: string) {
  const controller = new AbortController();
  let events = 0;
  const outcome = await fakeRun({
    ...run,
    context: { folder, signal: controller.signal },
    onEvent: () => ++events === n && controller.abort(),
  });
  return { outcome, events };
}

for (const [name, run] of Object.entries(variants)) {
  Deno.test(`${name}: interrupted anywhere, a run stops at once and continues to the same bits`, async () => {
    let total = 0;
    const whole = foundBy(await fakeRun({ ...run, onEvent: () => void total++ }));
    assert.ok(total > 20, `${total} events`);
    await Promise.all(Array.from({ length: total - 1 }, (_, i) =>
      withFolder(async (folder) => {
        const { outcome, events } = await interruptedAt(i + 1, run, folder);
        assert.equal(outcome.status, "interrupted");
        assert.equal(events, i + 1, "nothing is begun after the interruption");
        const resumed = await fakeRun({ ...run, context: { folder } });
        assert.deepEqual(foundBy(resumed), whole, `interrupted at event ${i + 1}`);
      })));
  });

  Deno.test(`${name}: a run that is interrupted again and again continues to the same bits`, () =>
    withFolder(async (folder) => {
      const whole = foundBy(await fakeRun(run));
      let outcome: RunOutcome | undefined;
      let attempts = 0;
      for (; outcome?.status !== "completed"; attempts++) {
        ({ outcome } = await interruptedAt(10, run, folder));
        assert.ok(attempts < 20);
      }
      assert.deepEqual(foundBy(outcome), whole);
    }));
}

Deno.test("a window that is cut short is carried with its times, and reported as one", () =>
  withFolder(async (folder) => {
    const { outcome } = await interruptedAt(10, {}, folder);
    assert.equal(outcome.reason, "stopped at update 7");
    assert.deepEqual(outcome.progress.curve.map(({ step }) => step), [4, 5, 6]);
    const saved = await loadCheckpoint(`${folder}/last.safetensors`, "a run");
    const window = saved?.progress.window;
    assert.equal(window?.metrics.length, 1);
    const spent = window.milliseconds;
    assert.ok(spent > 0);
    const { progress } = await fakeRun({ context: { folder } });
    const two = progress.stepMilliseconds[3] * 2;
    assert.ok(two > spent, `${two} of which ${spent}`);
    assert.equal(progress.seconds.compile, 2);
  }));

Deno.test("a loss that is no number within a cut window ends the continued run as it would have", () =>
  withFolder(async (folder) => {
    // A rate that is no number makes the parameters so.
    const run = {
      settings: {
        schedule: {
          kind: "linear",
          peak: NaN,
          warmupInitial: 1e-7,
          warmupUpdates: 6,
          warmupPower: 1,
          end: 0,
          totalUpdates: 14,
        },
        evaluateEvery: 14,
        checkpointEvery: 14,
      },
    } as const;
    const whole = await fakeRun(run);
    assert.equal(whole.status, "diverged");
    assert.match(whole.reason ?? "", /at update 2$/);
    await interruptedAt(3, run, folder);
    const resumed = await fakeRun({ ...run, context: { folder } });
    assert.deepEqual(foundBy(resumed), foundBy(whole));
    assert.equal(resumed.reason, whole.reason);
  }));

Deno.test("an interruption before the first update or in the last evaluations writes nothing", () =>
  withFolder(async (folder) => {
    const early = await fakeRun({ context: { folder, signal: AbortSignal.abort() } });
    assert.equal(early.status, "interrupted");
    assert.deepEqual(await filesOf(folder), new Map());
    const whole = await fakeRun({ context: { folder } });
    const before = await filesOf(folder);
    const late = await interruptedAt(2, {}, folder);
    assert.equal(late.outcome.status, "interrupted");
    assert.deepEqual(await filesOf(folder), before);
    assert.deepEqual(foundBy(await fakeRun({ context: { folder } })), foundBy(whole));
  }));

Deno.test("a lost device is passed on as it is, and the checkpoint stays", () =>
  withFolder(async (folder) => {
    const error = new DeviceLostError("test");
    let before = new Map<string, Uint8Array>();
    const lost = fakeRun({
      context: {
        folder,
        async onCheckpoint() {
          before = await filesOf(folder);
        },
      },
      onEvent(event) {
        if (event === "update 13") throw error;
      },
    });
    await assert.rejects(lost, (thrown) => thrown === error);
    assert.ok(before.has("last.safetensors"));
    assert.deepEqual(await filesOf(folder), before);
    assert.deepEqual(foundBy(await fakeRun({ context: { folder } })), foundBy(await fakeRun()));
  }));

Deno.test("each checkpoint is told of once it is written", () =>
  withFolder(async (folder) => {
    const steps: number[] = [];
    await fakeRun({
      context: {
        folder,
        async onCheckpoint(progress) {
          const saved = await loadCheckpoint(`${folder}/last.safetensors`, "a run");
          assert.deepEqual(saved?.progress, progress);
          steps.push(progress.update);
        },
      },
    });
    assert.deepEqual(steps, [5, 10, 14]);
    await fakeRun({ context: { onCheckpoint: () => assert.fail("there is no file") } });
  }));
