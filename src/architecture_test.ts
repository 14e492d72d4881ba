import assert from "node:assert/strict";
import { dirname, join, relative, resolve } from "node:path";
import { PROJECT_ROOT } from "./cli/paths.ts";

/** Parts of the harness, each with the parts that it may import. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  util: ["errors"],
  errors: [],
  data: ["util", "errors"],
  device: ["util", "errors"],
  kernels: ["device"],
  graph: ["kernels", "device", "errors", "util"],
  nn: ["graph", "kernels", "data", "util", "errors"],
  models: ["nn", "graph", "kernels", "data", "util", "errors"],
  train: ["models", "nn", "graph", "kernels", "device", "data", "util", "errors"],
  results: ["data", "models", "util", "errors"],
  eval: [
    "train",
    "models",
    "nn",
    "graph",
    "kernels",
    "device",
    "data",
    "results",
    "util",
    "errors",
  ],
  bench: [
    "train",
    "eval",
    "results",
    "models",
    "nn",
    "graph",
    "kernels",
    "device",
    "data",
    "util",
    "errors",
  ],
  cli: ["bench", "train", "eval", "results", "models", "device", "data", "util", "errors"],
};

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* sources(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

function partOf(path: string): string {
  const [first, second] = relative(PROJECT_ROOT, path).split("/");
  return first === "src" ? second.replace(/\.ts$/, "") : first;
}

Deno.test("imports point one way through the parts of the harness", async () => {
  const wrong: string[] = [];
  let checked = 0;
  for (const root of ["src", "kernels", "bench"]) {
    for await (const path of sources(join(PROJECT_ROOT, root))) {
      // Test helpers evaluate kernels through the graph and open devices.
      if (/_test\.ts$|testing\.ts$/.test(path)) continue;
      const part = partOf(path);
      const text = await Deno.readTextFile(path);
      for (const [, target] of text.matchAll(/\bfrom\s+"(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/g)) {
        if (target === undefined || target.endsWith(".json")) continue;
        const other = partOf(resolve(dirname(path), target));
        checked++;
        if (other !== part && !allowed[part]?.includes(other)) {
          wrong.push(`${relative(PROJECT_ROOT, path)} imports ${other}`);
        }
      }
    }
  }
  assert.ok(checked > 200, `only ${checked} imports were found`);
  assert.deepEqual(wrong, []);
});

Deno.test("the parts form no circle", () => {
  const visit = (part: string, path: readonly string[]): void => {
    assert.ok(!path.includes(part), `circle: ${[...path, part].join(" -> ")}`);
    for (const next of allowed[part]) visit(next, [...path, part]);
  };
  for (const part of Object.keys(allowed)) visit(part, []);
});
