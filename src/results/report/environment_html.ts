import { formatDuration } from "../../util/format.ts";
import { displayName } from "../display_names.ts";
import type { Result } from "../schema.ts";
import { Html, html } from "./html.ts";

/** A table of code, runtime and machine: a column for each distinct combination. */
export function environmentHtml(results: readonly Result[]): Html {
  const groups = [
    ...Map.groupBy(results, ({ environment }) => JSON.stringify(environment)).values(),
  ];
  const facts: [string, (group: Result[]) => string][] = [
    ["Results", (group) => group.map(describe).join("; ")],
    [
      "Commit",
      ([{ environment: { git } }]) =>
        git.commit === null
          ? "not recorded"
          : git.commit.slice(0, 12) + (git.dirty ? ", with uncommitted changes" : ""),
    ],
    [
      "Adapter",
      ([{ environment: { adapter } }]) =>
        [adapter.vendor, adapter.architecture, adapter.device, adapter.description].filter((part) =>
          part !== ""
        ).join(" · ") || "unknown",
    ],
    [
      "Class",
      ([{ environment: { adapter } }]) => adapter.class === "software" ? "software adapter" : "GPU",
    ],
    [
      "Driver",
      ([{ environment: { adapter } }]) =>
        `${adapter.driver ?? "unknown"} (${adapter.driverOrigin})`,
    ],
    [
      "Measured rates",
      ([{ environment: { rates } }]) =>
        rates === null
          ? "not probed"
          : `${rates.gigaflops.toFixed(1)} GFLOP/s, ${rates.gigabytesPerSecond.toFixed(1)} GB/s, ` +
            `readback ${rates.readbackMilliseconds.toFixed(1)} ms`,
    ],
    ["Processor", ([{ environment: { cpu } }]) => `${cpu.model ?? "unknown"}, ${cpu.cores} cores`],
    ["System", ([{ environment: { os } }]) => `${os.name} ${os.release ?? ""} ${os.architecture}`],
    [
      "Runtime",
      ([{ environment }]) =>
        `Deno ${environment.deno}, V8 ${environment.v8}, TypeScript ${environment.typescript}`,
    ],
  ];
  const rows = facts.map(([name, read]) =>
    html`<tr><th scope="row">${name}</th>${
      groups.map((group) => html`<td>${read(group)}</td>`)
    }</tr>\n`
  );
  return html`
    <div class="table environment" role="region" aria-label="Environment" tabindex="0">
      <table>${rows}</table>
    </div>
  `;
}

function describe({ suite, profile, startedAt, finishedAt }: Result): string {
  const start = startedAt.slice(0, 10);
  const took = finishedAt === null
    ? "interrupted"
    : formatDuration((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
  return `${displayName(suite)}, ${profile}, ${start} (${took})`;
}
