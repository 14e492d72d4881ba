import assert from "node:assert/strict";
import { join } from "node:path";
import { NoAdapterError } from "../device/device.ts";
import { NO_ADAPTER } from "./no_adapter.ts";
import { PROJECT_ROOT } from "./paths.ts";
import { runMending } from "./run_mending.ts";

/** Runs a command that ends with these codes in turn, with a driver that is damaged or not. */
async function mending(codes: readonly number[], damaged: boolean, ending = false) {
  const environments: unknown[] = [];
  const said: string[] = [];
  const code = await runMending({
    adapter: {
      environment: { VK_DRIVER_FILES: "old" },
      mend: () => Promise.resolve(damaged ? { VK_DRIVER_FILES: "new" } : undefined),
    },
    run: (environment) => {
      environments.push(environment["VK_DRIVER_FILES"]);
      return Promise.resolve(codes[environments.length - 1]);
    },
    ending: () => ending,
    say: (line) => said.push(line),
  });
  return { code, environments, said };
}

Deno.test("a command that finds no adapter runs again when its driver was damaged", async () => {
  const { code, environments } = await mending([NO_ADAPTER, 0], true);
  assert.deepEqual([code, environments], [0, ["old", "new"]]);
  await assert.rejects(mending([NO_ADAPTER], false), NoAdapterError);
  await assert.rejects(mending([NO_ADAPTER, NO_ADAPTER], true), NoAdapterError);
});

Deno.test("a crash has the driver examined, and only a damaged one is blamed", async () => {
  const crashed = await mending([139], true);
  assert.deepEqual([crashed.code, crashed.said.length], [139, 1]);
  assert.deepEqual((await mending([139], false)).said, []);
  assert.deepEqual((await mending([139], true, true)).said, []);
  assert.deepEqual((await mending([1], true)).said, []);
});

Deno.test("a command without an adapter leaves it to its launcher to say so, if that provided a driver", async () => {
  const run = async (origin: string) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-check",
        "-A",
        join(PROJECT_ROOT, "src/cli/main.ts"),
        "verify",
        join(PROJECT_ROOT, "fixtures/goldens/ema_causal.safetensors"),
      ],
      env: {
        DENO_WEBGPU_BACKEND: "vulkan",
        VK_DRIVER_FILES: "/none",
        VK_ICD_FILENAMES: "/none",
        MEGA_DRIVER: origin,
        NO_COLOR: "1",
      },
    }).output();
    return { code, said: new TextDecoder().decode(stderr) };
  };
  assert.deepEqual(await run("a package"), { code: NO_ADAPTER, said: "" });
  const system = await run("system");
  assert.equal(system.code, 2);
  assert.match(system.said, /^error: no WebGPU adapter answers/m);
});
