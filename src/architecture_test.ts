import assert from "node:assert/strict";
import { dirname, join, relative, resolve } from "node:path";
import { PROJECT_ROOT } from "./cli/paths.ts";

/**
 * Parts of the harness, lowest first, each with exactly the parts that it imports. Parts of the
 * same level know nothing of each other.
 */
const parts: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  util: ["errors"],
  data: ["errors", "util"],
  metrics: ["errors", "util", "data"],
  device: ["errors", "util"],
  graph: ["device"],
  kernels: ["graph"],
  compiler: ["device", "graph", "kernels"],
  nn: ["util", "graph", "kernels"],
  models: ["errors", "util", "data", "graph", "kernels", "nn"],
  train: ["errors", "util", "data", "device", "graph", "kernels", "compiler", "nn", "models"],
  workloads: ["errors", "util", "data", "metrics", "kernels", "models", "train"],
  results: ["errors", "util", "data", "metrics", "device"],
  cells: ["errors", "util", "data", "train", "results"],
  sweep: ["errors", "util", "data", "results", "cells"],
  eval: [
    "errors",
    "util",
    "data",
    "metrics",
    "device",
    "graph",
    "kernels",
    "compiler",
    "nn",
    "models",
    "train",
    "workloads",
  ],
  bench: [
    "errors",
    "util",
    "data",
    "device",
    "graph",
    "kernels",
    "compiler",
    "models",
    "train",
    "workloads",
    "results",
    "cells",
    "eval",
    "workloads",
  ],
  cli: [
    "errors",
    "util",
    "data",
    "device",
    "models",
    "train",
    "workloads",
    "results",
    "cells",
    "sweep",
    "eval",
    "bench",
  ],
};

const IMPORT = /\bfrom\s+"(\.[^"]+\.ts)"|\bimport\s*\(?\s*"(\.[^"]+\.ts)"/g;
// Examples in comments import too.
const COMMENT = /^ *(?:\*|\/\*|\/\/).*$/gm;

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* sources(path);
    else if (/(?<!_test)\.ts$/.test(entry.name)) yield path;
  }
}

/** Relative imports of every file but tests, types and re-exports included; paths from the root. */
async function readImports(): Promise<Map<string, string[]>> {
  const imports = new Map<string, string[]>();
  const read = async (path: string) => {
    const text = (await Deno.readTextFile(path)).replaceAll(COMMENT, "");
    const targets = [...text.matchAll(IMPORT)].map(([, from, called]) =>
      relative(PROJECT_ROOT, resolve(dirname(path), from ?? called))
    );
    imports.set(relative(PROJECT_ROOT, path), targets);
  };
  for (const root of ["src", "kernels", "bench"]) {
    for await (const path of sources(join(PROJECT_ROOT, root))) await read(path);
  }
  await read(join(PROJECT_ROOT, "mod.ts"));
  return imports;
}

function partOf(path: string): string {
  const [first, second] = path.split("/");
  return first === "src" ? second.replace(/\.ts$/, "") : first;
}

/** Sets of files that reach each other (Tarjan's strongly connected components of two and more). */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const low = (file: string) => lowest.get(file) ?? Infinity;
  const visit = (file: string): void => {
    const number = order.size;
    order.set(file, number);
    lowest.set(file, number);
    open.push(file);
    for (const target of imports.get(file) ?? []) {
      if (!order.has(target)) visit(target);
      // A closed component no longer counts: nothing in it leads back here.
      if (open.includes(target)) lowest.set(file, Math.min(low(file), low(target)));
    }
    if (low(file) !== number) return;
    const component = open.splice(open.indexOf(file));
    const own = imports.get(file)?.includes(file);
    if (component.length > 1 || own) found.push(component.toSorted());
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return found;
}

Deno.test("every part imports exactly the parts that are listed for it", async () => {
  const used = new Map<string, Set<string>>(Object.keys(parts).map((part) => [part, new Set()]));
  const unlisted: string[] = [];
  for (const [path, targets] of await readImports()) {
    // Test helpers evaluate kernels through the compiler and open devices; mod.ts is the surface.
    if (path.endsWith("testing.ts") || path === "mod.ts") continue;
    const part = partOf(path);
    const own = used.get(part);
    if (own === undefined) {
      unlisted.push(`${path} is in ${part}, which is no part`);
      continue;
    }
    for (const other of targets.map(partOf)) {
      if (other === part) continue;
      own.add(other);
      if (!parts[part].includes(other)) unlisted.push(`${path} imports ${other}`);
    }
  }
  const unused = Object.entries(parts).flatMap(([part, others]) =>
    others.filter((other) => !used.get(part)?.has(other)).map((other) =>
      `no file of ${part} imports ${other}`
    )
  );
  assert.deepEqual({ unlisted, unused }, { unlisted: [], unused: [] });
});

Deno.test("parts import lower parts only", () => {
  const names = Object.keys(parts);
  for (const [height, name] of names.entries()) {
    const upward = parts[name].filter((other) => !names.slice(0, height).includes(other));
    assert.deepEqual(upward, [], name);
  }
});

Deno.test("no file imports itself by way of others", async () => {
  const imports = await readImports();
  const count = [...imports.values()].reduce((sum, targets) => sum + targets.length, 0);
  assert.ok(count > 1000, `only ${count} imports were found`);
  const unknown = [...imports.values()].flat().filter((target) => !imports.has(target));
  assert.deepEqual(unknown, []);
  assert.deepEqual(circles(imports), []);
});

Deno.test("circles of imports are found", () => {
  const imports = new Map([
    ["a", ["b", "d"]],
    ["b", ["c", "d"]],
    ["c", ["a"]],
    ["d", ["e"]],
    ["e", []],
    ["f", ["a", "f"]],
  ]);
  assert.deepEqual(circles(imports), [["a", "b", "c"], ["f"]]);
});
