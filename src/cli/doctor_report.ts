import { cpus } from "node:os";
import { join } from "node:path";
import type { AdapterClass } from "../device/adapter_class.ts";
import { type DeviceLimits, openDevice } from "../device/device.ts";
import { probeFeatures } from "../device/features.ts";
import { measureBandwidth, measureFmaRate, measureReadbackLatency } from "../device/probes.ts";
import { timeSource } from "../device/timing.ts";
import { UserError } from "../errors.ts";
import { isWritable } from "../util/writable.ts";
import { cacheFolders, type ReadEnv } from "./paths.ts";
import { findRemedies, type Remedy } from "./remedies.ts";

/** What the doctor found out about the adapter. */
export interface AdapterReport {
  readonly vendor: string;
  readonly description: string;
  readonly class: AdapterClass;
  readonly subgroupSize: number;
  /** Driver name with version; empty where unknown. */
  readonly driver: string;
  /** `system`, or the package that the harness provided. */
  readonly driverOrigin: string;
  readonly limits: DeviceLimits;
  /** Useful optional features and whether the adapter grants them. */
  readonly features: Readonly<Record<string, boolean>>;
  readonly timing: string;
  /** Multiply-add rate, 1e9 operations per second. */
  readonly gigaflops: number;
  /** Memory bandwidth, 1e9 bytes per second. */
  readonly gigabytesPerSecond: number;
  readonly readbackMilliseconds: number;
}

/** A part of the cache and what it holds. */
export interface FolderReport {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly writable: boolean;
}

/** Everything that the doctor prints. */
export interface DoctorReport {
  readonly machine: {
    readonly deno: string;
    readonly v8: string;
    readonly os: string;
    readonly cpu: string;
    readonly cores: number;
    readonly memoryBytes: number;
  };
  readonly adapter: AdapterReport | null;
  readonly folders: readonly FolderReport[];
  readonly missing: readonly Remedy[];
}

/** Examines the machine and measures the adapter; takes a few seconds. */
export async function examine(env: ReadEnv): Promise<DoctorReport> {
  const adapter = await examineAdapter(env);
  const folders: FolderReport[] = [];
  for (const [name, path] of Object.entries(cacheFolders(env))) {
    // The drivers are the launcher's: it says whether it can write them.
    const writable = name === "driver" ? !env("MEGA_UNWRITABLE") : await isWritable(path);
    folders.push({ name, path, bytes: await folderBytes(path), writable });
  }
  return {
    machine: {
      deno: Deno.version.deno,
      v8: Deno.version.v8,
      os: `${Deno.build.os} ${Deno.osRelease()} ${Deno.build.arch}`,
      cpu: cpus()[0]?.model.trim() || "unknown",
      cores: navigator.hardwareConcurrency,
      memoryBytes: Deno.systemMemoryInfo().total,
    },
    adapter,
    folders,
    missing: findRemedies({
      os: Deno.build.os,
      deno: Deno.version.deno,
      adapterClass: adapter?.class,
      driverOrigin: adapter?.driverOrigin ?? "",
      driverName: adapter?.driver ?? "",
      hardware: env("MEGA_HARDWARE"),
      softwareSwitch: env("MEGA_SOFTWARE_ADAPTER"),
      timestamps: adapter?.features["timestamp-query"] ?? false,
      unwritable: folders.filter((folder) => !folder.writable).map((folder) => folder.path),
    }),
  };
}

async function examineAdapter(env: ReadEnv): Promise<AdapterReport | null> {
  let device;
  try {
    device = await openDevice();
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
  try {
    return {
      vendor: device.adapterInfo.vendor,
      description: device.adapterInfo.description,
      class: device.adapterInfo.class,
      subgroupSize: device.subgroupSize,
      driver: env("MEGA_DRIVER_NAME") ?? "",
      driverOrigin: env("MEGA_DRIVER") || "system",
      limits: device.limits,
      features: await probeFeatures(),
      timing: timeSource(device),
      gigaflops: await measureFmaRate(device),
      gigabytesPerSecond: await measureBandwidth(device),
      readbackMilliseconds: await measureReadbackLatency(device),
    };
  } finally {
    device.destroy();
  }
}

/** Bytes of all files below a folder; 0 where it does not exist. */
async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  try {
    for await (const entry of Deno.readDir(folder)) {
      const path = join(folder, entry.name);
      bytes += entry.isDirectory ? await folderBytes(path) : (await Deno.lstat(path)).size;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return bytes;
}
