/**
 * A number with a fixed count of decimals, halves rounded to the even digit as in Python and C:
 * 56.25 becomes 56.2, where `toFixed` gives 56.3. Only numbers that are exactly in the middle
 * differ.
 *
 * @param value 0 or more, below 1e21.
 */
export function formatFixed(value: number, decimals: number): string {
  const rounded = value.toFixed(decimals);
  const exact = value.toFixed(decimals + 60);
  const cut = exact.slice(0, exact.length - 60);
  const isHalf = /^50*$/.test(exact.slice(-60));
  const kept = decimals === 0 ? cut.replace(".", "") : cut;
  return isHalf && "02468".includes(kept.at(-1) ?? "") ? kept : rounded;
}
