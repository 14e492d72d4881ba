import assert from "node:assert/strict";
import { join } from "node:path";
import { aptConfiguration, readSystemSources } from "./private_apt.ts";

Deno.test("aptConfiguration keeps every state path inside the folder and runs no hooks", () => {
  const text = aptConfiguration("/cache/driver/fetched", "amd64");
  for (const key of ["Dir::State", "Dir::State::lists", "Dir::State::status", "Dir::Cache"]) {
    assert.match(text, new RegExp(`^${key} "/cache/driver/fetched/`, "m"));
  }
  for (const hook of ["Pre-Invoke", "Post-Invoke", "Post-Invoke-Success"]) {
    assert.ok(text.includes(`#clear APT::Update::${hook};`));
  }
  assert.ok(text.includes('APT::Architectures { "amd64"; };'));
});

Deno.test("readSystemSources reads both formats and only files with their endings", async () => {
  const etc = await Deno.makeTempDir();
  try {
    const parts = join(etc, "sources.list.d");
    await Deno.mkdir(parts);
    await Deno.writeTextFile(join(etc, "sources.list"), "deb http://a.example/ one main\n");
    await Deno.writeTextFile(join(parts, "b.sources"), "Types: deb\nURIs: http://b.example/\n");
    await Deno.writeTextFile(join(parts, "c.list"), "deb http://c.example/ three main\n");
    await Deno.writeTextFile(join(parts, "d.list.disabled"), "deb http://d.example/ four main\n");
    const uris = (await readSystemSources(etc)).map((source) => source.get("URIs"));
    assert.deepEqual(uris, ["http://a.example/", "http://b.example/", "http://c.example/"]);
    assert.deepEqual(await readSystemSources(join(etc, "missing")), []);
  } finally {
    await Deno.remove(etc, { recursive: true });
  }
});
