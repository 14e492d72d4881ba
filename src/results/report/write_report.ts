import type { Result } from "../schema.ts";
import { writeFileAtomic } from "../../util/atomic_write.ts";
import { buildReport } from "./build_report.ts";
import { bundlePage } from "./bundle_page.ts";
import { writeFigures } from "./figure_files.ts";
import { fontFaces } from "./fonts.ts";

/** Where a report goes. */
export interface ReportTarget {
  /** The HTML page. */
  output: string;
  /** Folder for the figures as SVG and PNG; undefined for none. */
  figures: string | undefined;
}

/** Writes the page and, if asked for, the figures. @returns The lines to print. */
export async function writeReport(
  results: readonly Result[],
  { output, figures: folder }: ReportTarget,
): Promise<string[]> {
  const { page, figures, models } = buildReport(results, await bundlePage(), fontFaces());
  await writeFileAtomic(output, page);
  const lines = [`wrote ${output} (${Math.ceil(page.length / 1024)} KiB)`];
  if (folder !== undefined) {
    const names = await writeFigures(folder, figures, models);
    lines.push(`wrote ${names.length} figures into ${folder}`);
  }
  return lines;
}
