/** `data`: lists, verifies, fetches and generates data sets. */
import { Command } from "@commander-js/extra-typings";
import { resolve } from "node:path";
import { generateData, listData, verifyData } from "../data/commands.ts";
import { checkDataFolder } from "../data/data_root.ts";
import { fetchData } from "../data/fetch_data.ts";
import { transferProgress } from "../util/transfer_progress.ts";
import { cacheFolder, cacheFolders } from "./paths.ts";
import { wholeNumber } from "./options.ts";

const env = (name: string) => Deno.env.get(name);

function folders(data: string | undefined) {
  return {
    cacheDir: cacheFolder(env),
    dataDir: data === undefined ? cacheFolders(env).data : resolve(data),
    print: (line: string) => console.log(line),
  };
}

/** The command, for `main.ts`. @param parent Settings of this command are inherited. */
export function dataCommand(exit: (code: number) => void, parent: Command) {
  const command = new Command("data")
    .description("Generate, fetch and inspect data sets")
    .copyInheritedSettings(parent)
    .addHelpText(
      "after",
      `
Examples:
  deno task data list
  deno task data verify listops
  deno task data fetch text
  deno task data fetch wikitext-103
  deno task data fetch multi30k
  deno task data fetch wmt16-en-de --trust-first-use
  deno task data generate wmt16-en-de
  deno task data generate characters
  deno task data generate numbers --profile quick --out my-data
  deno task data fetch listops --url ADDRESS --sha256 HEX
  deno task data generate listops --profile quick --out my-data`,
    );
  command.command("list")
    .description("show the data sets and where they are")
    .option("--data <folder>", "folder of official files (default: MEGA_DATA, or in the cache)")
    .action(async ({ data }) => {
      if (data !== undefined) checkDataFolder(resolve(data));
      await listData(folders(data));
    });
  command.command("verify [ids...]")
    .description("read official and cached files in full and check them")
    .option("--data <folder>", "folder of official files (default: MEGA_DATA, or in the cache)")
    .option("--seed <n>", "seed of the generated data", wholeNumber(0))
    .action(async (ids, { data, seed }) => {
      if (data !== undefined) checkDataFolder(resolve(data));
      const sound = await verifyData({ ...folders(data), ids, seed });
      exit(sound ? 0 : 1);
    });
  command.command("fetch <id>")
    .description("download and unpack the official files of a data set that `list` shows")
    .option("--data <folder>", "folder of official files (default: MEGA_DATA, or in the cache)")
    .option("--sha256 <hex>", "expected checksum of the archive; of several NAME=HEX,NAME=HEX,...")
    .option("--trust-first-use", "accept an archive of unknown checksum and record it")
    .option("--url <address>", "another address of the same archive")
    .action(async (id, { data, sha256, trustFirstUse, url }) => {
      const onProgress = transferProgress(id);
      await fetchData({ ...folders(data), id, sha256, trustFirstUse, url, onProgress });
    });
  command.command("generate <id>")
    .description("make data or tokens, into the cache or as files in the official format")
    .option("--data <folder>", "folder of official files, for texts")
    .option("--out <folder>", "write files here")
    .option("--profile <name>", "scale of the data", "paper")
    .option("--seed <n>", "seed of the generator", wholeNumber(0))
    .action(async (id, { data, out, profile, seed }) => {
      const target = out === undefined ? undefined : resolve(out);
      await generateData({ ...folders(data), id, out: target, profile, seed });
    });
  return command;
}
