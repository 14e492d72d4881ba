import { cleanJson, cleanLines } from "../util/clean_text.ts";
import { formatBytes } from "../util/format.ts";
import { type AdapterReport, type DoctorReport, examine } from "./doctor_report.ts";
import type { ReadEnv } from "./paths.ts";

/** Options of the `doctor` command. */
export interface DoctorOptions {
  /** Print the report as JSON instead of text. */
  readonly json?: boolean;
  /** Reads the environment; the process's own unless told. */
  readonly env?: ReadEnv;
  /** Receives the output; standard output unless told. */
  readonly print?: (text: string) => void;
}

/**
 * Prints what the machine offers: adapter, driver, limits, features, measured rates, cache folders,
 * and what is missing with the command that mends it.
 *
 * @returns The exit code: 0 where an adapter answers, 1 where none does.
 */
export async function doctor(options: DoctorOptions = {}): Promise<number> {
  const print = options.print ?? console.log;
  const report = await examine(options.env ?? ((name) => Deno.env.get(name)));
  print(
    options.json ? cleanJson(JSON.stringify(report, null, 2)) : cleanLines(renderReport(report)),
  );
  return report.adapter === null ? 1 : 0;
}

type Row = readonly [label: string, value: string];

/** The report as aligned plain text. */
export function renderReport(report: DoctorReport): string {
  const { machine, adapter, folders, missing } = report;
  const sections: [string, Row[]][] = [
    ["Machine", [
      ["Deno", `${machine.deno} (V8 ${machine.v8})`],
      ["system", machine.os],
      ["processor", `${machine.cpu}, ${machine.cores} cores`],
      ["memory", formatBytes(machine.memoryBytes)],
    ]],
    ["Adapter", adapter === null ? [["none", "no WebGPU adapter answers"]] : adapterRows(adapter)],
    ...(adapter === null ? [] : [
      ["Limits", limitRows(adapter)],
      ["Measured", measuredRows(adapter)],
    ] satisfies [string, Row[]][]),
    [
      "Cache",
      folders.map((
        { name, path, bytes },
      ): Row => [name, `${formatBytes(bytes).padStart(9)}  ${path}`]),
    ],
  ];
  const width = Math.max(...sections.flatMap(([, rows]) => rows.map(([label]) => label.length)));
  const text = sections.map(([title, rows]) =>
    [title, ...rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`)].join("\n")
  );
  text.push(
    missing.length === 0 ? "Nothing is missing." : [
      "Missing",
      ...missing.map(({ problem, command }) => `  ${problem}\n    mend it with: ${command}`),
    ].join("\n"),
  );
  return text.join("\n\n");
}

function adapterRows(adapter: AdapterReport): Row[] {
  const features = Object.entries(adapter.features);
  const names = (granted: boolean) =>
    features.filter(([, has]) => has === granted).map(([name]) => name).join(", ") || "none";
  return [
    ["name", adapter.description || "unnamed"],
    ["vendor", adapter.vendor],
    ["class", `${adapter.class} (subgroups of ${adapter.subgroupSize})`],
    ["driver", adapter.driver || "unknown version"],
    ["origin", adapter.driverOrigin],
    ["features", names(true)],
    ["not granted", names(false)],
  ];
}

function limitRows({ limits }: AdapterReport): Row[] {
  return [
    ["buffer", formatBytes(limits.maxBufferSize)],
    ["binding", formatBytes(limits.maxStorageBufferBindingSize)],
    ["bindings per kernel", `${limits.maxStorageBuffersPerShaderStage}`],
    ["workgroups", `${limits.maxComputeWorkgroupsPerDimension} per dimension`],
    ["workgroup size", `${limits.maxComputeInvocationsPerWorkgroup}`],
    ["workgroup memory", formatBytes(limits.maxComputeWorkgroupStorageSize)],
  ];
}

function measuredRows(adapter: AdapterReport): Row[] {
  return [
    ["multiply-add", `${adapter.gigaflops.toFixed(1).padStart(9)} GFLOP/s`],
    ["memory bandwidth", `${adapter.gigabytesPerSecond.toFixed(1).padStart(9)} GB/s`],
    ["readback", `${adapter.readbackMilliseconds.toFixed(1).padStart(9)} ms`],
    ["timed by", adapter.timing],
  ];
}
