import assert from "node:assert/strict";
import { createProgram } from "./main.ts";
import { COMMAND_PATHS, readCommandLine } from "./path_table.ts";
import { CACHE_PARTS, PROJECT_ROOT } from "./paths.ts";
import { permissionFlags, type PermissionRequest } from "./permissions.ts";
import { join } from "node:path";

function flags(
  command: string,
  args: string[],
  { links = {}, ...changes }: Partial<PermissionRequest> & { links?: Record<string, string> } = {},
) {
  const request: PermissionRequest = {
    command,
    args,
    cwd: "/home/me/here",
    root: "/project",
    results: "/project/results",
    cache: "/cache",
    data: "/cache/data",
    driver: "/cache/driver",
    home: "/home/me",
    temporary: "/tmp",
    programs: ["/bin/deno", "/usr/bin/sbatch"],
    realPath: (path) => links[path] ?? path,
    ...changes,
  };
  const all = permissionFlags(request);
  const value = (name: string) =>
    all.find((flag) => flag.startsWith(`--${name}=`))?.split("=")[1]?.split(",") ?? [];
  return {
    all,
    read: value("allow-read"),
    write: value("allow-write"),
    denied: value("deny-write"),
    env: value("allow-env"),
    run: value("allow-run"),
  };
}

const cacheParts = CACHE_PARTS.map((part) => `/cache/${part}`);
const here = (...paths: string[]) => paths.map((path) => join("/home/me/here", path));

Deno.test("bench reads the project and the cache, and writes results and the cache without drivers", () => {
  const { all, read, write, denied } = flags("bench", ["--suite", "lra", "--seeds", "3"]);
  assert.ok(["/project", "/cache", "/project/results"].every((path) => read.includes(path)));
  assert.deepEqual(write, [...cacheParts, "/project/results"]);
  assert.ok(denied.includes("/cache/driver") && denied.includes("/project/src"));
  assert.ok(all.includes("--no-prompt") && all.includes("--ignore-env"));
  for (const flag of ["-A", "--allow-all", "--allow-net", "--allow-run", "--allow-ffi"]) {
    assert.ok(!all.includes(flag), flag);
  }
});

Deno.test("the folder of an output file is opened, which need not exist", () => {
  for (const args of [["--output", "out/r.json"], ["--output=out/r.json"]]) {
    const { read, write } = flags("bench", args);
    assert.ok(write.includes("/home/me/here/out"), args.join(" "));
    assert.ok(read.includes("/home/me/here/out"));
  }
});

Deno.test("a path is read only where the option is one of paths", () => {
  for (const args of [["--model", "/etc"], ["--task=/etc"], ["--unheard-of", "/etc"], ["/etc"]]) {
    assert.ok(!flags("bench", args).read.includes("/etc"), args.join(" "));
  }
  const { read } = flags("bench", ["--data", "/sets", "--task", "listops"]);
  assert.ok(read.includes("/sets"));
  assert.ok(flags("bench", ["--data", "not/there"]).read.includes("/home/me/here/not/there"));
});

Deno.test("the value of one option is not taken for another option", () => {
  const { write, read } = flags("generate", [
    "--prompt",
    "--output",
    "x/y.json",
    "--run",
    "m.json",
  ]);
  assert.deepEqual(write, []);
  assert.ok(!read.includes("/home/me/here/x") && read.includes("/home/me/here/m.json"));
  const line = readCommandLine("bench", ["--resume", "--output", "-x.json"]);
  assert.deepEqual(line.options, [
    { option: "--resume", value: "" },
    { option: "--output", value: "-x.json" },
  ]);
});

Deno.test("commands that only look write nothing", () => {
  const lines: [string, string[]][] = [
    ["data", ["list"]],
    ["data", ["verify", "listops", "--data", "/sets"]],
    ["diff", ["a.json", "b.json", "--format", "text"]],
    ["verify", ["a.safetensors", "--data", "/sets"]],
    ["tables", ["a.json"]],
    ["generate", ["--run", "a.json"]],
    ["translate", ["--run", "a.json", "--input", "lines.txt"]],
    ["nothing", ["--output", "x.json"]],
    ["constructor", ["--output", "x.json"]],
  ];
  for (const [command, args] of lines) {
    const { all } = flags(command, args);
    assert.ok(!all.some((flag) => flag.startsWith("--allow-write")), `${command} ${args}`);
  }
});

Deno.test("report and tables write what they are told to, and nothing else", () => {
  assert.deepEqual(flags("report", ["a.json"]).write, ["/project/results"]);
  const { all, read, write } = flags(
    "report",
    ["a.json", "--output", "out/r.html", "--figures", "f"],
  );
  assert.deepEqual(write, here("out", "f"));
  assert.ok(read.includes("/home/me/here/a.json"));
  assert.ok(!all.some((flag) => flag.startsWith("--allow-run") || flag.startsWith("--allow-net")));
  assert.deepEqual(flags("tables", ["--output", "out/t.md"]).write, here("out"));
});

Deno.test("data fetch writes its folder and has the network, data generate writes --out", () => {
  const fetch = flags("data", ["fetch", "listops"]);
  assert.ok(fetch.all.includes("--allow-net") && fetch.write.includes("/cache/data"));
  assert.ok(flags("data", ["fetch", "text", "--data", "/sets"]).write.includes("/sets"));
  const made = flags("data", ["generate", "listops", "--out", "mine", "--data", "/sets"]);
  assert.deepEqual(made.write, here("mine"));
  assert.ok(made.read.includes("/sets") && !made.all.includes("--allow-net"));
  assert.deepEqual(flags("data", ["generate", "listops"]).write, cacheParts);
  assert.ok(!flags("bench", ["fetch"]).all.includes("--allow-net"));
});

Deno.test("verify reads the named files, present or not, and those that golden texts name", () => {
  const { read } = flags("verify", ["a.safetensors", "gold/case.json"]);
  for (const path of here("a.safetensors", "gold/case.json", "gold", "data")) {
    assert.ok(read.includes(path), path);
  }
});

Deno.test("diff reads the translations that results name", () => {
  const { read } = flags("diff", ["old/r.json", "../new/r.json", "--format", "text"]);
  assert.ok(read.includes("/home/me/here/old") && read.includes("/home/me/new"));
  assert.ok(!read.includes("/home/me/here"));
});

Deno.test("generate and translate read a result and the models beside it", () => {
  const { read, all } = flags("translate", ["--run=out/r.json", "--input", "../lines.txt"]);
  for (const path of ["here/out/r.json", "here/out/r.models", "lines.txt"]) {
    assert.ok(read.includes(`/home/me/${path}`), path);
  }
  assert.ok(!all.some((flag) => /^--allow-(net|run|ffi)/.test(flag)));
  const { read: model } = flags("generate", ["--run", "m.safetensors", "--prompt", "lines.txt"]);
  assert.ok(model.includes("/home/me/here/m.safetensors"));
  assert.ok(!model.includes("/home/me/here/lines.txt"));
});

Deno.test("a resumed run reads its data and writes where its plan says", () => {
  const resumed = {
    data: "/far/data",
    profile: "smoke",
    suite: "lra",
    tasks: ["text"],
    writes: ["/far/out"],
  };
  const { read, write } = flags("bench", ["--resume", "/far/out/x.json"], { resumed });
  assert.ok(read.includes("/far/data") && !write.includes("/far/data"));
  assert.ok(write.includes("/far/out"));
  const lost = flags("bench", ["--resume", "/far/out/x.json"]);
  assert.ok(lost.read.includes("/far/out/x.run") && !lost.write.includes("/far/out"));
});

Deno.test("a sweep may start Deno and Slurm, no other command starts anything", () => {
  const { run, env } = flags("sweep", []);
  assert.deepEqual(run, ["/bin/deno", "/usr/bin/sbatch"]);
  assert.ok(env.includes("SLURM_*") && env.includes("PATH"));
  for (const command of ["bench", "cell", "merge", "report", "data"]) {
    const { all, env } = flags(command, ["fetch"]);
    assert.ok(!all.some((flag) => flag.startsWith("--allow-run")), command);
    assert.ok(!env.includes("PATH"), command);
  }
});

Deno.test("a job of a sweep writes its folder and the cells", () => {
  const given = flags("cell", ["--job", "/sweep/jobs/1", "--cells", "/cells"]);
  assert.deepEqual(given.write, [...cacheParts, "/sweep/jobs/1", "/cells"]);
  const { write } = flags("cell", ["--job", "/sweep/jobs/1"]);
  assert.deepEqual(write, [...cacheParts, "/project/results/cells", "/sweep/jobs/1"]);
});

Deno.test("tests start programs and write to the temporary folder", () => {
  const { all, write } = flags("test", []);
  assert.ok(all.includes("--allow-run"));
  assert.deepEqual(write, [...cacheParts, "/tmp"]);
});

Deno.test("a path with a comma is refused in one line, and opens nothing else", () => {
  for (
    const args of [["--output", "/sets/a,b/r.json"], ["--data=a,b"], ["--output", "/sets/a,b.json"]]
  ) {
    assert.throws(() => flags("bench", args), { name: "UserError", message: /^--\S+ .*comma/ });
  }
  assert.throws(() => flags("verify", ["a,b.json"]), { message: /^a,b\.json: .*comma/ });
  assert.throws(() => flags("bench", [], { root: "/my,project" }), { message: /comma/ });
});

Deno.test("an output that would open the system, the home or the drivers is refused", () => {
  const message = (output: string, links?: Record<string, string>) => {
    try {
      flags("bench", ["--output", output], links === undefined ? {} : { links });
    } catch (error) {
      assert.ok(error instanceof Error && error.name === "UserError", output);
      return error.message;
    }
    return "";
  };
  assert.match(message("/x.json"), /^--output \/x\.json: would open the root folder/);
  assert.match(message("/etc/cron.d/x.json"), /a folder of the system/);
  assert.match(message("/usr/x.json"), /a folder of the system/);
  assert.match(message("../x.json"), /your whole home folder/);
  assert.match(message("/cache/driver/mesa/x.json"), /software drivers/);
  assert.match(message("link/x.json", { "/home/me/here/link": "/etc" }), /\(\/etc\)/);
  for (const output of ["x.json", "/tmp/x.json", "/project/x.json", "/usr/src/app/out/x.json"]) {
    assert.equal(message(output), "", output);
  }
});

Deno.test("a link opens what it names, under both names", () => {
  const { read } = flags("bench", ["--data", "link"], {
    links: { "/home/me/here/link": "/sets/a" },
  });
  assert.ok(read.includes("/home/me/here/link") && read.includes("/sets/a"));
  assert.ok(!read.includes("/sets") && !read.includes("/home/me/here"));
});

/** Positional values that are no paths. */
const NAMES = ["id", "ids"];

Deno.test("the table knows every option and every path of every command", () => {
  const program = createProgram(() => {});
  const commands = program.commands.flatMap((command) =>
    command.commands.length === 0
      ? [{ name: command.name(), command }]
      : command.commands.map((inner) => ({
        name: `${command.name()} ${inner.name()}`,
        command: inner,
      }))
  );
  assert.ok(commands.length > 10);
  for (const { name, command } of commands) {
    const table = COMMAND_PATHS[name];
    assert.ok(table !== undefined, `${name} is not in the table`);
    for (const option of command.options) {
      const flag = option.long ?? option.flags;
      const where = `${name} ${flag}`;
      assert.ok(
        option.short === undefined,
        `${where} has a short name, which the table cannot read`,
      );
      const takesValue = option.required || option.optional;
      assert.equal(table.flags.includes(flag), !takesValue, `${where}: flags`);
      assert.equal(table.optional?.includes(flag) ?? false, option.optional, `${where}: optional`);
      const isPath = /[<[](file|folder|run|job)s?\.*[>\]]/.test(option.flags);
      assert.equal(Object.hasOwn(table.paths, flag), isPath, `${where}: paths`);
    }
    const named = command.registeredArguments.every((argument) => NAMES.includes(argument.name()));
    assert.equal(table.positionals === undefined, named, `${name}: positional values`);
  }
});

Deno.test("the cache's folders for data are those that the readers name", async () => {
  const named = new Set<string>();
  const visit = async (folder: string) => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isDirectory) await visit(path);
      if (!name.endsWith(".ts") || name.endsWith("_test.ts")) continue;
      const text = await Deno.readTextFile(path);
      for (const [, part] of text.matchAll(/join\(cacheDir, "([^"]+)"/g)) named.add(part);
    }
  };
  await visit(join(PROJECT_ROOT, "src/data"));
  assert.ok(named.size > 4);
  assert.deepEqual([...named].filter((part) => !CACHE_PARTS.includes(part)), []);
});
