/** Which adapter a process of a sweep computes on, as far as that can be chosen from outside. */
import { UserError } from "../errors.ts";

/** An adapter that a user named. */
export interface NamedAdapter {
  /** As the user wrote it. */
  readonly name: string;
  /**
   * What kind of adapter it is: a software one, one with these PCI numbers, or one that only its
   * driver knows.
   */
  readonly kind: "software" | "pci" | "driver";
  /** What the environment of a process says so that it gets this adapter. */
  readonly environment: Readonly<Record<string, string>>;
}

const PCI = /^(?:0x)?([0-9a-f]{4,5}):(?:0x)?([0-9a-f]{1,4})$/i;
const VARIABLE = /^([A-Z_][A-Z0-9_]*)=(.+)$/;

/** The numbers of the vendor and the device in a name of the kind `pci`. */
export function pciNumbers(name: string): { readonly vendor: number; readonly device: number } {
  const [, vendor = "", device = ""] = PCI.exec(name) ?? [];
  return { vendor: parseInt(vendor, 16), device: parseInt(device, 16) };
}

function parseAdapter(name: string): NamedAdapter {
  if (name === "mesa" || name === "swiftshader") {
    return { name, kind: "software", environment: { MEGA_SOFTWARE_ADAPTER: name } };
  }
  const [, vendor, device] = PCI.exec(name) ?? [];
  if (vendor !== undefined) {
    const environment = { VK_LOADER_DEVICE_SELECT: `0x${vendor}:0x${device}` };
    return { name, kind: "pci", environment };
  }
  const [, variable, value] = VARIABLE.exec(name) ?? [];
  if (variable?.startsWith("LD_")) {
    throw new UserError(`--adapter ${name}: LD_ variables are not passed on to jobs`);
  }
  if (variable !== undefined) return { name, kind: "driver", environment: { [variable]: value } };
  throw new UserError(
    `--adapter ${name}: give PCI numbers such as 10de:2684 (\`lspci -nn\` shows them), mesa, ` +
      "swiftshader, or VARIABLE=VALUE for the driver; WebGPU has no numbers for adapters",
  );
}

/**
 * The adapters that processes are spread over. WebGPU cannot list adapters and takes no names; the
 * Vulkan loader puts the device with given PCI numbers first, which is the one that WebGPU takes.
 * Several cards of one model have the same numbers: only their driver, asked by a variable of its
 * own, tells them apart.
 *
 * @throws {UserError} for a name that is none of these, and for adapters of several kinds.
 */
export function parseAdapters(names: readonly string[]): NamedAdapter[] {
  const adapters = [...new Set(names)].map(parseAdapter);
  if (adapters.length > 1 && adapters.some(({ kind }) => kind !== "driver")) {
    throw new UserError(
      `--adapter ${names.join(",")}: the runs of one result come from one kind of adapter: ` +
        "make a sweep for each, or name cards of one kind by variables of their driver",
    );
  }
  return adapters;
}
