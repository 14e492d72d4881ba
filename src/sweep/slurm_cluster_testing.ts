/** The real Slurm of `fixtures/slurm`, for tests. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ifPresent } from "../util/read_error.ts";

const fixture = fileURLToPath(new URL("../../fixtures/slurm/main.ts", import.meta.url));

/** How a program ended. */
export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Why this machine cannot have a Slurm, in one line; `null` where it can. */
export async function whyNoSlurm(): Promise<string | null> {
  const { code, stderr } = await runFixture("install");
  if (code === 0) return null;
  if (code === 3) return stderr.trim();
  throw new Error(stderr);
}

/** A cluster in a folder of its own, running until it is disposed of. */
export class TestCluster implements AsyncDisposable {
  readonly folder: string;
  /** The environment for whoever talks to it. */
  readonly environment: Readonly<Record<string, string>>;

  private constructor(folder: string) {
    this.folder = folder;
    this.environment = { PATH: `${join(folder, "bin")}:${Deno.env.get("PATH")}` };
  }

  static async start(options: { readonly accounting: boolean }): Promise<TestCluster> {
    const folder = await Deno.makeTempDir({ prefix: "slurm-" });
    const { code, stderr } = await runFixture(
      "start",
      folder,
      ...options.accounting ? ["--accounting"] : [],
    );
    if (code !== 0) throw new Error(stderr);
    return new TestCluster(folder);
  }

  /** Runs one of Slurm's programs. */
  async run(program: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await output(join(this.folder, "bin", program), args);
    if (code !== 0) throw new Error(`${program}: ${stderr}`);
    return stdout;
  }

  /** Ends the controller of the cluster, which jobs survive. */
  async stopController(): Promise<void> {
    const file = join(this.folder, "slurmctld.pid");
    Deno.kill(Number(await Deno.readTextFile(file)), "SIGTERM");
    await until("slurmctld ends", async () => {
      return await ifPresent(file, Deno.stat(file)) === undefined;
    });
  }

  /** Starts the controller of the cluster again. */
  async startController(): Promise<void> {
    const controller = new Deno.Command(join(this.folder, "bin/slurmctld"), {
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    await controller.output();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { code, stderr } = await runFixture("stop", this.folder);
    if (code !== 0) throw new Error(stderr);
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Waits for something to happen. @param what Says what, when it does not within a minute. */
export async function until(what: string, happened: () => Promise<boolean>): Promise<void> {
  const last = Date.now() + 60_000;
  while (!await happened()) {
    if (Date.now() > last) throw new Error(`it did not happen within a minute that ${what}`);
    await sleep(50);
  }
}

function runFixture(...args: readonly string[]): Promise<Output> {
  return output(Deno.execPath(), [
    "run",
    "--no-check",
    "--no-lock",
    ...["--allow-run", "--allow-read", "--allow-write", "--allow-env", "--allow-sys"],
    "--allow-net=127.0.0.1,0.0.0.0",
    fixture,
    ...args,
  ]);
}

async function output(program: string, args: readonly string[]): Promise<Output> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
