import assert from "node:assert/strict";
import { parseAdapters } from "./adapters.ts";

Deno.test("PCI numbers, software adapters and variables of drivers choose an adapter", () => {
  assert.deepEqual(parseAdapters(["10de:2684", "0x1AE0:0xC0DE", "mesa", "DRI_PRIME=pci-1!"]), [
    {
      name: "10de:2684",
      environment: { VK_LOADER_DEVICE_SELECT: "0x10de:0x2684" },
      pci: { vendor: 0x10de, device: 0x2684 },
    },
    {
      name: "0x1AE0:0xC0DE",
      environment: { VK_LOADER_DEVICE_SELECT: "0x1AE0:0xC0DE" },
      pci: { vendor: 0x1ae0, device: 0xc0de },
    },
    { name: "mesa", environment: { MEGA_SOFTWARE_ADAPTER: "mesa" }, pci: null },
    { name: "DRI_PRIME=pci-1!", environment: { DRI_PRIME: "pci-1!" }, pci: null },
  ]);
});

Deno.test("numbers of adapters and what loads libraries are refused", () => {
  for (const [name, message] of [["0", /no numbers/], ["LD_PRELOAD=x", /not passed on/]] as const) {
    assert.throws(() => parseAdapters([name]), { name: "UserError", message });
  }
});
