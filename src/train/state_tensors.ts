/** The values of a model as tensors of one file: every name is preceded by its part and a dot. */
import type { SafeTensor } from "../util/safetensors.ts";

/** Values by name, for each part. */
type Parts<P extends string> = Readonly<Record<P, ReadonlyMap<string, Float32Array>>>;

/** Tensors of all parts, in order. */
export function tensorsOf<P extends string>(
  names: readonly P[],
  parts: Parts<P>,
): Map<string, SafeTensor> {
  return new Map(
    names.flatMap((part) =>
      [...parts[part]].map(([name, data]): [string, SafeTensor] => [
        `${part}.${name}`,
        { dtype: "F32", shape: [data.length], data },
      ])
    ),
  );
}

/** One part of the tensors of a file. */
export function partOf(
  part: string,
  tensors: ReadonlyMap<string, SafeTensor>,
): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  for (const [key, { data }] of tensors) {
    if (key.startsWith(`${part}.`) && data instanceof Float32Array) {
      values.set(key.slice(part.length + 1), data);
    }
  }
  return values;
}
