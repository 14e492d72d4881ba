import assert from "node:assert/strict";
import {
  gitEnvironment,
  isHurried,
  linkerEnvironment,
  vulkanEnvironment,
} from "./child_environment.ts";

Deno.test("vulkanEnvironment leaves what the user has set alone", () => {
  const values = vulkanEnvironment(
    (name) => name === "MESA_SHADER_CACHE_DIR" ? "/mine" : undefined,
    "/cache",
    false,
  );
  assert.equal(values["DENO_WEBGPU_BACKEND"], "vulkan");
  assert.equal(values["XDG_RUNTIME_DIR"], "/cache/runtime");
  assert.ok(!("MESA_SHADER_CACHE_DIR" in values));
  assert.ok(!("GALLIVM_PERF" in values));
});

Deno.test("vulkanEnvironment spares a hurried command the optimisation of shaders", () => {
  const values = (set: string | undefined) => vulkanEnvironment(() => set, "/cache", true);
  assert.equal(values(undefined)["GALLIVM_PERF"], "nopt");
  assert.ok(!("GALLIVM_PERF" in values("brilinear")));
});

Deno.test("gitEnvironment is empty outside of a checkout", async () => {
  const folder = await Deno.makeTempDir();
  try {
    assert.deepEqual(await gitEnvironment(folder), {});
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("smoke runs are hurried, also those that are resumed and those of a sweep", () => {
  assert.ok(isHurried("test", [], undefined));
  assert.ok(isHurried("bench", ["--profile", "smoke"], undefined));
  assert.ok(isHurried("cell", ["--profile=smoke"], undefined));
  assert.ok(isHurried("bench", ["--resume"], "smoke"));
  assert.ok(!isHurried("bench", ["--resume"], "quick"));
  assert.ok(!isHurried("bench", ["--task", "smoke"], undefined));
  assert.ok(!isHurried("generate", ["--profile", "smoke"], undefined));
});

Deno.test("a sweep hands on no variable of the linker but the search path, under another name", () => {
  const all = { LD_LIBRARY_PATH: "/cuda", LD_PRELOAD: "/x.so", PATH: "/bin", DYLD_X: "" };
  assert.deepEqual(linkerEnvironment(all), {
    LD_LIBRARY_PATH: "",
    LD_PRELOAD: "",
    MEGA_LIBRARY_PATH: "/cuda",
  });
  assert.deepEqual(linkerEnvironment({ PATH: "/bin" }), {});
});
