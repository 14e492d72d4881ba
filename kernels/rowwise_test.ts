import { add, mul } from "./elementwise/mod.ts";
import { argmax, crossEntropy } from "./cross_entropy/mod.ts";
import { gather } from "./gather/mod.ts";
import { normalize } from "./norm/mod.ts";
import { maskedSoftmax, softmax } from "./softmax/mod.ts";
import { checkOperation, testNormals } from "../src/compiler/testing.ts";

for (const columns of [3, 7, 63, 65, 127, 1000]) {
  for (const kind of ["layer", "rms"] as const) {
    Deno.test(`${kind} normalisation of rows of ${columns}, with a fused affine part`, async () => {
      await checkOperation({
        inputs: { x: { shape: [3, 5, columns] }, w: { shape: [columns] }, b: { shape: [columns] } },
        build: ({ x, w, b }) => add(mul(normalize(x, kind, 1e-5), w), b),
        probes: 4,
      });
    });
  }
  Deno.test(`softmax and masked softmax of rows of ${columns}`, async () => {
    const mask = testNormals(4 * columns, 9).map((value) => Number(value > 0));
    mask.fill(0, 0, columns);
    await checkOperation({
      inputs: {
        x: { shape: [4, columns] },
        mask: { shape: [4, columns], values: mask, gradient: false },
      },
      build: ({ x, mask }) => [softmax(mul(x, 3)), maskedSoftmax(x, mask)],
      probes: 4,
    });
  });
  Deno.test(`cross entropy and argmax over ${columns} classes`, async () => {
    const labels = testNormals(9, 4).map((value) => Math.floor(Math.abs(value) * 1000) % columns);
    await checkOperation({
      inputs: { x: { shape: [9, columns] }, labels: { shape: [9], dtype: "i32", values: labels } },
      build: ({ x, labels }) => [crossEntropy(x, labels), argmax(x)],
      probes: 4,
    });
  });
}

for (const [rows, positions, columns] of [[1, 1, 1], [7, 65, 3], [20, 1000, 40], [3000, 300, 5]]) {
  Deno.test(`gather of ${positions} rows of ${columns} from a table of ${rows}`, async () => {
    const ids = testNormals(positions, 5).map((value) => Math.floor(Math.abs(value) * 997) % rows);
    await checkOperation({
      inputs: {
        table: { shape: [rows, columns] },
        ids: { shape: [positions], dtype: "i32", values: ids },
      },
      build: ({ table, ids }) => mul(gather(table, ids), 2),
      probes: 4,
    });
  });
}
