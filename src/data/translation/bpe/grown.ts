/** Arrays that `grown` enlarges. */
type Numbers = Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** `array`, or a copy of at least twice its length when it is shorter than `length`. */
export function grown<T extends Numbers>(array: T, length: number): T;
export function grown(array: Numbers, length: number): Numbers {
  if (array.length >= length) return array;
  const size = Math.max(length, 2 * array.length);
  const longer = array instanceof Int32Array ? new Int32Array(size) : new Float64Array(size);
  longer.set(array);
  return longer;
}
