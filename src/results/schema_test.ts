import assert from "node:assert/strict";
import { Ajv2020 } from "npm:ajv@8.20.0/dist/2020.js";
import first from "../../fixtures/results/result-1.json" with { type: "json" };
import example from "../../fixtures/results/result-2.json" with { type: "json" };
import { schemaPath, schemaText } from "./generate_schema.ts";
import { fixtureKernelRow, fixtureResult } from "./result_fixture.ts";
import { resultSchema } from "./schema.ts";

/** ajv as a second opinion on the generated JSON Schema; `format` is covered by patterns. */
function validator(text = schemaText()): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, validateFormats: false });
  return ajv.compile(JSON.parse(text));
}

Deno.test("the checked-in JSON Schema is current when the zod schema is", async () => {
  const file = await Deno.readTextFile(new URL(`../../${schemaPath}`, import.meta.url));
  assert.equal(file, schemaText(), "run `deno task schema`");
});

Deno.test("the example file is valid in zod and in ajv", () => {
  assert.deepEqual(resultSchema.parse(example), example);
  assert.ok(validator()(example));
});

Deno.test("the schemas of old versions stay with files that they describe", async () => {
  const old = await Deno.readTextFile(
    new URL("../../results/schema/result-1.schema.json", import.meta.url),
  );
  assert.ok(validator(old)(first));
  assert.ok(!validator(old)(example) && !validator()(first));
});

Deno.test("zod and ajv refuse the same broken files", () => {
  const valid = validator();
  const breakages: [string, (result: ReturnType<typeof fixtureResult>) => unknown][] = [
    ["unknown field at the top", (r) => ({ ...r, extra: 1 })],
    ["unknown field in a row", (r) => ({ ...r, rows: [{ ...r.rows[0], extra: 1 }] })],
    ["missing field", ({ suite: _, ...rest }) => rest],
    ["other schema id", (r) => ({ ...r, schema: "other" })],
    ["local time", (r) => ({ ...r, startedAt: "2026-01-31T12:00:00+01:00" })],
    ["unknown profile", (r) => ({ ...r, profile: "huge" })],
    ["negative seed", (r) => ({ ...r, rows: [{ ...r.rows[0], seed: -1 }] })],
    ["a point with the accuracy of version 1", (r) => ({
      ...r,
      rows: [{ ...r.rows[0], validationCurve: [{ step: 1, loss: 1, accuracy: 0.9 }] }],
    })],
    ["unknown role", (r) => ({ ...r, rows: [{ ...r.rows[0], role: "best" }] })],
    ["a metric without a setting", (r) => ({
      ...r,
      rows: [{ ...r.rows[0], metrics: r.rows[0].metrics.map(({ setting: _, ...m }) => m) }],
    })],
    ["a hash of another length", (r) => ({
      ...r,
      rows: [{ ...r.rows[0], model: { ...r.rows[0].model, sha256: "abc" } }],
    })],
    ["published row among ours", (r) => ({
      ...r,
      rows: [{ ...r.rows[0], provenance: "published" }],
    })],
    [
      "kernel row without samples",
      (r) => ({ ...r, kernels: [{ ...fixtureKernelRow(), samples: [] }] }),
    ],
  ];
  const sound = fixtureResult();
  assert.ok(valid(sound) && resultSchema.safeParse(sound).success);
  for (const [what, breakIt] of breakages) {
    const broken = breakIt(sound);
    assert.ok(!resultSchema.safeParse(broken).success, `zod accepts: ${what}`);
    assert.ok(!valid(broken), `ajv accepts: ${what}`);
  }
});

Deno.test("a run that did not complete must say why, and a completed one must not", () => {
  const result = fixtureResult();
  result.rows[0].reason = "disk full";
  assert.ok(!resultSchema.safeParse(result).success);
  result.rows[0].status = "failed";
  assert.ok(resultSchema.safeParse(result).success);
});

interface SchemaNode {
  description?: string;
  const?: unknown;
  properties?: Record<string, SchemaNode>;
  items?: SchemaNode;
  anyOf?: SchemaNode[];
  additionalProperties?: SchemaNode | boolean;
}

/** Paths of the fields below a node that have no description. */
function undescribed(node: SchemaNode, path: string): string[] {
  const fields = Object.entries(node.properties ?? {});
  const children: [string, SchemaNode][] = fields.map(([key, child]) => [`${path}.${key}`, child]);
  for (const child of node.anyOf ?? []) children.push([path, child]);
  if (node.items !== undefined) children.push([`${path}[]`, node.items]);
  if (typeof node.additionalProperties === "object") {
    children.push([`${path}.*`, node.additionalProperties]);
  }
  const own = fields.filter(([, child]) => child.description === undefined);
  return [
    ...own.map(([key]) => `${path}.${key}`),
    ...children.flatMap(([childPath, child]) => undescribed(child, childPath)),
  ];
}

Deno.test("every field of the result describes itself", () => {
  const root: SchemaNode = JSON.parse(schemaText());
  assert.deepEqual(undescribed(root, ""), []);
});
