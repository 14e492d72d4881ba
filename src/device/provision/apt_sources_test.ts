import assert from "node:assert/strict";
import {
  parseDeb822,
  parseOneLine,
  renderDeb822,
  sourceField,
  sourceWords,
} from "./apt_sources.ts";

const DEB822 = `# a comment
Types: deb
# snapshot of some day
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
signed-by:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINB

Types: deb-src
URIs: http://mirror.example/debian
Suites: bookworm
`;

Deno.test("parseDeb822 reads stanzas, drops comments and keeps continuation lines", () => {
  const sources = parseDeb822(DEB822);
  assert.equal(sources.length, 2);
  const first = sources[0] ?? new Map();
  assert.deepEqual(sourceWords(first, "suites"), ["bookworm", "bookworm-updates"]);
  assert.equal(
    sourceField(first, "Signed-By"),
    "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINB",
  );
  assert.equal(sourceField(first, "URIs"), "http://mirror.example/debian");
});

Deno.test("renderDeb822 writes what parseDeb822 reads", () => {
  const sources = parseDeb822(DEB822);
  assert.deepEqual(parseDeb822(renderDeb822(sources)), sources);
});

Deno.test("parseOneLine turns options into fields and skips comments", () => {
  const sources = parseOneLine(`
# deb http://off.example/debian bookworm main
deb [arch=amd64,arm64 signed-by=/usr/share/keyrings/k.gpg] http://mirror.example/debian bookworm main # why
deb-src http://mirror.example/debian bookworm main
nonsense
`);
  assert.deepEqual(sources.map((source) => Object.fromEntries(source)), [
    {
      "Types": "deb",
      "URIs": "http://mirror.example/debian",
      "Suites": "bookworm",
      "Components": "main",
      "Architectures": "amd64 arm64",
      "Signed-By": "/usr/share/keyrings/k.gpg",
    },
    {
      "Types": "deb-src",
      "URIs": "http://mirror.example/debian",
      "Suites": "bookworm",
      "Components": "main",
    },
  ]);
});
