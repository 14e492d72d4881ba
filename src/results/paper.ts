import headline from "../../results/paper/headline.json" with { type: "json" };
import hyperparameters from "../../results/paper/hyperparameters.json" with { type: "json" };
import image from "../../results/paper/image.json" with { type: "json" };
import lm from "../../results/paper/lm.json" with { type: "json" };
import lra from "../../results/paper/lra.json" with { type: "json" };
import parameters from "../../results/paper/parameters.json" with { type: "json" };
import speech from "../../results/paper/speech.json" with { type: "json" };
import translation from "../../results/paper/translation.json" with { type: "json" };
import type { z } from "zod";
import {
  publishedMetricsSchema,
  type PublishedProvenance,
  type publishedRowSchema,
  type publishedSettingSchema,
  publishedSettingsSchema,
} from "./published_schema.ts";

/** Where a published entry is printed. */
interface Origin {
  /** Identifier of the table. */
  table: string;
  /** What the table shows. */
  title: string;
  provenance: PublishedProvenance;
  /** Full citations, in place of the keys of the file. */
  citations: string[];
}

/** A published figure with its table and citations. */
export type PublishedRow = z.infer<typeof publishedRowSchema> & Origin;

/** A published hyper-parameter with its table and citations. */
export type PublishedSetting = z.infer<typeof publishedSettingSchema> & Origin;

let rows: readonly PublishedRow[] | undefined;
let settings: readonly PublishedSetting[] | undefined;

/**
 * All published figures, in the order of the files. The tables of the suites come before the
 * headline table, which repeats some of them in fewer digits.
 */
export function publishedRows(): readonly PublishedRow[] {
  rows ??= [lra, speech, lm, image, translation, headline, parameters].flatMap((file) =>
    withOrigin(publishedMetricsSchema.parse(file))
  );
  return rows;
}

/** All published hyper-parameters. */
export function publishedSettings(): readonly PublishedSetting[] {
  settings ??= withOrigin(publishedSettingsSchema.parse(hyperparameters));
  return settings;
}

/**
 * The figure that the Mega paper itself prints for a task, model and metric, or undefined. For the
 * Transformer and S4 this is the authors' own re-run where there is one (`transformer-original`,
 * `s4-v1` and `s4-v2` name the figures they quote).
 *
 * @example paperRow("listops", "mega", "accuracy")?.value // 63.14, in percent
 */
export function paperRow(task: string, model: string, metric: string): PublishedRow | undefined {
  return publishedRows().find((row) =>
    row.provenance === "published" && row.task === task && row.model === model &&
    row.metric === metric
  );
}

/** Published figures of one task, all tables and provenances, optionally of one metric. */
export function publishedRowsOf(task: string, metric?: string): PublishedRow[] {
  return publishedRows().filter((row) =>
    row.task === task && (metric === undefined || row.metric === metric)
  );
}

/** A published hyper-parameter by table, task or model, and name, or undefined. */
export function paperSetting(
  table: string,
  subject: string,
  setting: string,
): PublishedSetting | undefined {
  return publishedSettings().find((entry) =>
    entry.table === table && entry.subject === subject && entry.setting === setting
  );
}

interface PublishedFile<R> {
  sources: Record<string, string>;
  tables: { id: string; title: string; provenance: PublishedProvenance; rows: R[] }[];
}

function withOrigin<R extends { sources: string[] }>(file: PublishedFile<R>): (R & Origin)[] {
  return file.tables.flatMap(({ id, title, provenance, rows }) =>
    rows.map((row) => ({
      ...row,
      table: id,
      title,
      provenance,
      citations: row.sources.map((key) => {
        const citation = file.sources[key];
        if (citation === undefined) throw new Error(`table ${id}: unknown source ${key}`);
        return citation;
      }),
    }))
  );
}
