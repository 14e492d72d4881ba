/** Where the trained models of a result are; a leaf, as the launcher needs it before zod is there. */

/** Folder of the models that belong to a result file. */
export function modelsFolder(output: string): string {
  return `${output.replace(/\.json$/, "")}.models`;
}

/**
 * Name of the file of a model in that folder.
 *
 * @param rate Peak learning rate of a trial, or what else tells it from others; none for the runs
 * that tables show.
 */
export function modelFileName(
  task: string,
  model: string,
  seed: number,
  rate?: number | string,
): string {
  const trial = rate === undefined ? "" : `-rate${rate}`;
  return `${task}-${model}${trial}-seed${seed}.safetensors`;
}
