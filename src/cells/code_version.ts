import { join } from "node:path";
import { UserError } from "../errors.ts";
import { readError } from "../util/read_error.ts";
import { Sha256, sha256Hex } from "../util/sha256.ts";

const FOLDERS = ["src", "kernels", "bench"];
const FILES = ["mod.ts", "deno.json", "deno.lock"];
/** Sources that no run uses: tests and their helpers. */
const TEST = /(?:_test|testing)\.ts$/;
const SOURCE = /\.ts$/;

/**
 * Hash of the program as 64 hexadecimal digits: of the names and contents of all its sources and of
 * its pinned imports, but not of tests, nor of the place of the checkout and its line ends.
 *
 * @param root Folder of the project.
 * @throws {UserError} when a part of the program is missing.
 */
export async function codeVersion(root: string): Promise<string> {
  const paths = [...FILES];
  for (const folder of FOLDERS) await addSources(root, folder, paths);
  const contents = await Promise.all(
    paths.toSorted().map(async (path) => {
      const text = await part(root, path, Deno.readTextFile(join(root, path)));
      return `${sha256Hex(text.replaceAll("\r\n", "\n"))} ${path}\n`;
    }),
  );
  const hash = new Sha256();
  for (const line of contents) hash.update(line);
  return hash.digest();
}

async function addSources(root: string, folder: string, paths: string[]): Promise<void> {
  const entries = await part(root, folder, Array.fromAsync(Deno.readDir(join(root, folder))));
  for (const { name, isDirectory, isFile } of entries) {
    const path = `${folder}/${name}`;
    if (isDirectory) await addSources(root, path, paths);
    else if (isFile && SOURCE.test(name) && !TEST.test(name)) paths.push(path);
  }
}

async function part<T>(root: string, path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw readError(error, join(root, path));
    throw new UserError(
      `${root}: ${path} is missing, so the version of the code is unknown: use a whole checkout`,
    );
  }
}
