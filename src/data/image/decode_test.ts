import assert from "node:assert/strict";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { encode } from "fast-png";
import { rejectsInOneLine, withFolder } from "../data_test_folder.ts";
import { readGrayImage } from "./decode.ts";
import { luma } from "./grayscale.ts";

const FIXTURES = `${import.meta.dirname}/../../../fixtures/image`;

async function decoded(bytes: Uint8Array, side = 2): Promise<number[]> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(join(folder, "f.img"), bytes);
    return [...readGrayImage(join(folder, "f.img"), side)];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function png(channels: number, data: Uint8Array | Uint16Array, width = 2, height = 2) {
  return encode({ width, height, channels, depth: data instanceof Uint16Array ? 16 : 8, data });
}

/** A grey PNG whose header says one size and whose content may have another. */
function bomb(width: number, height: number, content: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  const chunk = (type: string, data: Uint8Array) => {
    const bytes = new Uint8Array(12 + data.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, data.length);
    bytes.set(new TextEncoder().encode(type), 4);
    bytes.set(data, 8);
    view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
    return [...bytes];
  };
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk("IHDR", new Uint8Array(header.buffer)),
    ...chunk("IDAT", deflateSync(content)),
    ...chunk("IEND", new Uint8Array(0)),
  ]);
}

/** A JPEG file whose frame says 65,535 by 65,535. */
function hugeJpeg(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  const at = changed.findIndex((byte, i) => byte === 0xff && changed[i + 1] === 0xc0);
  changed.fill(0xff, at + 5, at + 9);
  return changed;
}

Deno.test("PNG of one to four channels becomes grey; alpha is ignored", async () => {
  assert.deepEqual(await decoded(png(1, Uint8Array.of(0, 7, 128, 255))), [0, 7, 128, 255]);
  assert.deepEqual(await decoded(png(2, Uint8Array.of(0, 9, 7, 9, 128, 9, 255, 9))), [
    0,
    7,
    128,
    255,
  ]);
  const rgb = Uint8Array.of(1, 2, 3, 50, 60, 70, 255, 0, 0, 0, 255, 0);
  const gray = [luma(1, 2, 3), luma(50, 60, 70), luma(255, 0, 0), luma(0, 255, 0)];
  assert.deepEqual(await decoded(png(3, rgb)), gray);
  const rgba = Uint8Array.from({ length: 16 }, (_, i) => i % 4 === 3 ? 5 : rgb[i - (i >> 2)]);
  assert.deepEqual(await decoded(png(4, rgba)), gray);
});

Deno.test("a PNG with a palette becomes grey", async () => {
  const data = Uint8Array.of(0, 1, 1, 0);
  const palette = [[255, 0, 0], [10, 20, 30]];
  const bytes = encode({ width: 2, height: 2, channels: 1, depth: 8, data, palette });
  assert.deepEqual(await decoded(bytes), [76, 18, 18, 76]);
});

Deno.test("a JPEG picture of one shade has that shade", () => {
  const shades = ["airplane", "bird", "truck"].map((name) =>
    readGrayImage(`${FIXTURES}/jpeg/train/${name}/0000.jpg`, 32)
  );
  for (const [i, expected] of [0, 40, 180].entries()) {
    assert.ok(shades[i].every((shade) => Math.abs(shade - expected) <= 1), String(shades[i][0]));
  }
});

Deno.test("pictures of another size, depth or format, and damaged ones, are UserErrors", async () => {
  const good = png(1, Uint8Array.from({ length: 4 }, (_, i) => i));
  const flipped = good.slice();
  flipped[45] ^= 1;
  const jpeg = await Deno.readFile(`${FIXTURES}/jpeg/train/bird/0000.jpg`);
  const cases: [Uint8Array, RegExp, number?][] = [
    [png(1, new Uint8Array(6), 3, 2), /f\.img: 3 x 2 pixels, expected 2 x 2/],
    [png(1, new Uint16Array(4)), /f\.img: expected 8 bits/],
    [new Uint8Array(0), /f\.img: neither a PNG nor a JPEG/],
    [new TextEncoder().encode("GIF89a"), /f\.img: neither a PNG nor a JPEG/],
    [good.subarray(0, 40), /f\.img: damaged picture/],
    [good.subarray(0, 8), /f\.img: damaged picture \(the end is missing\)/],
    [bomb(2, 2, new Uint8Array(20 << 20)), /f\.img: damaged picture \(it unpacks to more than/],
    [bomb(60_000, 60_000, new Uint8Array(4)), /f\.img: 60000 x 60000 pixels, expected 2 x 2/],
    [new Uint8Array((1 << 20) + 1), /f\.img: holds 1\.0 MiB, expected at most 1\.0 MiB/],
    [hugeJpeg(jpeg), /f\.img: 65535 x 65535 pixels, expected 32 x 32/, 32],
    [flipped, /f\.img: damaged picture/],
    [jpeg.subarray(0, 200), /f\.img: damaged picture/, 32],
    [jpeg.subarray(0, jpeg.length - 30), /f\.img: damaged picture/, 32],
  ];
  for (const [bytes, message, side] of cases) await rejectsInOneLine(decoded(bytes, side), message);
  await withFolder(async (folder) => {
    const missing = Promise.try(() => readGrayImage(join(folder, "no.png"), 2));
    await rejectsInOneLine(missing, /no\.png: no such file/);
  });
});
