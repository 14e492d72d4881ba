import { convertIndexedToRgb, decode as decodePng } from "fast-png";
import jpeg from "jpeg-js";
import { UserError } from "../../errors.ts";
import { readRegularSync } from "../../util/read_regular.ts";
import { luma } from "./grayscale.ts";
import { checkPngContent, jpegSize, type PictureSize, pngSize } from "./screen_picture.ts";

/** Largest picture file, bytes: the tasks have pictures of a few kB. */
const LARGEST_FILE = 1 << 20;

/** A picture with 8 bits per sample, rows from the top. */
interface Samples {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
}

/**
 * Reads a square PNG or JPEG file (told apart by the first bytes) as 8-bit grey: grey pictures as
 * they are, colours by Pillow's formula; an alpha channel is ignored.
 *
 * @param side Expected width and height.
 * @returns [side²] row-major.
 * @throws UserError: no such file, damaged, another format, size or depth.
 */
export function readGrayImage(path: string, side: number): Uint8Array {
  const bytes = readRegularSync(path, LARGEST_FILE);
  const { width, height, channels, data } = decode(bytes, path, side);
  if (data instanceof Uint16Array || data.length !== width * height * channels) {
    throw new UserError(`${path}: expected 8 bits per sample`);
  }
  const gray = new Uint8Array(side * side);
  for (let i = 0, at = 0; i < gray.length; i++, at += channels) {
    gray[i] = channels < 3 ? data[at] : luma(data[at], data[at + 1], data[at + 2]);
  }
  return gray;
}

/** Throws UserError for another size: before decoding, which allocates what the header says. */
function checkSize({ width, height }: PictureSize, path: string, side: number): void {
  if (width === side && height === side) return;
  throw new UserError(`${path}: ${width} x ${height} pixels, expected ${side} x ${side}`);
}

function decode(bytes: Uint8Array, path: string, side: number): Samples {
  const [first, second] = bytes;
  try {
    if (first === 0xff && second === 0xd8) {
      checkSize(jpegSize(bytes), path, side);
      const { width, height, data } = jpeg.decode(bytes, {
        useTArray: true,
        tolerantDecoding: false,
        maxResolutionInMP: side * side / 1e6,
      });
      return { width, height, channels: 4, data };
    }
    if (first === 0x89 && second === 0x50) {
      const size = pngSize(bytes);
      checkSize(size, path, side);
      checkPngContent(bytes, size);
      const png = decodePng(bytes, { checkCrc: true });
      return png.palette === undefined
        ? png
        : { ...png, channels: png.palette[0]?.length ?? 3, data: convertIndexedToRgb(png) };
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`${path}: damaged picture (${reason})`, { cause: error });
  }
  throw new UserError(`${path}: neither a PNG nor a JPEG file`);
}
