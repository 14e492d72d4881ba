import assert from "node:assert/strict";
import { progressTrouble, type RunProgress, validationPending } from "./progress.ts";
import { fakeRun, fakeSettings } from "./run_testing.ts";

const settings = fakeSettings({ averagedModels: 2 });

/** The record of a run that was interrupted after an update, before its evaluation if one is due. */
async function recordAt(update: number): Promise<RunProgress> {
  const controller = new AbortController();
  let record: RunProgress | undefined;
  const folder = await Deno.makeTempDir();
  try {
    await fakeRun({
      settings,
      context: {
        folder,
        signal: controller.signal,
        onCheckpoint: (progress) => Promise.resolve(void (record = structuredClone(progress))),
      },
      onEvent: (event) => event === `update ${update}` && controller.abort(),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  assert.ok(record !== undefined);
  return record;
}

Deno.test("the record of a run fits its settings, wherever the run was interrupted", async () => {
  for (let update = 1; update < settings.updates; update++) {
    const record = await recordAt(update);
    assert.equal(record.update, update);
    assert.equal(progressTrouble(record, settings), undefined);
    assert.equal(validationPending(record, settings), update % 6 === 0);
    assert.equal(record.window === null, [4, 5, 6, 8, 10, 12].includes(update));
  }
});

Deno.test("a record that contradicts the settings of its run is refused", async () => {
  const record = await recordAt(13);
  const { curve, validationCurve, window, best, recent, stepMilliseconds } = record;
  assert.ok(window !== null && best !== null);
  const [first, ...rest] = curve;
  const wrong: readonly (readonly [RegExp, Partial<RunProgress>])[] = [
    [/^update 1000000 of 14$/, { update: 1_000_000 }],
    [/^update 0 of 14$/, { update: 0 }],
    [/^update 15 of 14$/, { update: 15 }],
    [/curve/, { update: 12 }],
    [/^epoch 40, batch 3 after 13 batches$/, { cursor: { epoch: 40, index: 3 } }],
    [/curve/, { curve: rest }],
    [/curve/, { curve: [...curve].reverse() }],
    [/curve/, { curve: [first, first, ...rest.slice(1)] }],
    [/times/, { stepMilliseconds: stepMilliseconds.slice(1) }],
    [/1 updates since/, { window: null }],
    [/1 updates since/, { window: { ...window, metrics: [] } }],
    [/validations/, { validationCurve: validationCurve.slice(1) }],
    [/validations/, { validationCurve: [] }],
    [/best/, { best: null }],
    [/best/, { best: { ...best, step: 7 } }],
    [/best/, { best: { ...best, score: best.score + 0.1 } }],
    [/latest/, { recent: [] }],
    [/latest/, { recent: [...recent].reverse() }],
    [/tokens/, { tokens: 0 }],
  ];
  for (const [trouble, change] of wrong) {
    assert.match(progressTrouble({ ...record, ...change }, settings) ?? "", trouble);
  }
  assert.match(progressTrouble(record, fakeSettings()) ?? "", /latest/);
});
