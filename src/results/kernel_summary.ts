import { withoutLocalPaths } from "../util/local_paths.ts";
import { displayName } from "./display_names.ts";
import type { Result } from "./schema.ts";
import type { KernelRow } from "./schema_kernel.ts";
import type { Cell, Column, Table } from "./table.ts";

const missing = "–";

/**
 * The table that the kernels suite ends with: time and spread of each kernel and shape, its share
 * of the measured multiply-add rate and bandwidth, and how many times slower each peer was.
 */
export function kernelTable(result: Result): Table {
  const peers = [...new Set(result.kernels.flatMap((row) => row.peers.map(peerTitle)))];
  const kernels = [...new Set(result.kernels.map(({ kernel }) => kernel))];
  return {
    caption: captionOf(result),
    columns: kernelColumns(peers),
    sections: kernels.map((kernel) => ({
      title: displayName(kernel),
      rows: result.kernels.filter((row) => row.kernel === kernel).map((row) =>
        kernelCells(row, peers)
      ),
    })),
    footnotes: footnotesOf(result, peers),
  };
}

function kernelColumns(peers: readonly string[]): Column[] {
  return [
    { header: "Shape", align: "left" },
    { header: "Median, ms", align: "decimal" },
    { header: "GFLOP/s", align: "decimal", group: "Arithmetic", dropOrder: 1 },
    { header: "% of peak", align: "right", group: "Arithmetic" },
    { header: "GB/s", align: "decimal", group: "Memory", dropOrder: 2 },
    { header: "% of peak", align: "right", group: "Memory" },
    ...peers.map((peer): Column => ({
      header: peer,
      align: "decimal",
      group: "Peer time / ours",
    })),
  ];
}

function kernelCells(row: KernelRow, peers: readonly string[]): Cell[] {
  const percent = (share: number | null) => share === null ? missing : `${Math.round(100 * share)}`;
  return [
    Object.entries(row.shape).map(([name, size]) => `${name} ${size}`).join(", "),
    `${row.medianMilliseconds.toFixed(3)} ± ${row.madMilliseconds.toFixed(3)}`,
    row.gigaflops === null ? missing : row.gigaflops.toFixed(1),
    percent(row.shareOfMultiplyAddRate),
    row.gigabytesPerSecond.toFixed(1),
    percent(row.shareOfBandwidth),
    ...peers.map((title): Cell => {
      const peer = row.peers.find((candidate) => peerTitle(candidate) === title);
      if (peer === undefined) return { text: missing, style: "muted" };
      const text = `${peer.ratio.toFixed(2)}×`;
      return peer.ratio < 1 ? { text, style: "warning" } : text;
    }),
  ];
}

function peerTitle({ name, version }: KernelRow["peers"][number]): string {
  return `${name} ${version}`;
}

function captionOf({ profile, environment: { adapter, rates } }: Result): string {
  const device = adapter.description || adapter.device || adapter.vendor || "unknown adapter";
  const peak = rates === null ? "" : ` · measured peaks ${rates.gigaflops.toFixed(1)} GFLOP/s, ` +
    `${rates.gigabytesPerSecond.toFixed(1)} GB/s`;
  return `Kernels · profile ${profile} · ${device}${peak}`;
}

function footnotesOf({ kernels }: Result, peers: readonly string[]): string[] {
  const notes = ["± median absolute deviation of the samples, not a confidence interval."];
  if (peers.length > 0) notes.push("Peers did the same work in this run; above 1× ours is faster.");
  for (const { kernel, shape, warnings } of kernels) {
    const where = [kernel, ...Object.values(shape)].join(" ");
    for (const warning of warnings) notes.push(`${where}: ${withoutLocalPaths(warning)}`);
  }
  return notes;
}
