import { z } from "zod";
import { writeFileAtomic } from "../util/atomic_write.ts";
import { resultSchema, resultSchemaVersion } from "./schema.ts";

/** Path, from the root of the repository, of the JSON Schema of the current result version. */
export const schemaPath = `results/schema/result-${resultSchemaVersion}.schema.json`;

/** JSON Schema (draft 2020-12) of the current result version, as the text of its file. */
export function schemaText(): string {
  return `${JSON.stringify(z.toJSONSchema(resultSchema), null, 2)}\n`;
}

if (import.meta.main) {
  await writeFileAtomic(schemaPath, schemaText());
  console.log(`wrote ${schemaPath}`);
}
