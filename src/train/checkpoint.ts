/**
 * Checkpoints: one safetensors file with parameters, moments, model and carried state, and all about
 * the progress of a run, written atomically. A digest covers every byte and is checked when it is read.
 */
import { DamagedError } from "../errors.ts";
import { writeFileAtomic } from "../util/atomic_write.ts";
import { ifPresent } from "../util/read_error.ts";
import { LARGEST_TENSORS, openTensors, restIntact, sealTensors } from "../util/sealed_tensors.ts";
import { progressSchema, progressText, type RunProgress } from "./progress.ts";
import type { SessionState } from "./session_state.ts";
import { partOf, tensorsOf } from "./state_tensors.ts";
import { readRegular } from "../util/read_regular.ts";

const parts = ["parameters", "first", "second", "states", "carried"] as const;

/** How the checkpoints of earlier versions begin, whose digest did not cover their progress. */
const earlier =
  /^.{8}\{"__metadata__":\{"progress":"\{\\"format\\":\\"mega-webgpu\/checkpoint-[12]\\"/s;

/**
 * Writes a checkpoint to a temporary file and renames it.
 *
 * @throws {UserError} when the disk is full or not writable; an older checkpoint stays as it was.
 */
export async function saveCheckpoint(
  path: string,
  state: SessionState,
  progress: RunProgress,
): Promise<void> {
  const metadata = { progress: progressText(progress) };
  await writeFileAtomic(path, sealTensors({ metadata, tensors: tensorsOf(parts, state) }).bytes);
}

/**
 * Reads a checkpoint, or `undefined` when there is none.
 *
 * @throws {DamagedError} when the file is damaged, of an earlier version, or belongs to another run.
 */
export async function loadCheckpoint(
  path: string,
  run: string,
): Promise<{ readonly state: SessionState; readonly progress: RunProgress } | undefined> {
  const bytes = await ifPresent(path, readRegular(path, LARGEST_TENSORS));
  if (bytes === undefined) return undefined;
  if (earlier.test(new TextDecoder("latin1").decode(bytes.subarray(0, 100)))) {
    throw new DamagedError(
      `${path}: written by an earlier version of the program, which this one does not continue; ` +
        restIntact,
    );
  }
  const { metadata, tensors } = openTensors(bytes, path);
  const progress = readProgress(metadata.progress);
  if (progress === undefined) {
    throw new DamagedError(`${path}: its progress record has another form; ${restIntact}`);
  }
  if (progress.run !== run) {
    throw new DamagedError(`${path}: belongs to a run with other settings or data; ${restIntact}`);
  }
  const state = {
    parameters: partOf("parameters", tensors),
    first: partOf("first", tensors),
    second: partOf("second", tensors),
    states: partOf("states", tensors),
    carried: partOf("carried", tensors),
  };
  return { state, progress };
}

function readProgress(text: string | undefined): RunProgress | undefined {
  try {
    return progressSchema.safeParse(JSON.parse(text ?? "")).data;
  } catch {
    return undefined;
  }
}
