import assert from "node:assert/strict";
import { type Condition, findRemedies, TESTED_DENO } from "./remedies.ts";

const fine: Condition = {
  os: "linux",
  deno: TESTED_DENO,
  adapterClass: "gpu",
  driverOrigin: "system",
  driverName: "NVIDIA 570.1",
  hardware: undefined,
  softwareSwitch: undefined,
  timestamps: true,
  unwritable: [],
};

const commands = (change: Partial<Condition>) =>
  findRemedies({ ...fine, ...change }).map((remedy) => remedy.command);

Deno.test("findRemedies has nothing to say about a good machine", () => {
  assert.deepEqual(commands({}), []);
  assert.deepEqual(
    commands({
      adapterClass: "software",
      driverOrigin: "mesa-vulkan-drivers 22.3.6 (bookworm)",
      driverName: "Mesa 22.3.6 llvmpipe",
    }),
    [],
  );
});

Deno.test("findRemedies tells a switched-off adapter from a missing one", () => {
  const none = { adapterClass: undefined, timestamps: false };
  assert.deepEqual(commands({ ...none, softwareSwitch: "0" }), ["unset MEGA_SOFTWARE_ADAPTER"]);
  assert.match(commands(none)[0] ?? "", /apt-get install mesa-vulkan-drivers/);
});

Deno.test("findRemedies notices a GPU that Vulkan does not reach", () => {
  const software = { adapterClass: "software", driverOrigin: "some package" } as const;
  assert.match(commands({ ...software, hardware: "NVIDIA H100" })[0] ?? "", /libvulkan1/);
  assert.match(
    commands({ ...software, hardware: "the GPU at /dev/dri/r" })[0] ?? "",
    /mesa-vulkan/,
  );
  assert.deepEqual(commands({ ...software, hardware: "NVIDIA H100", softwareSwitch: "1" }), []);
});

Deno.test("findRemedies advises against old and untested system drivers", () => {
  for (const driverName of ["Mesa 22.3.6-1", "Mesa 26.0.1-1"]) {
    assert.deepEqual(commands({ adapterClass: "software", driverName }), [
      "export MEGA_SOFTWARE_ADAPTER=1",
    ]);
  }
});

Deno.test("findRemedies names folders that cannot be written and another Deno", () => {
  assert.match(commands({ unwritable: ["/cache"] })[0] ?? "", /MEGA_CACHE/);
  assert.match(commands({ deno: "2.0.0" })[0] ?? "", /deno@/);
});
