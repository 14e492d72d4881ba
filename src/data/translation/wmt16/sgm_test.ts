import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../../errors.ts";
import { withFolder } from "../../data_test_folder.ts";
import { readSgm, segmentsOf } from "./sgm.ts";

const fails = (lines: readonly string[], message: RegExp) =>
  assert.throws(() => segmentsOf(lines, "a.sgm"), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, message);
    assert.ok(!error.message.includes("\n"));
    return true;
  });

Deno.test("segments become lines, whatever stands around them", () => {
  const lines = [
    '<refset setid="newstest2014" srclang="any" trglang="en">',
    '<doc sysid="ref" docid="1" genre="news" origlang="de">',
    "<hl>",
    '<seg id="1">A title</seg>',
    "</hl>",
    '<p><SEG ID="2">Two\t words &amp; more &lt;b&gt;</SEG></p>',
    '<seg id="3"></seg>',
    "</doc>",
    "</refset>",
    "",
  ];
  assert.deepEqual(segmentsOf(lines, "a.sgm"), ["A title", "Two words &amp; more &lt;b&gt;", ""]);
});

Deno.test("a segment over several lines is put together with nothing between", () => {
  const lines = ['<seg id="1">', "Hin", "ter dem ", " Haus", "</seg>", '<seg id="2"> b </seg>'];
  assert.deepEqual(segmentsOf(lines, "a.sgm"), ["Hinter dem Haus", "b"]);
});

Deno.test("only white space of ASCII is collapsed", () => {
  const [text] = segmentsOf(['<seg id="1">\u00a0a \u2028\r\f b\u00a0</seg>'], "a.sgm");
  assert.equal(text, "\u00a0a \u2028 b\u00a0");
});

Deno.test("malformed SGM is refused with the number of its line", () => {
  fails(["a", "b"], /^a\.sgm: holds no <seg id=\.\.\.>/);
  fails(["<seg>a</seg>"], /^a\.sgm:1: a <\/seg> without its <seg/);
  fails(["", '<seg id="1">a', "b", ""], /^a\.sgm:2: a <seg> without its <\/seg>/);
  fails(['<seg id="1">a', '<seg id="2">b</seg>'], /^a\.sgm:2: a second <seg> begins/);
  fails(['<seg id="1">a</seg> <seg id="2">b</seg>'], /^a\.sgm:1: a second <seg> begins/);
  fails(['<seg id="1">a</seg> b</seg>'], /^a\.sgm:1: two <\/seg> in one line/);
});

Deno.test("files that are missing or not UTF-8 are the user's errors", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "a.sgm");
    assert.throws(() => readSgm(path), UserError);
    const bytes = new TextEncoder().encode(
      '<doc>\n<seg id="1">\u00e4</seg>\n<seg id="2">b</seg>\n',
    );
    bytes[bytes.indexOf(0xa4)] = 0x41;
    await Deno.writeFile(path, bytes);
    assert.throws(() => readSgm(path), { message: `${path}:2: not UTF-8 text` });
  });
});
