import { readError } from "../util/read_error.ts";
import { type ExtractOptions, extractTar } from "./archive.ts";
import { extractZip } from "./zip_archive.ts";

/** Unpacks a tar, tar.gz or zip archive, told apart by their first bytes. Throws UserError. */
export async function extractArchive(
  options: ExtractOptions,
): Promise<{ files: number; bytes: number }> {
  const magic = new Uint8Array(4);
  try {
    using file = await Deno.open(options.archive);
    await file.read(magic);
  } catch (error) {
    throw readError(error, options.archive);
  }
  const zip = magic[0] === 0x50 && magic[1] === 0x4b && magic[2] === 3 && magic[3] === 4;
  return zip ? await extractZip(options) : await extractTar(options);
}
