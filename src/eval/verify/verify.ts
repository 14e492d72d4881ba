/** Verifies golden files: builds what they name, runs it on the device, compares every tensor. */
import type { Device } from "../../device/device.ts";
import { UserError } from "../../errors.ts";
import { readRegular } from "../../util/read_regular.ts";
import {
  compareValues,
  type Comparison,
  gradientTolerance,
  outputTolerance,
} from "../tolerance.ts";
import { Golden, type GoldenTensor } from "./golden.ts";
import { handlerOf, UnknownKindError } from "./kinds.ts";
import type { Produced } from "./run_module.ts";

/** The comparison of one tensor of the file. */
export interface TensorReport extends Comparison {
  /** Name in the file, with the method of computation where there are several. */
  readonly name: string;
  readonly shape: readonly number[];
}

/** The verdict on one file. */
export interface VerifyReport {
  /** Path, or the name given with the bytes. */
  readonly file: string;
  /** Kind named in the file; empty when it could not be read. */
  readonly kind: string;
  readonly passed: boolean;
  /** Comparisons in the order of the file. */
  readonly tensors: readonly TensorReport[];
  /** The comparison with the largest error relative to what is allowed. */
  readonly worst?: TensorReport;
  /** What was compared, for files without tensors. */
  readonly summary?: string;
  /** Why the file could not be checked at all, or in part. */
  readonly failure?: string;
}

function compare(name: string, expected: GoldenTensor, produced: Produced): TensorReport {
  const tolerance = name.startsWith("grad.") ? gradientTolerance : outputTolerance;
  const result = compareValues(
    produced.values,
    expected.values,
    produced.compare ?? { tolerance },
  );
  const label = produced.via === undefined ? name : `${name} (${produced.via})`;
  return { ...result, name: label, shape: expected.shape };
}

/** Compares all expected tensors; one that was not produced is a failure. */
export function compareProduced(golden: Golden, produced: readonly Produced[]): VerifyReport {
  const byName = new Map<string, Produced[]>();
  for (const each of produced) byName.set(each.name, [...(byName.get(each.name) ?? []), each]);
  const tensors: TensorReport[] = [];
  const missing: string[] = [];
  for (const [name, expected] of golden.expected) {
    const found = byName.get(name) ?? [];
    if (found.length === 0) missing.push(name);
    for (const each of found) tensors.push(compare(name, expected, each));
  }
  const worst = tensors.reduce<TensorReport | undefined>(
    (a, b) => (a === undefined || b.severity > a.severity ? b : a),
    undefined,
  );
  const failure = missing.length > 0
    ? `${missing.join(", ")}: not computed by kind ${golden.kind}`
    : tensors.length === 0
    ? "the file holds no expected results"
    : undefined;
  return {
    file: golden.where,
    kind: golden.kind,
    passed: failure === undefined && tensors.every((each) => each.passed),
    tensors,
    ...(worst === undefined ? {} : { worst }),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** The largest golden files that come along have some MB. */
const LARGEST_GOLDEN = 2 * 2 ** 30;

/** Where golden bytes come from. */
export type GoldenSource = string | { readonly name: string; readonly bytes: Uint8Array };

/**
 * Verifies one file. Damaged files, configurations that cannot be built, and kinds that are not
 * supported yet are failures of that file.
 *
 * @throws {UserError} when the file cannot be read or its kind does not exist.
 */
export async function verifyFile(device: Device, source: GoldenSource): Promise<VerifyReport> {
  const name = typeof source === "string" ? source : source.name;
  const bytes = typeof source === "string"
    ? await readRegular(source, LARGEST_GOLDEN)
    : source.bytes;
  let kind = "";
  try {
    const golden = new Golden(bytes, name);
    kind = golden.kind;
    return compareProduced(golden, await handlerOf(golden)(device, golden));
  } catch (error) {
    if (error instanceof UnknownKindError) throw error;
    if (!isFailureOfTheFile(error)) throw error;
    const failure = error.message.replace(`${name}: `, "");
    return { file: name, kind, passed: false, tensors: [], failure };
  }
}

/** Errors that say that the file, or the module that it asks for, does not fit. */
function isFailureOfTheFile(error: unknown): error is Error {
  return error instanceof UserError || error instanceof RangeError ||
    (error instanceof Error && error.name === "ShapeError");
}
