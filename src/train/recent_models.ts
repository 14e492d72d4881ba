/** The latest models of a run, to be averaged (`scripts/average_checkpoints.py` of fairseq). */
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { loadCheckpoint, type RunProgress, saveCheckpoint } from "./checkpoint.ts";
import type { TrainedValues } from "./session_state.ts";

const pattern = /^recent-(\d+)\.safetensors$/;

interface Recent {
  readonly update: number;
  /** Kept in memory only where there is no folder. */
  readonly values: TrainedValues | undefined;
}

/**
 * Keeps the parameters of the last evaluations on the validation split, in files beside the
 * checkpoints, so that an interrupted run averages the same ones.
 */
export class RecentModels {
  #recent: Recent[] = [];

  /**
   * @param count How many are averaged, at least 1.
   * @param folder Folder of the checkpoints; `undefined` to keep the models in memory.
   * @param run Identity of the run; a file of another one is refused.
   */
  constructor(
    private readonly count: number,
    private readonly folder: string | undefined,
    private readonly run: string,
  ) {
    if (!(count >= 1)) throw new RangeError(`cannot average ${count} models`);
  }

  #path(update: number): string | undefined {
    return this.folder === undefined
      ? undefined
      : join(this.folder, `recent-${update}.safetensors`);
  }

  /**
   * Finds the files of an interrupted run. Those after `update` are removed: they are made again, or
   * are left from a run that was started over.
   */
  async resume(update: number): Promise<void> {
    this.#recent = [];
    if (this.folder === undefined) return;
    for (const name of await filesOf(this.folder)) {
      const at = Number(pattern.exec(name)?.[1] ?? NaN);
      if (at <= update) this.#recent.push({ update: at, values: undefined });
      else if (at > update) await Deno.remove(join(this.folder, name));
    }
    this.#recent.sort((a, b) => a.update - b.update);
  }

  /** Adds the model of the present update, and forgets the oldest one where there are too many. */
  async add(values: TrainedValues, progress: RunProgress): Promise<void> {
    const { update } = progress;
    const path = this.#path(update);
    if (path !== undefined) {
      const none = new Map<string, Float32Array>();
      const state = {
        parameters: new Map(values.parameters),
        states: new Map(values.states),
        first: none,
        second: none,
        carried: none,
      };
      await saveCheckpoint(path, state, progress);
    }
    this.#recent.push({ update, values: path === undefined ? values : undefined });
    while (this.#recent.length > this.count) {
      const oldest = this.#recent.shift();
      const old = oldest === undefined ? undefined : this.#path(oldest.update);
      if (old !== undefined) await Deno.remove(old);
    }
  }

  async #load({ update, values }: Recent): Promise<TrainedValues> {
    if (values !== undefined) return values;
    const path = this.#path(update);
    const saved = path === undefined ? undefined : await loadCheckpoint(path, this.run);
    if (saved === undefined) {
      throw new UserError(`${path}: missing: a model that is to be averaged; train anew`);
    }
    return saved.state;
  }

  /** The arithmetic mean of every parameter and state, in float64 before it is rounded. */
  async mean(): Promise<TrainedValues> {
    if (this.#recent.length === 0) throw new RangeError("no model to average");
    const sums = {
      parameters: new Map<string, Float64Array>(),
      states: new Map<string, Float64Array>(),
    };
    for (const recent of this.#recent) {
      const values = await this.#load(recent);
      for (const part of ["parameters", "states"] as const) {
        for (const [name, data] of values[part]) {
          const sum = sums[part].get(name) ?? new Float64Array(data.length);
          for (let i = 0; i < data.length; i++) sum[i] += data[i];
          sums[part].set(name, sum);
        }
      }
    }
    const divided = (part: ReadonlyMap<string, Float64Array>) =>
      new Map(
        [...part].map(([name, sum]) => [
          name,
          Float32Array.from(sum, (value) => value / this.#recent.length),
        ]),
      );
    return { parameters: divided(sums.parameters), states: divided(sums.states) };
  }
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
