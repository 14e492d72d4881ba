import assert from "node:assert/strict";
import { withFolder } from "../data_test_folder.ts";
import { UserError } from "../../errors.ts";
import { sha256Hex } from "../../util/sha256.ts";
import { NumberFile, NumberWriter } from "./token_file.ts";

const COUNT = 150_000;
const value = (i: number, width: 2 | 4) => (i * 2654435761) % (width === 2 ? 65536 : 2 ** 31);

for (const width of [2, 4] as const) {
  Deno.test(`numbers of ${width} bytes come back, from memory and page by page`, async () => {
    await withFolder((folder) => {
      const path = `${folder}/n`;
      const numbers = Int32Array.from({ length: COUNT }, (_, i) => value(i, width));
      const hash = sha256Hex(new Uint8Array(numbers.buffer));
      {
        using writer = new NumberWriter(path, width);
        for (const number of numbers) writer.add(number);
        assert.equal(writer.finish(), hash);
        assert.equal(writer.count, COUNT);
      }
      for (const limit of [undefined, 1]) {
        using file = new NumberFile(path, width, COUNT, limit);
        for (
          const [start, end] of [[0, 0], [0, 5], [32766, 32770], [99_999, COUNT], [7, 140_000]]
        ) {
          assert.deepEqual(file.slice(start, end), numbers.slice(start, end));
        }
        assert.equal(file.hash(), hash);
        assert.throws(() => file.slice(COUNT - 1, COUNT + 1), RangeError);
        assert.throws(() => file.slice(-1, 2), RangeError);
      }
      return Promise.resolve();
    });
  });
}

Deno.test("files of another size are refused, also when they are cut while in use", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/n`;
    await Deno.writeFile(path, new Uint8Array(400_000));
    assert.throws(() => new NumberFile(path, 2, 3), /holds 400000 bytes, expected 6/);
    assert.throws(() => new NumberFile(`${folder}/no`, 2, 3), UserError);
    using file = new NumberFile(path, 4, 100_000, 1);
    await Deno.truncate(path, 10);
    assert.throws(() => file.slice(0, 9), /was cut while it is in use/);
  });
});
