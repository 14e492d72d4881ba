/** A process of its own that does what a test tells it, so that two of them can race. */
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { spawn } from "node:child_process";
import { UserError } from "../errors.ts";
import { writeFileAtomic } from "./atomic_write.ts";
import { FolderLock } from "./folder_lock.ts";

/** What a racer is told; it answers each order with one line. */
type Order = readonly ["lock", folder: string] | readonly ["write", path: string, text: string];

/** The test's side of a racer. */
export class Racer implements AsyncDisposable {
  readonly #child = spawn(
    Deno.execPath(),
    ["run", "--no-check", "--no-prompt", "-A", fileURLToPath(import.meta.url)],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  readonly #answers = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  readonly #ended = new Promise((resolve) => this.#child.once("close", resolve));

  /** Number of the process. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Gives an order; the answer is `done` or the message of an error. */
  async tell(...order: Order): Promise<string> {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    const { value } = await this.#answers.next();
    return String(value);
  }

  /** Ends the process without notice. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

async function obey(order: Order): Promise<string> {
  try {
    // Kept until the process ends.
    if (order[0] === "lock") await FolderLock.acquire(order[1]);
    else await writeFileAtomic(order[1], order[2], { replace: false });
    return "done";
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

if (import.meta.main) {
  for await (const line of createInterface(process.stdin)) {
    const order: Order = JSON.parse(line);
    console.log(await obey(order));
  }
}
