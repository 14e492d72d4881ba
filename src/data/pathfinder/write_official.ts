import { join } from "node:path";
import { encode } from "fast-png";
import { writeFileAtomic } from "../../util/atomic_write.ts";
import type { PathfinderImage } from "./generate.ts";
import { DIFFICULTY, GENERATED_MARK } from "./official.ts";
import type { PathfinderShape } from "./parameters.ts";

/** Pictures in one folder, as in the official archive. */
const PER_FOLDER = 1000;

/**
 * Writes images in the official layout below `root`, which `lra_benchmarks/data/pathfinder.py` of
 * google-research/long-range-arena reads, and a note that they are generated. Throws UserError
 * (disk full, no permission).
 */
export async function writePathfinder(
  root: string,
  shape: PathfinderShape,
  images: Iterable<PathfinderImage>,
): Promise<void> {
  const note = "Made by this project's generator: not the official images.\n";
  await writeFileAtomic(join(root, GENERATED_MARK), note);
  const folder = join(root, DIFFICULTY);
  const { resolution, contourLength, distractorLength, continuity } = shape;
  const { paddleLength, paddleThickness, paddleMargins } = shape;
  let lines: string[] = [];
  let number = 0;
  const flush = async () => {
    const batch = Math.floor((number - 1) / PER_FOLDER);
    await writeFileAtomic(join(folder, "metadata", `${batch}.npy`), `${lines.join("\n")}\n`);
    lines = [];
  };
  for (const { pixels, label } of images) {
    const at = `imgs/${Math.floor(number / PER_FOLDER)}`;
    const file = `sample_${number % PER_FOLDER}.png`;
    const png = encode({
      width: resolution,
      height: resolution,
      data: pixels,
      channels: 1,
      depth: 8,
    });
    await Deno.mkdir(join(folder, at), { recursive: true });
    await Deno.writeFile(join(folder, at, file), png);
    const parameters = [continuity, contourLength, distractorLength, paddleLength, paddleThickness];
    const all = [
      at,
      file,
      number % PER_FOLDER,
      label,
      ...parameters,
      Math.max(...paddleMargins),
      1,
    ];
    lines.push(all.join(" "));
    number++;
    if (number % PER_FOLDER === 0) await flush();
  }
  if (lines.length > 0) await flush();
}
