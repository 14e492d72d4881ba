import assert from "node:assert/strict";
import { join } from "node:path";
import {
  describeFolder,
  driverEnvironment,
  type DriverManifest,
  findDamage,
  icdJson,
  loadDriver,
  writeManifest,
} from "./driver.ts";

async function withDriver(test: (folder: string, manifest: DriverManifest) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(folder, "root/lib"), { recursive: true });
    await Deno.writeTextFile(join(folder, "root/lib/libvulkan.so.1"), "loader");
    await Deno.symlink("libvulkan.so.1", join(folder, "root/lib/libvulkan.so"));
    await Deno.writeTextFile(join(folder, "icd.json"), "{}");
    const manifest: DriverManifest = {
      name: "Mesa 25.0.7 llvmpipe",
      origin: "mesa-vulkan-drivers 25.0.7 (some suite)",
      icd: "icd.json",
      libraryFolders: ["root/lib"],
      fetched: [],
      fromSystem: [],
      ...await describeFolder(folder),
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

const LIBRARY = "root/lib/libvulkan.so.1";

async function damageOf(folder: string): Promise<string> {
  const loaded = await loadDriver(folder);
  assert.ok(loaded !== undefined && "damage" in loaded);
  return loaded.damage;
}

Deno.test("loadDriver returns a complete driver, and nothing where there is none", async () => {
  await withDriver(async (folder, manifest) => {
    assert.deepEqual(manifest.files.map((file) => file.path), ["icd.json", LIBRARY]);
    assert.deepEqual(manifest.links, [{
      path: "root/lib/libvulkan.so",
      target: "libvulkan.so.1",
    }]);
    assert.deepEqual(await loadDriver(folder), { folder, manifest });
    assert.equal(await loadDriver(join(folder, "root")), undefined);
  });
});

Deno.test("loadDriver says what changed, what is missing, and that a manifest is damaged", async () => {
  await withDriver(async (folder) => {
    await Deno.remove(join(folder, "root/lib/libvulkan.so"));
    assert.match(await damageOf(folder), /libvulkan\.so has changed$/);
    await Deno.writeTextFile(join(folder, LIBRARY), "longer loader");
    assert.match(await damageOf(folder), /libvulkan\.so\.1 has changed$/);
    await Deno.remove(join(folder, LIBRARY));
    assert.match(await damageOf(folder), /libvulkan\.so\.1 is missing$/);
    const manifest = join(folder, "manifest.json");
    const text = await Deno.readTextFile(manifest);
    await Deno.writeTextFile(manifest, text.replace("llvmpipe", "llvmpope"));
    assert.match(await damageOf(folder), /manifest\.json: damaged/);
    await Deno.writeTextFile(manifest, "{");
    assert.match(await damageOf(folder), /manifest\.json: damaged/);
  });
});

Deno.test("findDamage notices a flipped byte that leaves size and time as they were", async () => {
  await withDriver(async (folder, manifest) => {
    assert.equal(await findDamage({ folder, manifest }), undefined);
    const path = join(folder, LIBRARY);
    const { atime, mtime } = await Deno.stat(path);
    await Deno.writeTextFile(path, "loadex");
    await Deno.utime(path, atime ?? 0, mtime ?? 0);
    assert.deepEqual(await loadDriver(folder), { folder, manifest });
    assert.match(await findDamage({ folder, manifest }) ?? "", /so\.1 is not what was unpacked$/);
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
