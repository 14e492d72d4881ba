/**
 * Error function in float64 (relative error below 1e-14): Taylor series for small arguments, a
 * continued fraction of the complement for large ones.
 */
export function erf(x: number): number {
  const z = Math.abs(x);
  if (z < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }
  if (z > 6) return Math.sign(x);
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = (n / 2) / (z + fraction);
  const complement = Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction);
  return Math.sign(x) * (1 - complement);
}
