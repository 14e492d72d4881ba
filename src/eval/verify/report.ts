/** Reports of verified files as lines of text. */
import type { TensorReport, VerifyReport } from "./verify.ts";

/** Position of an element, such as `[1, 0, 7]`. */
function position(shape: readonly number[], at: number): string {
  let rest = at;
  const index = shape.toReversed().map((extent) => {
    const i = rest % extent;
    rest = Math.floor(rest / extent);
    return i;
  });
  return `[${index.toReversed().join(", ")}]`;
}

function where({ name, shape, at }: TensorReport): string {
  return at < 0 ? `${name} has another number of elements` : `${name}${position(shape, at)}`;
}

function detail({ worst, failure, summary, tensors }: VerifyReport): string {
  const compared = worst === undefined
    ? ""
    : `worst ${worst.error.toExponential(1)} (${
      (100 * worst.severity).toPrecision(2)
    } % of allowed) at ${where(worst)}`;
  const count = tensors.length === 0 ? "" : `${tensors.length} tensors`;
  return [failure, summary, count, compared].filter((part) => part !== undefined && part !== "")
    .join(", ");
}

/** One line per file, with the worst error and where it is; the last line counts them. */
export function formatReport(reports: readonly VerifyReport[]): string {
  const names = reports.map(({ file }) => file.split("/").at(-1) ?? file);
  const nameWidth = Math.max(0, ...names.map((name) => name.length));
  const kindWidth = Math.max(0, ...reports.map(({ kind }) => kind.length));
  const lines = reports.map((report, i) =>
    [
      report.passed ? "ok  " : "FAIL",
      names[i].padEnd(nameWidth),
      report.kind.padEnd(kindWidth),
      detail(report),
    ].join("  ")
  );
  const passed = reports.filter((report) => report.passed).length;
  return [...lines, `${passed} passed, ${reports.length - passed} failed`].join("\n");
}
