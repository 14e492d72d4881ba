import { UserError } from "../errors.ts";

/** One tensor, row-major; `data.length` is the product of `shape` (1 for a 0-dimensional one). */
export type SafeTensor =
  | { dtype: "F32"; shape: number[]; data: Float32Array }
  | { dtype: "F64"; shape: number[]; data: Float64Array }
  | { dtype: "I32"; shape: number[]; data: Int32Array }
  | { dtype: "I64"; shape: number[]; data: BigInt64Array }
  | { dtype: "U32"; shape: number[]; data: Uint32Array }
  | { dtype: "U8"; shape: number[]; data: Uint8Array };

/** The element types that are read and written. */
export type SafeDtype = SafeTensor["dtype"];

/** The content of a safetensors file. */
export interface SafetensorsFile {
  metadata: Record<string, string>;
  tensors: Map<string, SafeTensor>;
}

/** Bytes per element. */
const ELEMENT_SIZE: Readonly<Record<SafeDtype, number>> = {
  F32: 4,
  F64: 8,
  I32: 4,
  I64: 8,
  U32: 4,
  U8: 1,
};

const METADATA = "__metadata__";
const MAX_HEADER = 100_000_000;

function isDtype(value: unknown): value is SafeDtype {
  return typeof value === "string" && Object.hasOwn(ELEMENT_SIZE, value);
}

function isSizeList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The first key that occurs twice in one object of a valid JSON text, if any. */
function duplicateKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  let last = "";
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}:]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (token === ":") {
      const key: string = JSON.parse(last);
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    } else last = token;
  }
  return undefined;
}

/** A typed view of `bytes` where alignment allows, else of a copy. */
function typed(dtype: SafeDtype, shape: number[], bytes: Uint8Array): SafeTensor {
  const aligned = bytes.byteOffset % ELEMENT_SIZE[dtype] === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset } = aligned;
  const length = bytes.length / ELEMENT_SIZE[dtype];
  switch (dtype) {
    case "F32":
      return { dtype, shape, data: new Float32Array(buffer, byteOffset, length) };
    case "F64":
      return { dtype, shape, data: new Float64Array(buffer, byteOffset, length) };
    case "I32":
      return { dtype, shape, data: new Int32Array(buffer, byteOffset, length) };
    case "I64":
      return { dtype, shape, data: new BigInt64Array(buffer, byteOffset, length) };
    case "U32":
      return { dtype, shape, data: new Uint32Array(buffer, byteOffset, length) };
    case "U8":
      return { dtype, shape, data: aligned };
  }
}

function parseHeader(bytes: Uint8Array, where: string): [Record<string, unknown>, Uint8Array] {
  const fail = (what: string) => new UserError(`${where}: not a safetensors file: ${what}`);
  if (bytes.length < 8) throw fail("shorter than 8 bytes");
  const declared = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (declared > MAX_HEADER || Number(declared) > bytes.length - 8) {
    throw fail(`header of ${declared} bytes in a file of ${bytes.length} (truncated?)`);
  }
  const end = 8 + Number(declared);
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytes.subarray(8, end),
    );
    header = JSON.parse(text);
  } catch {
    throw fail("the header is not JSON");
  }
  if (!isObject(header)) throw fail("the header is not a JSON object");
  const twice = duplicateKey(text);
  if (twice !== undefined) throw fail(`the name ${JSON.stringify(twice)} occurs twice`);
  return [header, bytes.subarray(end)];
}

function parseMetadata(value: unknown, where: string): Record<string, string> {
  if (!isObject(value)) throw new UserError(`${where}: ${METADATA} is not an object`);
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => {
      if (typeof text !== "string") {
        throw new UserError(`${where}: ${METADATA} ${JSON.stringify(key)} is not a string`);
      }
      return [key, text];
    }),
  );
}

/**
 * Reads a safetensors file. Tensors are views of `bytes` where alignment allows (no copy), in the
 * order of the header. The data must be covered exactly once: gaps, overlaps, offsets outside the
 * file and left-over bytes are refused, as are unknown dtypes.
 *
 * @param where Name used in messages, usually the path.
 * @throws UserError naming the file and the tensor.
 */
export function readSafetensors(bytes: Uint8Array, where = "safetensors"): SafetensorsFile {
  const [header, body] = parseHeader(bytes, where);
  let metadata: Record<string, string> = {};
  const tensors = new Map<string, SafeTensor>();
  const spans: { name: string; start: number; end: number }[] = [];
  for (const [name, info] of Object.entries(header)) {
    if (name === METADATA) {
      metadata = parseMetadata(info, where);
      continue;
    }
    const fail = (what: string) =>
      new UserError(`${where}: tensor ${JSON.stringify(name)}: ${what}`);
    if (!isObject(info)) throw fail("its header entry is not an object");
    const { dtype, shape, data_offsets: offsets } = info;
    if (!isDtype(dtype)) throw fail(`dtype ${JSON.stringify(dtype)} is not supported`);
    if (!isSizeList(shape)) throw fail("its shape is not a list of sizes");
    if (!isSizeList(offsets) || offsets.length !== 2) throw fail("data_offsets is not two sizes");
    const [start, end] = offsets;
    if (start > end || end > body.length) {
      throw fail(`bytes ${start} to ${end} lie outside the data (${body.length} bytes)`);
    }
    const expected = shape.reduce((product, n) => product * n, 1) * ELEMENT_SIZE[dtype];
    if (expected !== end - start) {
      throw fail(`shape [${shape}] of ${dtype} needs ${expected} bytes, found ${end - start}`);
    }
    tensors.set(name, typed(dtype, shape, body.subarray(start, end)));
    spans.push({ name, start, end });
  }
  let covered = 0;
  for (const { name, start, end } of spans.sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== covered) {
      const kind = start < covered ? "overlaps another tensor" : "leaves a gap before it";
      throw new UserError(`${where}: tensor ${JSON.stringify(name)}: its data ${kind}`);
    }
    covered = end;
  }
  if (covered !== body.length) {
    throw new UserError(`${where}: ${body.length - covered} bytes after the last tensor`);
  }
  return { metadata, tensors };
}

/**
 * The bytes of a safetensors file. The data starts at a multiple of 8 and tensors follow by
 * falling element size (then in the given order) without gaps, so every tensor is aligned.
 * Throws Error when `data.length` contradicts `shape` or a name is reserved.
 */
export function writeSafetensors(
  file: { metadata?: Record<string, string>; tensors: Iterable<readonly [string, SafeTensor]> },
): Uint8Array<ArrayBuffer> {
  const tensors = [...file.tensors].sort(([, a], [, b]) =>
    ELEMENT_SIZE[b.dtype] - ELEMENT_SIZE[a.dtype]
  );
  const entries: [string, unknown][] = [];
  if (file.metadata !== undefined) entries.push([METADATA, file.metadata]);
  const names = new Set([METADATA]);
  let total = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    if (names.has(name)) throw new Error(`tensor name ${name} is reserved or given twice`);
    names.add(name);
    if (shape.reduce((product, n) => product * n, 1) !== data.length) {
      throw new Error(`tensor ${name}: ${data.length} elements in shape [${shape}]`);
    }
    entries.push([name, { dtype, shape, data_offsets: [total, total += data.byteLength] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const out = new Uint8Array(8 + headerLength + total);
  new DataView(out.buffer).setBigUint64(0, BigInt(headerLength), true);
  out.fill(0x20, 8, 8 + headerLength);
  out.set(json, 8);
  let offset = 8 + headerLength;
  for (const [, { data }] of tensors) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return out;
}
