/**
 * Pillow's conversion to "L" in integers (`src/libImaging/Convert.c` of python-pillow/Pillow):
 * (19595 R + 38470 G + 7471 B + 32768) >> 16, the weights 0.299, 0.587, 0.114.
 */
export function luma(red: number, green: number, blue: number): number {
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
}

/** The mean of each `factor` x `factor` block of a square picture, halves rounded up. */
export function downsample(pixels: Uint8Array, side: number, factor: number): Uint8Array {
  if (factor === 1) return pixels;
  const out = side / factor;
  if (!Number.isInteger(out)) throw new RangeError(`${side} pixels by ${factor}`);
  const result = new Uint8Array(out * out);
  const area = factor * factor;
  for (let y = 0; y < out; y++) {
    for (let x = 0; x < out; x++) {
      let sum = 0;
      for (let dy = 0; dy < factor; dy++) {
        const row = (y * factor + dy) * side + x * factor;
        for (let dx = 0; dx < factor; dx++) sum += pixels[row + dx];
      }
      result[y * out + x] = Math.floor(sum / area + 0.5);
    }
  }
  return result;
}
