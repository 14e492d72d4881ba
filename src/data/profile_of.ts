import { UserError } from "../errors.ts";

/** The row of a profile table; UserError that lists the known profiles for another name. */
export function profileOf<T>(id: string, table: Readonly<Record<string, T>>, name: string): T {
  if (Object.hasOwn(table, name)) return table[name];
  throw new UserError(
    `${id}: unknown profile ${name}, expected ${Object.keys(table).join(", ")}`,
  );
}
