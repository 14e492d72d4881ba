import assert from "node:assert/strict";
import { join } from "node:path";
import {
  driverEnvironment,
  type DriverManifest,
  icdJson,
  listLibraries,
  loadDriver,
  writeManifest,
} from "./driver.ts";

async function withDriver(test: (folder: string, manifest: DriverManifest) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(folder, "root/lib"), { recursive: true });
    await Deno.writeTextFile(join(folder, "root/lib/libvulkan.so.1"), "loader");
    await Deno.writeTextFile(join(folder, "root/lib/notes.txt"), "no library");
    const manifest: DriverManifest = {
      format: 1,
      name: "Mesa 25.0.7 llvmpipe",
      origin: "mesa-vulkan-drivers 25.0.7 (some suite)",
      icd: "icd.json",
      libraryFolders: ["root/lib"],
      fetched: [],
      fromSystem: [],
      systemState: 0,
      files: await listLibraries(folder),
    };
    await writeManifest(folder, manifest);
    await test(folder, manifest);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("icdJson names the library by its absolute path", () => {
  const icd = JSON.parse(icdJson("/cache/driver/libvulkan_lvp.so"));
  assert.equal(icd.ICD.library_path, "/cache/driver/libvulkan_lvp.so");
  assert.match(icd.ICD.api_version, /^1\.\d+\.\d+$/);
  assert.equal(icd.file_format_version, "1.0.0");
});

Deno.test("loadDriver returns a complete driver", async () => {
  await withDriver(async (folder, manifest) => {
    assert.deepEqual(manifest.files.map((file) => file.path), ["root/lib/libvulkan.so.1"]);
    assert.deepEqual(await loadDriver(folder), { folder, manifest });
  });
});

Deno.test("loadDriver refuses a changed, a missing and a half-written driver", async () => {
  await withDriver(async (folder) => {
    await Deno.writeTextFile(join(folder, "root/lib/libvulkan.so.1"), "longer loader");
    assert.equal(await loadDriver(folder), undefined);
    await Deno.remove(join(folder, "root/lib/libvulkan.so.1"));
    assert.equal(await loadDriver(folder), undefined);
    await Deno.writeTextFile(join(folder, "manifest.json"), "{");
    assert.equal(await loadDriver(folder), undefined);
  });
});

Deno.test("driverEnvironment puts the driver before inherited libraries", async () => {
  await withDriver((folder, manifest) => {
    assert.deepEqual(driverEnvironment({ folder, manifest }, "/usr/local/lib"), {
      VK_DRIVER_FILES: join(folder, "icd.json"),
      VK_ICD_FILENAMES: join(folder, "icd.json"),
      LD_LIBRARY_PATH: `${join(folder, "root/lib")}:/usr/local/lib`,
      MEGA_DRIVER_NAME: "Mesa 25.0.7 llvmpipe",
      MEGA_DRIVER: "mesa-vulkan-drivers 25.0.7 (some suite)",
    });
    return Promise.resolve();
  });
});
