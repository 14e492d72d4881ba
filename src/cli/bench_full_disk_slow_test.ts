import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../data/data_test_folder.ts";
import { readResult } from "../results/store.ts";
import { advised, commandLine, numbers, rowsOf } from "./bench_testing.ts";

/** Why a small disk cannot be made here; undefined where it can. */
function obstacle(): string | undefined {
  if (Deno.env.get("MEGA_SLOW") !== "1") return "slow";
  if (Deno.build.os !== "linux") return "needs Linux";
  const args = ["--user", "--map-root-user", "--mount", "true"];
  try {
    return new Deno.Command("unshare", { args, clearEnv: true }).outputSync().success
      ? undefined
      : "user namespaces are switched off";
  } catch {
    return "needs unshare";
  }
}

/** Runs a command on a disk of 5 MB with little room, then makes room, and continues. */
const script = `
mount -t tmpfs -o size=5m none "$DISK" || exit 70
dd if=/dev/zero of="$DISK/fill" bs=1K count=$((5120 - FREE)) 2>/dev/null
"$@" --cells "$DISK/cells" --output "$DISK/result.json" 2>"$OUT/first.txt"
echo $? >"$OUT/first"
rm "$DISK/fill"
"$@" --cells "$DISK/cells" --output "$DISK/result.json" 2>"$OUT/second.txt"
echo $? >"$OUT/second"
cp "$DISK/result.json" "$OUT"
`;

const reason = obstacle();

Deno.test({
  name: `a full disk loses nothing: what is there continues when there is room again${
    reason === undefined ? "" : ` (${reason})`
  }`,
  // A child process on a file system of its own.
  ignore: reason !== undefined,
  fn: () =>
    withFolder(async (folder) => {
      const options = ["--profile", "smoke", "--task", "listops", "--model", "s4d-legs"];
      const args = [...options, "--updates", "120", "--seeds", "2"];
      const expected = await rowsOf(folder, args, "whole");
      for (const free of [300, 450]) {
        const [disk, out] = [join(folder, `disk${free}`), join(folder, `out${free}`)];
        await Deno.mkdir(disk);
        await Deno.mkdir(out);
        const { success, stderr } = await new Deno.Command("unshare", {
          args: [
            ...["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"],
            ...commandLine(folder, ["bench", ...args]),
          ],
          env: { DISK: disk, OUT: out, FREE: String(free), MEGA_CACHE: join(folder, "cache") },
        }).output();
        assert.ok(success, new TextDecoder().decode(stderr));
        const read = (name: string) => Deno.readTextFile(join(out, name));
        const message = await read("first.txt");
        assert.equal(await read("first"), "2\n", message);
        assert.match(message, /\nerror: cannot write .*: the disk is full: [^\n]* kept; [^\n]*\n$/);
        assert.deepEqual(advised(message).slice(0, 2), ["bench", "--resume"]);
        assert.equal(await read("second"), "0\n", await read("second.txt"));
        const { rows } = await readResult(join(out, "result.json"));
        assert.deepEqual(rows.map(numbers), expected.map(numbers));
      }
    }),
});
