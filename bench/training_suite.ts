/** Runs the training specifications of a suite, each in a cell of its own. */
import { Cell } from "../src/cells/cell.ts";
import { peakRate } from "../src/cells/peak_rate.ts";
import type { Device } from "../src/device/device.ts";
import { rowLine } from "../src/results/display/row_line.ts";
import { CompileAhead } from "./compile_ahead.ts";
import { cellIdentity } from "./cell_identity.ts";
import { type LoadedTask, loadTasks } from "./load_tasks.ts";
import { runCell } from "./run_cell.ts";
import { headOf } from "./run_head.ts";
import type { RowHead } from "./row.ts";
import type { TrainingSpec } from "./spec.ts";
import type { DoneRun, SuiteEvents, SuiteOutcome, SuitePlan } from "./suite_plan.ts";
import { bestTrial } from "./trials.ts";

/** A run of the plan. */
interface Wanted {
  readonly spec: TrainingSpec;
  readonly seed: number;
  readonly role: DoneRun["role"];
  /** Peak learning rate of a trial. */
  readonly peak: number | undefined;
  readonly source: LoadedTask;
}

/** Trials first, then a seed of all models after the other. */
function wantedRuns(
  { specs, seeds, learningRates }: SuitePlan,
  tasks: ReadonlyMap<string, LoadedTask>,
): Wanted[] {
  const [first] = seeds;
  const trials = specs.flatMap((spec) =>
    learningRates.map((peak) => ({ spec, seed: first, role: "trial", peak } as const))
  );
  const finals = seeds.flatMap((seed) =>
    specs.map((spec) => ({ spec, seed, role: "final", peak: undefined } as const))
  );
  return [...trials, ...finals].flatMap((one) => {
    const source = tasks.get(one.spec.task);
    return source === undefined ? [] : [{ ...one, source }];
  });
}

/** Compiles ahead what the first run of every specification needs; all seeds need the same. */
function startAhead(runs: readonly Wanted[], plan: SuitePlan, { message }: SuiteEvents) {
  const specs = [...new Set(runs.map(({ spec }) => spec))];
  const recipes = specs.flatMap((spec) => {
    const first = runs.find((run) => run.spec === spec);
    return first === undefined
      ? []
      : [headOf(spec, plan, first.seed, first.source, first).run.recipe];
  });
  const ahead = new CompileAhead(
    recipes,
    (reason) => message(`nothing is compiled ahead: ${reason}`),
  );
  return { ahead, specs };
}

/** The cell of a run: where the sources have changed, one that they began, or a new one. */
async function cellOf(head: RowHead, plan: SuitePlan, device: Device): Promise<Cell> {
  const { cells, code, presentCode } = plan;
  const first = new Cell(cells, cellIdentity(head, plan, device, code));
  if (code === presentCode || await first.isBegun()) return first;
  return new Cell(cells, cellIdentity(head, plan, device, presentCode));
}

/**
 * Runs everything that no cell holds yet. Trials choose the learning rate of the runs of all seeds.
 *
 * @throws {UserError} for what the environment did; cells that are complete, and checkpoints, stay.
 */
export async function runTrainingSuite(
  device: Device,
  plan: SuitePlan,
  events: SuiteEvents,
): Promise<SuiteOutcome> {
  const loaded = await loadTasks(plan.specs.map(({ task }) => task), {
    profile: plan.profile,
    cacheDir: plan.cacheDir,
    dataDir: plan.dataDir,
    print: events.message,
    leaveOut: plan.leaveOut,
    direction: plan.direction,
  });
  const wanted = wantedRuns(plan, loaded.tasks);
  const started = plan.compileAhead ? startAhead(wanted, plan, events) : undefined;
  using ahead = started?.ahead;
  const runs: DoneRun[] = [];
  const outcome = (interrupted: boolean): SuiteOutcome => ({
    runs,
    planned: wanted.length,
    interrupted,
    warnings: loaded.missing,
  });
  const described = new Set<string>();
  for (const { spec, seed, source, role, peak } of wanted) {
    if (events.signal.aborted) return outcome(true);
    if (started !== undefined) ahead?.start(started.specs.indexOf(spec));
    const trials = runs.filter(({ role, done: { row } }) =>
      role === "trial" && row.task.name === spec.task && row.model.name === spec.model
    ).map(({ done }) => done.row);
    const chosen = role === "final" && trials.length > 0 ? bestTrial(trials) : undefined;
    const notes = role === "final" && trials.length > 0 && chosen === undefined ? [noChoice] : [];
    for (const note of notes) events.message(`${spec.task} ${spec.model}: ${note}`);
    const head = headOf(spec, plan, seed, source, {
      role,
      peak: chosen === undefined ? peak : peakRate(chosen),
    });
    const { batches } = head.run;
    if (batches !== undefined && !described.has(spec.task)) {
      described.add(spec.task);
      events.message(`${spec.task}: ${batches()}`);
    }
    const cell = await cellOf(head, plan, device);
    const ended = await runCell(device, head, cell, plan, events);
    if (ended === undefined) return outcome(true);
    const { done, known } = ended;
    runs.push({ cell, done, known, role, notes });
    const had = known ? " (was complete)" : "";
    events.message(`${runs.length}/${wanted.length} ${rowLine({ ...done.row, role })}${had}`);
  }
  return outcome(false);
}

const noChoice = "no trial has a score on validation: trained with the profile's learning rate";
