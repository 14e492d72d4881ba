import assert from "node:assert/strict";
import { permissionFlags, type PermissionRequest } from "./permissions.ts";

function flags(command: string, args: string[], existing: Record<string, "file" | "folder"> = {}) {
  const request: PermissionRequest = {
    command,
    args,
    cwd: "/home/me/here",
    root: "/project",
    results: "/project/results",
    cache: "/cache",
    data: "/cache/data",
    temporary: "/tmp",
    kindOf: (path) => existing[path] ?? "nothing",
  };
  const all = permissionFlags(request);
  const value = (name: string) =>
    all.find((flag) => flag.startsWith(`--allow-${name}=`))?.split("=")[1]?.split(",") ?? [];
  return { all, read: value("read"), write: value("write") };
}

Deno.test("permissionFlags gives bench the project to read, cache and results to write", () => {
  const { all, read, write } = flags("bench", ["--suite", "lra", "--seeds", "3"]);
  assert.deepEqual(read, ["/project", "/cache", "/cache/data", "/project/results"]);
  assert.deepEqual(write, ["/cache", "/project/results"]);
  assert.ok(all.includes("--no-prompt") && all.includes("--ignore-env"));
  for (const flag of ["-A", "--allow-all", "--allow-net", "--allow-run", "--allow-ffi"]) {
    assert.ok(!all.includes(flag), flag);
  }
});

Deno.test("permissionFlags opens the folder of an output file, which need not exist", () => {
  for (const args of [["--output", "out/r.json"], ["--output=out/r.json"], ["-o", "out/r.json"]]) {
    const { read, write } = flags("bench", args);
    assert.ok(write.includes("/home/me/here/out"), args.join(" "));
    assert.ok(read.includes("/home/me/here/out"));
  }
});

Deno.test("permissionFlags opens a folder to resume from, not its parent", () => {
  const { write } = flags("bench", ["--resume", "/runs/7"], { "/runs/7": "folder" });
  assert.ok(write.includes("/runs/7") && !write.includes("/runs"));
});

Deno.test("permissionFlags lets verify read the named files, present or not, and write none", () => {
  const { read, write } = flags("verify", ["a.safetensors", "../b.safetensors"]);
  assert.ok(read.includes("/home/me/here/a.safetensors"));
  assert.ok(read.includes("/home/me/b.safetensors"));
  assert.deepEqual(write, ["/cache", "/project/results"]);
});

Deno.test("permissionFlags lets verify read the files that golden texts name", () => {
  const { read } = flags("verify", ["gold/case.json"]);
  assert.ok(read.includes("/home/me/here/gold") && read.includes("/home/me/here/data"));
});

Deno.test("permissionFlags lets diff read the translations that results name", () => {
  const { read, write } = flags("diff", ["old/r.json", "../new/r.json", "--format", "text"]);
  assert.ok(read.includes("/home/me/here/old") && read.includes("/home/me/new"));
  assert.ok(!read.includes("/home/me/here"));
  assert.deepEqual(write, ["/cache", "/project/results"]);
});

Deno.test("permissionFlags lets generate read a result and the models beside it", () => {
  const { read, write } = flags("generate", ["--run", "r.json", "--prompt", "To be"], {
    "/home/me/here/r.json": "file",
  });
  assert.ok(read.includes("/home/me/here/r.json") && read.includes("/home/me/here/r.models"));
  assert.deepEqual(write, ["/cache", "/project/results"]);
});

Deno.test("permissionFlags lets translate read its model and its text, present or not", () => {
  const args = ["--run", "out/r.json", "--input", "../lines.txt", "--task", "numbers"];
  const { all, read, write } = flags("translate", args);
  for (const path of ["here/out/r.json", "here/out/r.models", "lines.txt"]) {
    assert.ok(read.includes(`/home/me/${path}`), path);
  }
  assert.ok(!read.includes("/home/me/here/numbers") && !read.includes("/home/me/here"));
  assert.deepEqual(write, ["/cache", "/project/results"]);
  assert.ok(!all.some((flag) => /^--allow-(net|run|ffi)/.test(flag)));
  const { read: model } = flags("translate", ["--run=m.safetensors", "--input=lines.txt"]);
  assert.ok(model.includes("/home/me/here/m.safetensors"));
  assert.ok(model.includes("/home/me/here/lines.txt"));
});

Deno.test("permissionFlags lets other options read existing paths only", () => {
  const { read } = flags("bench", ["--data", "/sets", "--task", "listops"], { "/sets": "folder" });
  assert.ok(read.includes("/sets") && !read.includes("/home/me/here/listops"));
});

Deno.test("permissionFlags gives the network to data fetch alone", () => {
  assert.ok(flags("data", ["fetch", "listops"]).all.includes("--allow-net"));
  assert.ok(!flags("data", ["generate"]).all.includes("--allow-net"));
  assert.ok(!flags("bench", ["fetch"]).all.includes("--allow-net"));
});

Deno.test("permissionFlags lets tests start programs and write to the temporary folder", () => {
  const { all, write } = flags("test", []);
  assert.ok(all.includes("--allow-run"));
  assert.deepEqual(write, ["/cache", "/tmp"]);
});

Deno.test("permissionFlags opens the parent of a path with a comma, which Deno cannot name", () => {
  const { read } = flags("verify", ["/sets/a,b/c.safetensors"]);
  assert.ok(read.includes("/sets"));
});

Deno.test("permissionFlags lets report write its page and figures, and start nothing", () => {
  const { all, read, write } = flags("report", [
    "a.json",
    "--output",
    "out/r.html",
    "--figures",
    "f",
  ]);
  assert.deepEqual(write, ["/cache", "/project/results", "/home/me/here/out", "/home/me/here"]);
  assert.ok(read.includes("/home/me/here/a.json"));
  assert.ok(!all.some((flag) => flag.startsWith("--allow-run") || flag.startsWith("--allow-net")));
});
