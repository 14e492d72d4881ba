import { UserError } from "../../errors.ts";

/** Largest whole number that means a size; golden files are small so that they run anywhere. */
const LARGEST_SIZE = 1 << 20;

/** Whether a number is no size. */
const isSeed = (key: string) => key === "seed" || key.endsWith("_seed");

/**
 * Refuses a configuration that asks for more than its file can hold, before anything is built from
 * it: a stack of more layers than there are parameters, and sizes beyond any golden file.
 *
 * @param value Parsed JSON. @param where Begins the message.
 * @param parameters Number of parameter tensors of the file.
 * @throws {UserError} naming the field.
 */
export function checkConfigSize(value: unknown, where: string, parameters: number): void {
  const open: [key: string, value: unknown][] = [["", value]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [key, found] = next;
    if (typeof found === "object" && found !== null) {
      const named = Array.isArray(found)
        ? found.map((each): [string, unknown] => [key, each])
        : Object.entries(found);
      for (const entry of named) open.push(entry);
    } else if (typeof found === "number" && Number.isInteger(found) && !isSeed(key)) {
      if (key.endsWith("layers") && found > parameters) {
        throw new UserError(`${where}: ${key}: ${found} layers, but ${parameters} parameters`);
      }
      if (Math.abs(found) > LARGEST_SIZE) {
        throw new UserError(`${where}: ${key}: ${found} is more than ${LARGEST_SIZE}`);
      }
    }
  }
}
