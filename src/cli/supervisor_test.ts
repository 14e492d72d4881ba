import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { tiedToParent, watchParent } from "./end_with_parent.ts";

const SUPERVISE = fileURLToPath(new URL("./supervisor_testing.ts", import.meta.url));
const BUSY = "console.log(Deno.pid); for (;;);";
const IDLE = "console.log(Deno.pid); setInterval(() => {}, 1000);";

/** A supervised program that has printed its process id; `end` waits for all and returns codes. */
async function supervise(grace: number, code: string) {
  const launcher = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", SUPERVISE, String(grace), code],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [forUs, rest] = launcher.stdout.tee();
  const reader = forUs.pipeThrough(new TextDecoderStream()).getReader();
  const pid = Number((await reader.read()).value);
  await reader.cancel();
  const end = async () => {
    const started = performance.now();
    const [{ code }, said] = await Promise.all([
      launcher.status,
      new Response(launcher.stderr).text(),
      rest.cancel(),
    ]);
    return { code, said, milliseconds: performance.now() - started };
  };
  return { launcher, pid, end };
}

function isAlive(pid: number): boolean {
  try {
    // A process that nobody has waited for yet is a zombie.
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

const onUnix = { ignore: Deno.build.os === "windows" };

Deno.test("the exit code of a child is passed on", onUnix, async () => {
  const { end } = await supervise(4000, "console.log(Deno.pid); Deno.exit(7);");
  assert.equal((await end()).code, 7);
});

Deno.test("a child that dies of a signal gives 128 and its number", onUnix, async () => {
  const { end } = await supervise(4000, "console.log(Deno.pid); Deno.kill(Deno.pid, 'SIGKILL');");
  assert.equal((await end()).code, 137);
});

for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130], ["SIGHUP", 129]] as const) {
  Deno.test(
    `a child that is busy and ignores ${signal} is killed after the grace`,
    onUnix,
    async () => {
      const ignoring = `Deno.addSignalListener("${signal}", () => {}); ${BUSY}`;
      const { launcher, pid, end } = await supervise(300, ignoring);
      launcher.kill(signal);
      const ended = await end();
      assert.equal(ended.code, code);
      assert.match(ended.said, /^the command did not end by itself and was killed/m);
      assert.ok(!isAlive(pid));
    },
  );
}

Deno.test("SIGQUIT does not leave the child behind", onUnix, async () => {
  const { launcher, pid, end } = await supervise(4000, BUSY);
  launcher.kill("SIGQUIT");
  assert.equal((await end()).code, 131);
  assert.ok(!isAlive(pid));
});

Deno.test("a child that ends by itself when asked decides its exit code", onUnix, async () => {
  const code = `Deno.addSignalListener("SIGTERM", () => Deno.exit(5)); ${IDLE}`;
  const { launcher, end } = await supervise(4000, code);
  launcher.kill("SIGTERM");
  assert.deepEqual((({ code, said }) => ({ code, said }))(await end()), { code: 5, said: "" });
});

Deno.test(
  "a second request kills at once, one that was sent twice is the same",
  onUnix,
  async () => {
    const { launcher, end } = await supervise(
      60_000,
      `Deno.addSignalListener("SIGINT", () => {}); ${BUSY}`,
    );
    launcher.kill("SIGINT");
    launcher.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 400));
    launcher.kill("SIGINT");
    const { code, milliseconds } = await end();
    assert.equal(code, 130);
    assert.ok(milliseconds < 5000);
  },
);

Deno.test("a busy child ends with a launcher that is killed", {
  ignore: tiedToParent("x", [])[0] === "x",
}, async () => {
  const { launcher, pid, end } = await supervise(4000, BUSY);
  assert.ok(isAlive(pid));
  launcher.kill("SIGKILL");
  await end();
  for (let tries = 0; isAlive(pid) && tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.ok(!isAlive(pid));
});

Deno.test("a process notices that its parent is gone", async () => {
  let parent = 5;
  const gone = new Promise<void>((resolve) => watchParent(resolve, () => parent));
  parent = 1;
  // The watch itself keeps no process alive.
  const timer = setTimeout(() => {}, 5000);
  await gone;
  clearTimeout(timer);
});
