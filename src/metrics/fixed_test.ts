import assert from "node:assert/strict";
import { formatFixed } from "./fixed.ts";

Deno.test("halves that are exact go to the even digit, all else to the nearer one", () => {
  const cases: [number, number, string][] = [
    [56.25, 1, "56.2"],
    [56.75, 1, "56.8"],
    [0.0625, 3, "0.062"],
    [0.1875, 3, "0.188"],
    [3.125, 2, "3.12"],
    [0.5, 0, "0"],
    [1.5, 0, "2"],
    [2.5, 0, "2"],
    [12.5, 0, "12"],
    // Not exactly half in binary.
    [1.005, 2, "1.00"],
    [0.15, 1, "0.1"],
    [2.675, 2, "2.67"],
    [56.250000000000007, 1, "56.3"],
    [100.00000000000004, 2, "100.00"],
    [99.996, 2, "100.00"],
    [0, 1, "0.0"],
    [1e-200, 1, "0.0"],
    [12, 3, "12.000"],
  ];
  for (const [value, decimals, text] of cases) {
    assert.equal(formatFixed(value, decimals), text, `${value} in ${decimals} decimals`);
  }
});
