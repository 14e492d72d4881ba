import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { UserError } from "../errors.ts";
import { codeVersion } from "./code_version.ts";

const project = {
  "deno.json": "{}",
  "deno.lock": "{}",
  "mod.ts": "export {};\n",
  "README.md": "# Read\n",
  "src/a.ts": "const a = 1;\nconst b = 2;\n",
  "src/a_test.ts": "test\n",
  "src/a_testing.ts": "helper\n",
  "src/worker_testing.ts": "helper\n",
  "src/deep/er/b.ts": "b\n",
  "src/page/style.css": "css\n",
  "bench/suite.ts": "suite\n",
  "kernels/matmul/mod.ts": "kernel\n",
  "fixtures/x.json": "1",
};

async function withProject(
  changes: Readonly<Record<string, string | undefined>>,
  body: (root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    // Another order of creation gives another order in the folders of some file systems.
    const files = Object.entries({ ...project, ...changes }).toSorted(() => Math.random() - 0.5);
    for (const [path, text] of files) {
      if (text === undefined) continue;
      Deno.mkdirSync(dirname(join(root, path)), { recursive: true });
      Deno.writeTextFileSync(join(root, path), text);
    }
    await body(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function versionWith(changes: Readonly<Record<string, string | undefined>>): Promise<string> {
  let version = "";
  await withProject(changes, async (root) => {
    version = await codeVersion(root);
  });
  return version;
}

Deno.test("the version of the code is the same in another place and with other line ends", async () => {
  const version = await versionWith({});
  assert.match(version, /^[0-9a-f]{64}$/);
  assert.equal(await versionWith({}), version);
  assert.equal(await versionWith({ "src/a.ts": "const a = 1;\r\nconst b = 2;\r\n" }), version);
});

Deno.test("a change in a source, its name or a pinned import changes the version", async () => {
  const changes = [
    {},
    { "kernels/matmul/mod.ts": "other\n" },
    { "src/deep/er/b.ts": "other\n" },
    { "bench/suite.ts": "other\n" },
    { "mod.ts": "other\n" },
    { "deno.json": "{ }" },
    { "deno.lock": "{ }" },
    { "src/new.ts": "" },
    { "src/deep/er/b.ts": undefined, "src/deep/b.ts": "b\n" },
    { "src/a.ts": "const b = 2;\nconst a = 1;\n" },
  ];
  const versions = new Set<string>();
  for (const change of changes) versions.add(await versionWith(change));
  assert.equal(versions.size, changes.length);
});

Deno.test("a change in a test, a fixture or the README does not change the version", async () => {
  const version = await versionWith({});
  for (
    const path of [
      "src/a_test.ts",
      "src/a_testing.ts",
      "src/worker_testing.ts",
      "src/page/style.css",
      "kernels/new_test.ts",
      "fixtures/x.json",
      "README.md",
    ]
  ) assert.equal(await versionWith({ [path]: "other\n" }), version, path);
});

Deno.test("a part that is missing is an error that names it", async () => {
  await withProject({ "bench/suite.ts": undefined }, async (root) => {
    await assert.rejects(
      codeVersion(root),
      (error) =>
        error instanceof UserError && error.message.startsWith(`${root}: bench is missing, `),
    );
  });
});
