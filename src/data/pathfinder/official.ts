import { basename, join } from "node:path";
import { UserError } from "../../errors.ts";
import { readLines } from "../lines.ts";
import { exists, fileNames, findFolder } from "../official_folder.ts";

/**
 * The only difficulty that the references use (`src/dataloaders/lra.py` of state-spaces/s4,
 * `examples/mega/lra/data_process.py` of facebookresearch/mega).
 */
export const DIFFICULTY = "curv_contour_length_14";

/** Below a folder that `data generate` wrote: its images are not the official ones. */
export const GENERATED_MARK = "GENERATED.txt";

/** Pictures that are known to be empty in the official archive; the reference leaves them out. */
const EMPTY_PICTURES: ReadonlySet<string> = new Set([
  "curv_baseline/imgs/0/sample_172.png",
]);

const PARENTS = [".", "lra_release", "lra_release/lra_release"];

/** A picture and its label, as a metadata file lists it. */
export interface PictureRecord {
  /** Path of the PNG file below the root of a resolution. */
  readonly path: string;
  readonly label: 0 | 1;
}

/**
 * The folder `pathfinder32` (64, 128) at or below `dataDir` that holds the hard subset, or
 * undefined. UserError when `dataDir` does not exist.
 */
export async function findPathfinder(
  dataDir: string,
  resolution: number,
): Promise<string | undefined> {
  const name = `pathfinder${resolution}`;
  const folders = PARENTS.map((parent) => join(parent, name));
  if (basename(dataDir) === name) folders.unshift(".");
  return await findFolder(dataDir, folders, [join(DIFFICULTY, "metadata")]);
}

/** Whether `data generate` wrote a folder. */
export async function isGenerated(root: string): Promise<boolean> {
  return await exists(join(root, GENERATED_MARK));
}

/**
 * Reads the records of the hard subset below a resolution's root, in the reference's order: the
 * metadata files by number, the lines of each as they come (`PathFinderDataset` in
 * `src/dataloaders/lra.py` of state-spaces/s4). The files end in
 * `.npy` but are text: per line, separated by spaces, folder, file name, number, label, and
 * parameters that are not used.
 *
 * @returns The records, and the names of all metadata files below the root.
 * @throws UserError with file and line.
 */
export async function readPathfinderRecords(
  root: string,
): Promise<{ records: PictureRecord[]; metadata: string[] }> {
  const folder = join(root, DIFFICULTY, "metadata");
  const number = (name: string) => Number(name.slice(0, -".npy".length));
  const names = fileNames(folder, (name) => name.endsWith(".npy"));
  const odd = names.find((name) => !/^\d+\.npy$/.test(name));
  if (odd !== undefined) {
    throw new UserError(`${join(folder, odd)}: expected a name such as 12.npy`);
  }
  if (names.length === 0) throw new UserError(`${folder}: no metadata file such as 1.npy`);
  const records: PictureRecord[] = [];
  for (const name of names.sort((a, b) => number(a) - number(b))) {
    const path = join(folder, name);
    let line = 0;
    for await (const text of readLines(path)) {
      line++;
      const record = parseRecord(text, (what) => new UserError(`${path}:${line}: ${what}`));
      if (!EMPTY_PICTURES.has(record.path)) records.push(record);
    }
    if (line === 0) throw new UserError(`${path}: the file is empty`);
  }
  return { records, metadata: names.map((name) => join(DIFFICULTY, "metadata", name)) };
}

function parseRecord(text: string, fail: (what: string) => UserError): PictureRecord {
  const fields = text.trim().split(/\s+/);
  if (text.startsWith("\x93NUMPY")) throw fail("a NumPy array, expected text");
  if (fields.length < 4) {
    throw fail(
      `expected at least 4 fields (folder, file, number, label), found ${
        text.trim() === "" ? 0 : fields.length
      }`,
    );
  }
  const [folder, file, , label] = fields;
  if (label !== "0" && label !== "1") {
    throw fail(`label ${JSON.stringify(label.slice(0, 20))} is not 0 or 1`);
  }
  const segments = `${folder}/${file}`.split("/");
  if (segments.includes("..") || segments[0] === "" || !file.endsWith(".png")) {
    throw fail(`${JSON.stringify(`${folder}/${file}`.slice(0, 60))} is not the path of a PNG file`);
  }
  return { path: `${DIFFICULTY}/${segments.join("/")}`, label: label === "1" ? 1 : 0 };
}
