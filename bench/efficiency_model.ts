/** A model of the efficiency suite on the device, with its data, ready to run training steps. */
import type { Device } from "../src/device/device.ts";
import type { Preset } from "../src/models/lra_presets.ts";
import { learningRate } from "../src/train/schedule.ts";
import type { Trainer } from "../src/train/trainer.ts";
import { buildTrainer } from "./classifier_trainer.ts";
import { efficiencyBatch, type EfficiencyData } from "./efficiency_data.ts";
import type { TimedModel } from "./step_timer.ts";
import { classifierFeeds } from "./training_suite.ts";

/** See the module comment. */
export class EfficiencyModel implements TimedModel {
  readonly trainer: Trainer;
  readonly #feeds;
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
    this.#feeds = classifierFeeds(batch);
    this.#size = batch.size;
    const settings = {
      batchSize: batch.size,
      accumulation: 1,
      sequenceLength: data.length,
      seed,
    };
    this.trainer = buildTrainer(device, { preset, settings });
  }

  /** Number of updates so far. */
  get updates(): number {
    return this.#updates;
  }

  /** Initialises the parameters and runs one step, which compiles what drivers compile late. */
  async start(device: Device): Promise<void> {
    await device.finish();
    this.trainer.initialize();
    this.step();
    await device.finish();
    await this.settle();
  }

  /** Queues one step: upload, forward, backward, clipping, update. */
  step(): number {
    const started = performance.now();
    const submitted = this.trainer.submitMilliseconds;
    const rate = learningRate(this.preset.training.schedule, this.#updates);
    this.#updates++;
    this.trainer.update(this.#updates, rate, [this.#feeds], this.#size);
    return performance.now() - started - (this.trainer.submitMilliseconds - submitted);
  }

  /** Reads the metrics and looks whether they are numbers. */
  async settle(): Promise<void> {
    const metrics = await this.trainer.readMetrics();
    const bad = metrics.findIndex(({ lossSum, gradientNorm }) =>
      !Number.isFinite(lossSum) || !Number.isFinite(gradientNorm)
    );
    if (bad >= 0) this.firstBadUpdate ??= this.#updates - metrics.length + bad + 1;
  }

  /** Releases everything. */
  destroy(): void {
    this.trainer.destroy();
  }
}
