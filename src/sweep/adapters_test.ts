import assert from "node:assert/strict";
import { parseAdapters, pciNumbers } from "./adapters.ts";

const environmentOf = (...names: string[]) =>
  parseAdapters(names).map(({ environment }) => environment);

Deno.test("PCI numbers, software adapters and variables of drivers choose an adapter", () => {
  assert.deepEqual(environmentOf("10de:2684"), [{ VK_LOADER_DEVICE_SELECT: "0x10de:0x2684" }]);
  assert.deepEqual(environmentOf("0x10005:0x0"), [{ VK_LOADER_DEVICE_SELECT: "0x10005:0x0" }]);
  assert.deepEqual(environmentOf("mesa"), [{ MEGA_SOFTWARE_ADAPTER: "mesa" }]);
  assert.deepEqual(environmentOf("DRI_PRIME=pci-1!", "DRI_PRIME=pci-2!"), [
    { DRI_PRIME: "pci-1!" },
    { DRI_PRIME: "pci-2!" },
  ]);
  assert.deepEqual(pciNumbers("0x1AE0:0xC0DE"), { vendor: 0x1ae0, device: 0xc0de });
});

Deno.test("numbers of adapters, several kinds, and what loads libraries are refused", () => {
  const refused: [string[], RegExp][] = [
    [["0"], /WebGPU has no numbers for adapters/],
    [["LD_PRELOAD=x"], /not passed on/],
    [["mesa", "swiftshader"], /one kind of adapter/],
    [["10de:2684", "10de:2204"], /one kind of adapter/],
  ];
  for (const [names, message] of refused) {
    assert.throws(() => parseAdapters(names), { name: "UserError", message });
  }
});
