import { checkGolden, fastGoldens, goldenNames } from "./goldens_testing.ts";

// Minutes of shader compilation: `deno task test:slow` runs what the fast tests leave out.
const ignore = Deno.env.get("MEGA_SLOW") !== "1";

for (const adapterClass of ["software", "gpu"] as const) {
  for (const name of goldenNames.filter((name) => !fastGoldens[adapterClass].includes(name))) {
    Deno.test({
      name: `golden ${name} agrees on the ${adapterClass} class`,
      ignore,
      fn: () => checkGolden(name, adapterClass),
    });
  }
}
