import { dirname, join, sep } from "node:path";
import { UserError } from "../errors.ts";
import { readError } from "../util/read_error.ts";
import { checkRegular } from "../util/read_regular.ts";

/**
 * A data folder that a user named. It may be a link itself, but no link inside leads out of it: a
 * folder that somebody else packed must not make a run read other files of its user.
 */
export class DataRoot {
  readonly folder: string;
  readonly #real: string;
  readonly #inside = new Set<string>();

  /** @throws {UserError} when there is no such folder. */
  constructor(folder: string) {
    this.folder = folder;
    this.#real = realPath(folder);
    if (!Deno.statSync(folder).isDirectory) throw new UserError(`${folder}: is no folder`);
  }

  /** @throws {UserError} when a folder at or below this one lies elsewhere, or is missing. */
  checkFolder(path: string): void {
    if (this.#inside.has(path)) return;
    const real = realPath(path);
    const start = this.#real.endsWith(sep) ? this.#real : this.#real + sep;
    if (real !== this.#real && !real.startsWith(start)) {
      throw new UserError(
        `${path}: is a link that leads out of ${this.folder}: copy what it names`,
      );
    }
    this.#inside.add(path);
  }

  /**
   * Checks every link in a folder at or below this one, and in the folders that it leads to.
   *
   * @throws {UserError} for one that leads out of this folder, or nowhere.
   */
  checkTree(folder: string): void {
    const seen = new Set<string>();
    const open = [folder];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      this.checkFolder(next);
      const real = realPath(next);
      if (seen.has(real)) continue;
      seen.add(real);
      for (const { name, isDirectory, isSymlink } of entriesOf(next)) {
        const path = join(next, name);
        if (isSymlink) this.checkFolder(path);
        if (isDirectory || isSymlink && Deno.statSync(path).isDirectory) open.push(path);
      }
    }
  }

  /**
   * What a file below the folder is, at the end of all links.
   *
   * @param atMost Largest size, bytes.
   * @throws {UserError} when it lies elsewhere, is missing, no regular file, or larger.
   */
  checkFile(path: string, atMost: number): Deno.FileInfo {
    this.checkFolder(dirname(path));
    try {
      let info = Deno.lstatSync(path);
      if (info.isSymlink) {
        this.checkFolder(path);
        info = Deno.statSync(path);
      }
      checkRegular(info, path, atMost);
      return info;
    } catch (error) {
      throw readError(error, path);
    }
  }
}

/** @throws {UserError} unless a folder that the user named is there. */
export function checkDataFolder(folder: string): void {
  new DataRoot(folder);
}

function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch (error) {
    throw readError(error, folder);
  }
}

function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    throw readError(error, path);
  }
}
