/**
 * The array itself when threads can share its memory, else a copy in shared memory. Posted to a
 * worker, such an array is the same bytes on both sides, not a copy.
 */
export function toShared(array: Uint8Array): Uint8Array;
export function toShared(array: Int32Array): Int32Array;
export function toShared(array: Uint32Array): Uint32Array;
export function toShared(array: Uint8Array | Int32Array): Uint8Array | Int32Array;
export function toShared(
  array: Uint8Array | Int32Array | Uint32Array,
): Uint8Array | Int32Array | Uint32Array {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const memory = new SharedArrayBuffer(array.byteLength);
  const copy = array instanceof Uint8Array
    ? new Uint8Array(memory)
    : array instanceof Int32Array
    ? new Int32Array(memory)
    : new Uint32Array(memory);
  copy.set(array);
  return copy;
}
