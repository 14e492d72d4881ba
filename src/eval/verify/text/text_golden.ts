/** A golden file of text processing: JSON with parameters, inputs and exact results. */
import { dirname, join } from "node:path";
import { z } from "zod";
import { UserError } from "../../../errors.ts";
import { readRegularSync } from "../../../util/read_regular.ts";

const schema = z.looseObject({
  kind: z.string(),
  config: z.record(z.string(), z.unknown()).default({}),
  input: z.record(z.string(), z.unknown()).default({}),
  output: z.record(z.string(), z.unknown()),
});

/** The largest golden texts that come along have some MB. */
export const LARGEST_TEXT_GOLDEN = 2 ** 28;

/** A parsed golden file, which may name files beside it. */
export class TextGolden {
  readonly kind: string;
  readonly output: Readonly<Record<string, unknown>>;
  readonly #content: z.infer<typeof schema>;
  readonly #folders: readonly string[];

  /**
   * @param bytes UTF-8.
   * @param where The file's path, from which its neighbours are found; used in messages.
   * @param dataDir Another folder for large neighbours.
   * @throws {UserError} when the bytes are not a golden file.
   */
  constructor(bytes: Uint8Array, readonly where: string, dataDir?: string) {
    let content: unknown;
    try {
      content = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch (cause) {
      throw new UserError(`${where}: not JSON`, { cause });
    }
    this.#content = check(schema, content, where);
    this.kind = this.#content.kind;
    this.output = this.#content.output;
    const beside = dirname(where);
    this.#folders = [
      beside,
      join(beside, "..", "data"),
      ...(dataDir === undefined ? [] : [dataDir]),
    ];
  }

  /** How the case was made. @throws {UserError} naming the first field that is missing or wrong. */
  config<S extends z.ZodType>(schema: S): z.infer<S> {
    return check(schema, this.#content.config, `${this.where}: config`);
  }

  /** What the program read. @throws {UserError} naming the first field that is missing or wrong. */
  input<S extends z.ZodType>(schema: S): z.infer<S> {
    return check(schema, this.#content.input, `${this.where}: input`);
  }

  /** What came out. @throws {UserError} naming the first field that is missing or wrong. */
  expected<S extends z.ZodType>(schema: S): z.infer<S> {
    return check(schema, this.output, `${this.where}: output`);
  }

  /**
   * A golden file that this one names.
   *
   * @throws {UserError} when it is nowhere or is not a golden file.
   */
  other(name: string): TextGolden {
    const path = this.neighbour(name);
    return new TextGolden(readRegularSync(path, LARGEST_TEXT_GOLDEN), path);
  }

  /** The path of a file that the golden file names. @throws {UserError} when it is nowhere. */
  neighbour(name: string): string {
    for (const folder of this.#folders) {
      const path = join(folder, name);
      if (isFile(path)) return path;
    }
    throw new UserError(
      `${this.where}: ${name} is neither beside it nor in ../data: give its folder with --data`,
    );
  }
}

function check<S extends z.ZodType>(schema: S, value: unknown, where: string): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  throw new UserError(`${where}: ${field}${issue.message}`);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
