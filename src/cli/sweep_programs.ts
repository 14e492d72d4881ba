import { delimiter, join } from "node:path";

/** Paths of the programs that are there; Deno complains of names that it cannot find. */
export function findPrograms(names: readonly string[], path: string | undefined): string[] {
  const folders = (path ?? "").split(delimiter).filter((folder) => folder !== "");
  return names.flatMap((name) => {
    const found = folders.map((folder) => join(folder, name)).find((file) => {
      try {
        return Deno.statSync(file).isFile && !file.includes(",");
      } catch {
        return false;
      }
    });
    return found === undefined ? [] : [found];
  });
}
