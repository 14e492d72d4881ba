/** `bench --suite kernels`: times every kernel and prints the table. */
import { adapterRecord } from "../../bench/adapter_record.ts";
import { runKernelSuite } from "../../bench/kernels.ts";
import { openDevice } from "../device/device.ts";
import { measureReadbackLatency } from "../device/probes.ts";
import type { ProfileName } from "../models/profiles.ts";
import { collectEnvironment } from "../results/environment.ts";
import { kernelTable } from "../results/kernel_summary.ts";
import { type Result, resultSchemaId, resultSchemaVersion } from "../results/schema.ts";
import { renderText } from "../results/table_text.ts";
import { inspectTerminal } from "../util/terminal.ts";

/**
 * Measures kernels and prints the table.
 *
 * @param only Only kernels whose name contains this.
 * @throws {UserError} when no kernel does.
 */
export async function measureKernels(
  profile: ProfileName,
  only: string | undefined,
): Promise<Result> {
  const startedAt = new Date().toISOString();
  const device = await openDevice();
  const { rows, machine, warnings } = await runKernelSuite(device, {
    ...(only === undefined ? {} : { filter: only }),
    report: (line) => console.error(line),
  });
  const rates = { ...machine, readbackMilliseconds: await measureReadbackLatency(device) };
  const collected = await collectEnvironment(adapterRecord(device), { rates });
  device.destroy();
  const result: Result = {
    schema: resultSchemaId,
    version: resultSchemaVersion,
    startedAt,
    finishedAt: new Date().toISOString(),
    suite: "kernels",
    profile,
    overrides: only === undefined ? {} : { task: only },
    environment: collected.environment,
    rows: [],
    aggregate: [],
    kernels: rows,
    warnings: [...collected.warnings, ...warnings],
  };
  console.log(renderText(kernelTable(result), inspectTerminal(Deno.stdout)));
  return result;
}
