// The build of esbuild for browsers: it runs inside this process, so that the command needs no
// permission to start programs. Not in the import map, which is fetched before any command.
// deno-lint-ignore no-import-prefix
import esbuild from "npm:esbuild-wasm@0.28.2/lib/browser.js";
// deno-lint-ignore no-import-prefix
import wasm from "npm:esbuild-wasm@0.28.2/esbuild.wasm" with { type: "bytes" };
import { fileURLToPath } from "node:url";

/** Script and style sheet of the page, minified, each in one piece. */
export interface PageBundle {
  script: string;
  style: string;
}

let started: Promise<void> | undefined;

/** Bundles the sources in `page/`. */
export async function bundlePage(): Promise<PageBundle> {
  started ??= WebAssembly.compile(wasm).then((wasmModule) =>
    esbuild.initialize({ wasmModule, worker: false })
  );
  await started;
  const build = async (entry: string) => {
    const { outputFiles } = await esbuild.build({
      entryPoints: [new URL(`page/${entry}`, import.meta.url).href],
      bundle: true,
      minify: true,
      write: false,
      format: "iife",
      target: ["chrome109", "firefox115", "safari16"],
      legalComments: "none",
      plugins: [fileLoader],
    });
    const text = outputFiles[0]?.text;
    if (text === undefined) throw new Error(`esbuild made nothing of ${entry}`);
    return text.trim();
  };
  return { script: await build("main.ts"), style: await build("style.css") };
}

/** Reads sources by URL: inside a browser build there is no file system to resolve them in. */
const fileLoader: esbuild.Plugin = {
  name: "file-urls",
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ path, importer }) => ({
      path: importer === "" ? path : new URL(path, importer).href,
      namespace: "file-url",
    }));
    build.onLoad({ filter: /.*/, namespace: "file-url" }, async ({ path }) => ({
      contents: await Deno.readTextFile(fileURLToPath(path)),
      loader: path.endsWith(".css") ? "css" : "ts",
    }));
  },
};
