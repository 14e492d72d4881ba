/**
 * Looks at a picture file before anything is decoded: decoders allocate what a header says, and a
 * thousand times what a compressed part holds.
 */
import { Buffer } from "node:buffer";
import { inflateSync } from "node:zlib";

/** Most bytes of a pixel: four samples of 16 bits. */
const PIXEL_BYTES = 8;
/**
 * Compressed bytes that cannot unpack to much: deflate expands at most 1,032-fold, here to 16 MiB.
 * Most pictures, and the colour profile of sRGB with its 3 kB, are smaller.
 */
const HARMLESS = 1 << 14;

/** Width and height, pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Type and content of the chunks of a PNG file. Throws Error when one is cut. */
function* chunksOf(bytes: Uint8Array): Generator<{ type: string; content: Uint8Array }> {
  const view = viewOf(bytes);
  for (let at = 8; at < bytes.length;) {
    const end = at + 12 <= bytes.length ? at + 12 + view.getUint32(at) : Infinity;
    if (end > bytes.length) throw new Error("a chunk is cut");
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    yield { type, content: bytes.subarray(at + 8, end - 4) };
    if (type === "IEND") return;
    at = end;
  }
  throw new Error("the end is missing");
}

/** The size in the header of a PNG file. Throws Error when there is none. */
export function pngSize(bytes: Uint8Array): PictureSize {
  const { value: header } = chunksOf(bytes).next();
  if (!header || header.type !== "IHDR" || header.content.length !== 13) {
    throw new Error("the header is missing");
  }
  const view = viewOf(header.content);
  return { width: view.getUint32(0), height: view.getUint32(4) };
}

/** Throws Error when a PNG file has a second header, or unpacks to more than its size needs. */
export function checkPngContent(bytes: Uint8Array, { width, height }: PictureSize): void {
  const parts: Uint8Array[] = [];
  let compressed = 0;
  let headers = 0;
  for (const { type, content } of chunksOf(bytes)) {
    if (type === "IDAT") {
      parts.push(content);
      compressed += content.length;
    }
    if (type === "IHDR" && ++headers > 1) throw new Error("it has two headers");
    if (type === "iCCP" && content.length > HARMLESS) {
      throw new Error(`a colour profile of ${content.length} bytes`);
    }
  }
  if (compressed <= HARMLESS) return;
  // A filter byte per row; an interlaced picture has up to twice as many rows, and some more.
  const most = width * height * PIXEL_BYTES + 2 * height + 16;
  try {
    inflateSync(Buffer.concat(parts), { maxOutputLength: most });
  } catch (error) {
    const bomb = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    if (bomb) throw new Error(`it unpacks to more than ${most} bytes`, { cause: error });
    throw error;
  }
}

const START_OF_SCAN = 0xda;
/** Markers SOF0 to SOF15 without DHT, JPG and DAC: a frame with its size. */
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** The size in the frame header of a JPEG file. Throws Error when there is none. */
export function jpegSize(bytes: Uint8Array): PictureSize {
  const view = viewOf(bytes);
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1];
    if (marker === 0xff) at++;
    else if (isFrame(marker)) {
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    } else if (marker === START_OF_SCAN) break;
    else at += 2 + view.getUint16(at + 2);
  }
  throw new Error("the header is missing");
}
