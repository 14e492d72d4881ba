import assert from "node:assert/strict";
import { UserError } from "../errors.ts";
import { cacheFolder, cacheFolders, PROJECT_ROOT } from "./paths.ts";

const env = (values: Record<string, string>) => (name: string) => values[name];

Deno.test("cacheFolder prefers MEGA_CACHE, then XDG_CACHE_HOME, then the home folder", () => {
  const home = { HOME: "/home/me" };
  const xdg = { ...home, XDG_CACHE_HOME: "/fast" };
  assert.equal(cacheFolder(env({ ...xdg, MEGA_CACHE: "/mine" }), "linux"), "/mine");
  assert.equal(cacheFolder(env(xdg), "linux"), "/fast/mega-webgpu");
  assert.equal(cacheFolder(env(home), "linux"), "/home/me/.cache/mega-webgpu");
  assert.equal(cacheFolder(env(home), "darwin"), "/home/me/Library/Caches/mega-webgpu");
});

Deno.test("cacheFolder ignores a relative XDG_CACHE_HOME", () => {
  const values = { HOME: "/home/me", XDG_CACHE_HOME: "cache" };
  assert.equal(cacheFolder(env(values), "linux"), "/home/me/.cache/mega-webgpu");
});

Deno.test("cacheFolder tells the user what to set when there is no home", () => {
  assert.throws(
    () => cacheFolder(env({}), "linux"),
    (error) => error instanceof UserError && /set MEGA_CACHE/.test(error.message),
  );
});

Deno.test("cacheFolders moves only the data to MEGA_DATA", () => {
  const folders = cacheFolders(env({ MEGA_CACHE: "/mine", MEGA_DATA: "/big" }));
  assert.equal(folders.data, "/big");
  assert.equal(folders.driver, "/mine/driver");
});

Deno.test("PROJECT_ROOT holds deno.json", async () => {
  assert.ok((await Deno.stat(`${PROJECT_ROOT}/deno.json`)).isFile);
});
