import assert from "node:assert/strict";
import { planApt } from "./apt_plan.ts";
import { parseDeb822, parseOneLine, sourceField } from "./apt_sources.ts";
import { parseOsRelease } from "./os_release.ts";

const BOOKWORM = parseOsRelease('ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n');
const NOBLE = parseOsRelease("ID=ubuntu\nVERSION_ID='24.04'\nVERSION_CODENAME=noble\n");

const SOURCES = parseDeb822(`Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://third.example/apt
Suites: nodistro
Components: main

Types: deb
Enabled: no
URIs: http://other.example/debian
Suites: bookworm
`);

Deno.test("parseOsRelease reads quoted and plain values", () => {
  assert.deepEqual(BOOKWORM, { id: "debian", version: "12", codename: "bookworm" });
  assert.deepEqual(NOBLE, { id: "ubuntu", version: "24.04", codename: "noble" });
  assert.deepEqual(parseOsRelease(""), { id: "linux", version: "", codename: "" });
});

Deno.test("planApt prefers backports of the same mirror on Debian 12", () => {
  const [first, second] = planApt(BOOKWORM, SOURCES);
  assert.equal(first?.suite, "bookworm-backports");
  assert.equal(second?.suite, "bookworm");
  const backports = first?.sources.at(-1) ?? new Map();
  assert.deepEqual(Object.fromEntries(backports), {
    "Types": "deb",
    "URIs": "http://mirror.example/debian",
    "Suites": "bookworm-backports",
    "Components": "main",
    "Signed-By": "/usr/share/keyrings/debian-archive-keyring.gpg",
  });
});

Deno.test("planApt keeps the release's own suites and drops third parties", () => {
  const plan = planApt(BOOKWORM, SOURCES)[1];
  assert.deepEqual(plan?.sources.map((source) => sourceField(source, "Suites")), [
    "bookworm bookworm-updates",
    "bookworm-security",
  ]);
});

Deno.test("planApt uses the release alone on Ubuntu", () => {
  const plans = planApt(
    NOBLE,
    parseOneLine("deb http://mirror.example/ubuntu noble main universe"),
  );
  assert.deepEqual(plans.map((plan) => plan.suite), ["noble"]);
  assert.equal(sourceField(plans[0]?.sources[0] ?? new Map(), "Components"), "main");
});

Deno.test("planApt has no plan when no source carries the release", () => {
  assert.deepEqual(planApt(BOOKWORM, parseOneLine("deb http://third.example/apt stable main")), []);
  assert.deepEqual(planApt(parseOsRelease("ID=arch"), SOURCES), []);
});
