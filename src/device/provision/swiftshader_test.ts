import assert from "node:assert/strict";
import { packTar } from "modern-tar";
import { takeFiles } from "./swiftshader.ts";

const text = (data: Uint8Array | undefined) => new TextDecoder().decode(data);

Deno.test("takeFiles takes the named files and ignores names that lead elsewhere", async () => {
  const tar = new Uint8Array(
    await packTar([
      { header: { name: "../evil.so", size: 1 }, body: "x" },
      { header: { name: "/etc/evil.so", size: 1 }, body: "x" },
      { header: { name: "./a.so", size: 5 }, body: "first" },
      { header: { name: "b.so", size: 6 }, body: "second" },
    ]),
  );
  const files = await takeFiles(tar, ["a.so", "b.so"]);
  assert.deepEqual([...files].map(([name, data]) => [name, text(data)]), [
    ["a.so", "first"],
    ["b.so", "second"],
  ]);
});

Deno.test("takeFiles refuses an archive where a link stands for a named file", async () => {
  const tar = new Uint8Array(
    await packTar([
      { header: { name: "a.so", size: 0, type: "symlink", linkname: "/etc/passwd" } },
    ]),
  );
  await assert.rejects(takeFiles(tar, ["a.so"]), /the archive holds no a\.so/);
});
