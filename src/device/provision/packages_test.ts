import assert from "node:assert/strict";
import { parseInstalled, parsePrintUris, refuseMesa, selectPackages } from "./packages.ts";

const URIS = `Reading package lists...
The following NEW packages will be installed:
  libc6 libllvm15 mesa-vulkan-drivers
'http://mirror.example/libc6_2.36-9%2bdeb12u14_amd64.deb' libc6_2.36-9+deb12u14_amd64.deb 2759320 MD5Sum:8d98
'http://mirror.example/libllvm15_15.0.6-4%2bb1_amd64.deb' libllvm15_1%3a15.0.6-4+b1_amd64.deb 23115156 MD5Sum:9ad0
'http://mirror.example/mesa_25.0.7-2%7ebpo12%2b1_amd64.deb' mesa-vulkan-drivers_25.0.7-2~bpo12+1_amd64.deb 11366132 
`;

Deno.test("parsePrintUris reads names, versions with epochs, and sizes", () => {
  assert.deepEqual(
    parsePrintUris(URIS).map(({ name, version, bytes }) => [name, version, bytes]),
    [
      ["libc6", "2.36-9+deb12u14", 2759320],
      ["libllvm15", "1:15.0.6-4+b1", 23115156],
      ["mesa-vulkan-drivers", "25.0.7-2~bpo12+1", 11366132],
    ],
  );
});

Deno.test("parseInstalled keeps installed packages only", () => {
  const installed = parseInstalled(
    "zlib1g install ok installed 1:1.2.13\nold deinstall ok config-files 1.0\n",
  );
  assert.deepEqual([...installed], [["zlib1g", "1:1.2.13"]]);
});

Deno.test("selectPackages leaves out the C library and what the system has new enough", async () => {
  const closure = parsePrintUris(URIS);
  const atLeast = (have: string, want: string) => Promise.resolve(have >= want);
  const pick = async (installed: [string, string][]) => {
    const { unpack, fromSystem } = await selectPackages(closure, new Map(installed), atLeast);
    return [unpack.map((each) => each.name), fromSystem];
  };
  assert.deepEqual(await pick([]), [["libllvm15", "mesa-vulkan-drivers"], ["libc6"]]);
  assert.deepEqual(await pick([["libllvm15", "1:15.0.7"]]), [
    ["mesa-vulkan-drivers"],
    ["libc6", "libllvm15"],
  ]);
  assert.deepEqual(await pick([["libllvm15", "1:15.0.5"]]), [
    ["libllvm15", "mesa-vulkan-drivers"],
    ["libc6"],
  ]);
});

Deno.test("refuseMesa accepts 22 to 25 and says why it refuses others", () => {
  for (const version of ["22.3.6-1+deb12u1", "25.0.7-2~bpo12+1", "1:23.2.1-1ubuntu3"]) {
    assert.equal(refuseMesa(version), undefined);
  }
  assert.match(refuseMesa("26.0.1-1") ?? "", /miscompiles/);
  assert.match(refuseMesa("20.3.5-1") ?? "", /outside the tested range 22 to 25$/);
  assert.match(refuseMesa("unknown") ?? "", /outside/);
});
