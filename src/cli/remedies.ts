import type { AdapterClass } from "../device/adapter_class.ts";

/** Something that is missing or not as good as it could be, and the command that mends it. */
export interface Remedy {
  readonly problem: string;
  readonly command: string;
}

/** The facts on which advice depends. */
export interface Condition {
  readonly os: typeof Deno.build.os;
  readonly deno: string;
  /** Class of the adapter in use; undefined where none answers. */
  readonly adapterClass: AdapterClass | undefined;
  /** Where the driver came from: `system`, or a provided package. */
  readonly driverOrigin: string;
  /** Driver name with version, as far as known. */
  readonly driverName: string;
  /** A GPU that the machine has, whether or not Vulkan reaches it. */
  readonly hardware: string | undefined;
  /** The value of `MEGA_SOFTWARE_ADAPTER`. */
  readonly softwareSwitch: string | undefined;
  readonly timestamps: boolean;
  /** Cache folders that cannot be written. */
  readonly unwritable: readonly string[];
}

/** The version of Deno that the project is tested with. */
export const TESTED_DENO = "2.9.6";

/** Lists what is missing, the most important first; empty when everything is fine. */
export function findRemedies(condition: Condition): Remedy[] {
  const remedies: Remedy[] = [];
  const { adapterClass, hardware } = condition;
  if (adapterClass === undefined) {
    remedies.push({
      problem: condition.softwareSwitch === "0"
        ? "no adapter answers, and software adapters are switched off"
        : "no adapter answers, and none could be provided",
      command: condition.softwareSwitch === "0"
        ? "unset MEGA_SOFTWARE_ADAPTER"
        : installCommand(condition.os),
    });
  }
  if (hardware !== undefined && adapterClass !== "gpu" && !condition.softwareSwitch) {
    remedies.push({
      problem: `the machine has ${hardware}, but Vulkan does not reach it`,
      command: /^the GPU at/.test(hardware)
        ? installCommand(condition.os)
        : "sudo apt-get install libvulkan1   (in a container also: NVIDIA_DRIVER_CAPABILITIES=all)",
    });
  }
  const mesa = /Mesa (\d+)/.exec(condition.driverName);
  if (adapterClass === "software" && condition.driverOrigin === "system" && mesa) {
    const major = Number(mesa[1]);
    if (major < 25) {
      remedies.push({
        problem: `the system's ${condition.driverName} is about half as fast as Mesa 25`,
        command: "export MEGA_SOFTWARE_ADAPTER=1",
      });
    } else if (major > 25) {
      remedies.push({
        problem: `the system's ${condition.driverName} is newer than what was tested, and ` +
          "Mesa 26 is known to miscompile compute kernels",
        command: "export MEGA_SOFTWARE_ADAPTER=1",
      });
    }
  }
  if (adapterClass !== undefined && !condition.timestamps) {
    remedies.push({
      problem: "the adapter has no timestamps: kernels are timed by the wall clock",
      command: installCommand(condition.os),
    });
  }
  for (const folder of condition.unwritable) {
    remedies.push({
      problem: `${folder} cannot be written`,
      command: "export MEGA_CACHE=/a/folder/that/you/own",
    });
  }
  if (condition.deno !== TESTED_DENO) {
    remedies.push({
      problem: `Deno ${condition.deno} is not the tested version ${TESTED_DENO}`,
      command: `npx -y deno@${TESTED_DENO} task bench`,
    });
  }
  return remedies;
}

function installCommand(os: typeof Deno.build.os): string {
  return os === "linux"
    ? "sudo apt-get install mesa-vulkan-drivers libvulkan1"
    : "update the graphics driver of this machine";
}
