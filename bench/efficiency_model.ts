/** A model of the efficiency suite on the device, with its data, ready to run training steps. */
import type { Device } from "../src/device/device.ts";
import type { Preset } from "../src/models/lra_presets.ts";
import { learningRate } from "../src/train/schedule.ts";
import type { ProgramBatch } from "../src/train/model_programs.ts";
import { Session } from "../src/train/session.ts";
import { classifierBatch } from "../src/workloads/classifier.ts";
import { sessionOptions } from "../src/workloads/recipe.ts";
import { efficiencyBatch, type EfficiencyData } from "./efficiency_data.ts";
import type { TimedModel } from "./step_timer.ts";

/** See the module comment. */
export class EfficiencyModel implements TimedModel {
  readonly session: Session;
  readonly #batch: ProgramBatch;
  readonly #size: number;
  #updates = 0;
  /** First update with a loss or gradient norm that is not a finite number, if there was one. */
  firstBadUpdate: number | undefined;

  /** @throws {UserError} when the device cannot hold the model at this length. */
  constructor(
    device: Device,
    private readonly preset: Preset,
    data: EfficiencyData,
    seed: number,
  ) {
    const batch = efficiencyBatch(data);
    this.#size = batch.size;
    const batches = { batchSize: batch.size, sequenceLength: data.length };
    this.#batch = classifierBatch(batch, { batchSize: batch.size, padTo: data.length });
    const recipe = {
      kind: "classifier",
      config: preset.config,
      training: { ...preset.training, accumulation: 1 },
      ...batches,
    } as const;
    this.session = new Session(device, sessionOptions(recipe, seed));
  }

  /** Number of updates so far. */
  get updates(): number {
    return this.#updates;
  }

  /** Initialises the parameters and runs one step, which compiles what drivers compile late. */
  async start(device: Device): Promise<void> {
    await device.finish();
    this.session.initialize();
    this.step();
    await device.finish();
    await this.settle();
  }

  /** Queues one step: upload, forward, backward, clipping, update. */
  step(): number {
    const started = performance.now();
    const submitted = this.session.submitMilliseconds;
    const rate = learningRate(this.preset.training.schedule, this.#updates);
    this.#updates++;
    this.session.update(this.#updates, rate, [this.#batch], this.#size);
    return performance.now() - started - (this.session.submitMilliseconds - submitted);
  }

  /** Reads the metrics and looks whether they are numbers. */
  async settle(): Promise<void> {
    const metrics = await this.session.readMetrics();
    const bad = metrics.findIndex(({ lossSum, gradientNorm }) =>
      !Number.isFinite(lossSum) || !Number.isFinite(gradientNorm)
    );
    if (bad >= 0) this.firstBadUpdate ??= this.#updates - metrics.length + bad + 1;
  }

  /** Releases everything. */
  destroy(): void {
    this.session.destroy();
  }
}
