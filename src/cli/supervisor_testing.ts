/** Supervises a program given as code, for tests: `deno run supervisor_testing.ts GRACE CODE`. */
import { Supervisor } from "./supervisor.ts";

const [grace, code] = Deno.args;
using supervisor = new Supervisor({
  grace: Number(grace),
  terminal: false,
  beforeChild: () => {},
  say: (line) => console.error(line),
});
Deno.exit(
  await supervisor.run({
    program: Deno.execPath(),
    args: ["eval", "--no-config", code],
    cwd: Deno.cwd(),
    env: {},
  }),
);
