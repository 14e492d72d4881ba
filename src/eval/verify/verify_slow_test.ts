import { type AdapterClass, adapterClasses } from "../../device/adapter_class.ts";
import { checkGolden, fastGoldens, goldenNames } from "./goldens_testing.ts";

// Minutes of shader compilation: `deno task test:slow` runs what the fast tests leave out.
const ignore = Deno.env.get("MEGA_SLOW") !== "1";

/** Whole networks for the GPU class: one of each kind, since both classes check every layer. */
const gpuNetworks = [
  "lra_mega_text_chunked",
  "lra_transformer_text_mp",
  "lm_softmax_rotary_chunk_ragged_pad",
  "nmt_mega_laplace_scale",
  "nmt_transformer_base",
];

function slowGoldens(adapterClass: AdapterClass): string[] {
  return goldenNames.filter((name) =>
    !fastGoldens[adapterClass].includes(name) &&
    (adapterClass === "software" || !/^(lra|train|lm|eval|nmt)_/.test(name) ||
      gpuNetworks.includes(name))
  );
}

for (const adapterClass of adapterClasses) {
  for (const name of slowGoldens(adapterClass)) {
    Deno.test({
      name: `golden ${name} agrees on the ${adapterClass} class`,
      ignore,
      fn: () => checkGolden(name, adapterClass),
    });
  }
}
