/** The models that a run may be judged by, beside the present one: the best and the latest. */
import { join } from "node:path";
import { DamagedError } from "../errors.ts";
import { writeError, writeFileAtomic } from "../util/atomic_write.ts";
import { ifPresent } from "../util/read_error.ts";
import { LARGEST_TENSORS, openTensors, restIntact, sealTensors } from "../util/sealed_tensors.ts";
import type { KeptModel, RunProgress } from "./progress.ts";
import type { TrainedValues } from "./session_state.ts";
import { partOf, tensorsOf } from "./state_tensors.ts";
import { readRegular } from "../util/read_regular.ts";

const parts = ["parameters", "states"] as const;
const format = "mega-webgpu/run-model-1";
const pattern = /^(?:best|recent)-\d+\.safetensors$/;

/** Why a model is kept. */
export type ModelKind = "best" | "recent";

const nameOf = (kind: ModelKind, step: number) => `${kind}-${step}.safetensors`;

/** Names of the files that a progress record refers to. */
export function modelNames({ best, recent }: Pick<RunProgress, "best" | "recent">): Set<string> {
  return new Set([
    ...(best === null ? [] : [nameOf("best", best.step)]),
    ...recent.map(({ step }) => nameOf("recent", step)),
  ]);
}

/**
 * Keeps models in files beside the checkpoints, or in memory where there is no folder. A progress record
 * refers to them by update and digest; a file is removed only when no record needs it any more.
 */
export class RunModels {
  readonly #memory = new Map<string, TrainedValues>();

  /**
   * @param folder Folder of the checkpoints; `undefined` to keep the models in memory.
   * @param run Identity of the run; it is part of every digest.
   */
  constructor(private readonly folder: string | undefined, private readonly run: string) {}

  /**
   * Keeps the model of an update.
   *
   * @returns How to refer to it: the digest follows from run, update and values alone.
   * @throws {UserError} when the disk is full or not writable; older models stay as they were.
   */
  async keep(kind: ModelKind, step: number, values: TrainedValues): Promise<KeptModel> {
    const { run, folder } = this;
    const metadata = { format, run, step: String(step) };
    const { bytes, sha256 } = sealTensors({ metadata, tensors: tensorsOf(parts, values) });
    const name = nameOf(kind, step);
    if (folder === undefined) this.#memory.set(name, values);
    else await writeFileAtomic(join(folder, name), bytes);
    return { step, sha256 };
  }

  /**
   * A model that was kept.
   *
   * @throws {DamagedError} when its file is missing, damaged, or another one than the record refers to.
   */
  async load(kind: ModelKind, { step, sha256 }: KeptModel): Promise<TrainedValues> {
    const name = nameOf(kind, step);
    if (this.folder === undefined) {
      const values = this.#memory.get(name);
      if (values === undefined) throw new RangeError(`no model ${name}`);
      return values;
    }
    const path = join(this.folder, name);
    const bytes = await ifPresent(path, readRegular(path, LARGEST_TENSORS));
    if (bytes === undefined) {
      throw new DamagedError(
        `${path}: missing, but the checkpoint of the run refers to it; ${restIntact}`,
      );
    }
    const { tensors, sha256: found } = openTensors(bytes, path);
    if (found !== sha256) {
      throw new DamagedError(
        `${path}: not the model of update ${step} that the run refers to; ${restIntact}`,
      );
    }
    return { parameters: partOf("parameters", tensors), states: partOf("states", tensors) };
  }

  /** Reads every model that a record refers to. @throws {UserError} as {@link load}. */
  async check({ best, recent }: RunProgress): Promise<void> {
    if (best !== null) await this.load("best", best);
    for (const model of recent) await this.load("recent", model);
  }

  /** Forgets models by name. @throws {UserError} when a file cannot be removed. */
  async remove(names: Iterable<string>): Promise<void> {
    for (const name of names) {
      this.#memory.delete(name);
      if (this.folder === undefined) continue;
      const path = join(this.folder, name);
      try {
        await Deno.remove(path);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw writeError(error, path);
      }
    }
  }

  /** Forgets all models but these, also what killed attempts left. */
  async removeOthers(names: ReadonlySet<string>): Promise<void> {
    const { folder } = this;
    const present = folder === undefined
      ? [...this.#memory.keys()]
      : await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    await this.remove(present.filter((name) => pattern.test(name) && !names.has(name)));
  }
}
