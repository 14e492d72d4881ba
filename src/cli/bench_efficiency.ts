/** `bench --suite efficiency`: what its options mean, and how it ends. */
import {
  type EfficiencyEvents,
  type EfficiencyPlan,
  runEfficiencySuite,
} from "../../bench/efficiency.ts";
import { openDevice } from "../device/device.ts";
import { UserError } from "../errors.ts";
import {
  allEfficiencyModels,
  efficiencyModels,
  isEfficiencyModel,
} from "../models/efficiency_presets.ts";
import type { ProfileName } from "../models/profiles.ts";
import type { Result } from "../results/schema.ts";
import { efficiencyTable } from "../results/tables/efficiency_table.ts";
import { measuredSets } from "../results/tables/measured_set.ts";
import { renderText } from "../results/table_text.ts";
import { inspectTerminal } from "../util/terminal.ts";
import { choose } from "./options.ts";

/** Options of `bench` as parsed. */
export interface EfficiencyOptions {
  readonly profile: ProfileName;
  readonly model?: readonly string[] | undefined;
  readonly seeds: readonly number[];
  readonly batchSize?: number | undefined;
  readonly task?: readonly string[] | undefined;
  readonly updates?: number | undefined;
  readonly scheduleOf?: string | undefined;
  readonly learningRate?: number | undefined;
  readonly learningRates?: readonly number[] | undefined;
  readonly carryState?: true | undefined;
  readonly data?: string | undefined;
  readonly resume?: string | true | undefined;
}

/**
 * What to measure.
 *
 * @throws {UserError} for an unknown model and for options that mean nothing here.
 */
export function efficiencyPlan(options: EfficiencyOptions): EfficiencyPlan {
  const refusals: readonly [unknown, string][] = [
    [options.task, "--task: the efficiency suite has one task, byte-level text; leave it out"],
    [
      options.updates,
      "--updates: the efficiency suite times as many steps as it needs; leave it out",
    ],
    [options.scheduleOf, "--schedule-of: speed does not depend on learning rates; leave it out"],
    [options.learningRate, "--learning-rate: speed does not depend on it; leave it out"],
    [options.learningRates, "--learning-rates: speed does not depend on them; leave it out"],
    [options.carryState, "--carry-state: the efficiency suite times classifiers; leave it out"],
    [options.data, "--data: the efficiency suite generates its sequences; leave it out"],
    [
      options.resume,
      "--resume: the efficiency suite compares times of one run and starts over; leave it out",
    ],
  ];
  for (const [value, message] of refusals) if (value !== undefined) throw new UserError(message);
  const wanted = choose("model", allEfficiencyModels, options.model ?? efficiencyModels);
  return {
    profile: options.profile,
    models: [...new Set(wanted)].filter(isEfficiencyModel),
    seeds: options.seeds,
    batchSize: options.batchSize,
  };
}

/** The table that the suite ends with. */
export function efficiencyText(result: Result): string {
  return renderText(efficiencyTable(measuredSets([result])), inspectTerminal(Deno.stdout));
}

/** Measures and prints the table. @returns The result; see {@link runEfficiencySuite}. */
export async function measureEfficiency(
  plan: EfficiencyPlan,
  events: Omit<EfficiencyEvents, "message">,
): Promise<Result> {
  const device = await openDevice();
  const message = (line: string) => console.error(line);
  const { description, device: name } = device.adapterInfo;
  message(`${description || name}, ${plan.profile} profile`);
  const result = await runEfficiencySuite(device, plan, { message, ...events })
    .finally(() => device.destroy());
  if (result.rows.length > 0) console.log(efficiencyText(result));
  return result;
}
