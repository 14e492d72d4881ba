import assert from "node:assert/strict";
import jstat from "jstat";
import { twoProportionTest } from "./two_proportion.ts";

Deno.test("twoProportionTest gives the interval of Newcombe's worked example", () => {
  const test = twoProportionTest({ successes: 48, n: 80 }, { successes: 56, n: 70 }, 0.95);
  assert.ok(test !== null);
  assert.ok(Math.abs(test.difference - 0.2) < 1e-12);
  assert.ok(Math.abs(test.low - 0.0524) < 5e-5, `${test.low}`);
  assert.ok(Math.abs(test.high - 0.3339) < 5e-5, `${test.high}`);
});

Deno.test("twoProportionTest agrees with the library's chi-square test of the same table", () => {
  for (const [a, m, b, n] of [[48, 80, 56, 70], [960, 2000, 1010, 2000], [3, 500, 9, 450]]) {
    const test = twoProportionTest({ successes: a, n: m }, { successes: b, n }, 0.95);
    const share = (a + b) / (m + n);
    const cells = [[a, m * share], [m - a, m * (1 - share)], [b, n * share], [
      n - b,
      n * (1 - share),
    ]];
    const statistic = cells.reduce((sum, [seen, due]) => sum + (seen - due) ** 2 / due, 0);
    const expected = 1 - jstat.chisquare.cdf(statistic, 1);
    assert.ok(Math.abs((test?.pValue ?? NaN) - expected) < 1e-7, `${test?.pValue} ${expected}`);
  }
});

Deno.test("twoProportionTest calls equal extremes equal and needs trials", () => {
  assert.equal(twoProportionTest({ successes: 9, n: 9 }, { successes: 9, n: 9 }, 0.95)?.pValue, 1);
  assert.equal(twoProportionTest({ successes: 0, n: 0 }, { successes: 9, n: 9 }, 0.95), null);
});
