/** Widths that give models the same number of parameters. */

/**
 * The width whose parameter count is closest to `target`, over the multiples of `step` that are at
 * least `least`.
 *
 * @param count Parameters at a width; grows with it.
 */
export function closestWidth(
  target: number,
  step: number,
  count: (width: number) => number,
  least = 4,
): number {
  const smallest = Math.ceil(least / step);
  const countAt = (steps: number) => count(steps * step);
  let above = smallest;
  while (countAt(above) <= target) above *= 2;
  let below = smallest;
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (countAt(middle) <= target) below = middle;
    else above = middle;
  }
  const nearer = target - countAt(below) <= countAt(above) - target ? below : above;
  return (above === smallest ? smallest : nearer) * step;
}
