/** Where the trained models of a result are; a leaf, as the launcher needs it before zod is there. */

/** Folder of the models that belong to a result file. */
export function modelsFolder(output: string): string {
  return `${output.replace(/\.json$/, "")}.models`;
}

/** Name of the file of a model in that folder. */
export function modelFileName(task: string, model: string, seed: number): string {
  return `${task}-${model}-seed${seed}.safetensors`;
}
