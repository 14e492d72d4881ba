/** The golden files of the repository, for the fast and the slow tests. */
import assert from "node:assert/strict";
import type { AdapterClass } from "../../device/adapter_class.ts";
import { testDevice } from "../../compiler/testing.ts";
import { formatReport } from "./report.ts";
import { verifyFile } from "./verify.ts";

/** Where the files are. */
export const goldenFolder = `${import.meta.dirname}/../../../fixtures/goldens`;

/** What the fast tests check: every kind, and the options that interact. */
export const fastGoldens: Readonly<Record<AdapterClass, readonly string[]>> = {
  software: [
    "elementwise",
    "seqnorm_batchnorm_affine",
    "seqnorm_scalenorm_affine",
    "realnum_embedding",
    "relpos_rotary_beyond_max",
    "relpos_simple",
    "ema_bidir_trunc_pad",
    "ema_step",
    "mega_laplace_rotary_causal_chunk_pad",
    "mega_softmax_simple_bidir_chunk_pad",
    "mega_relu2_simple_bidir_chunk_bn_post",
    "nffn_bn_pre",
    "lra_mega_retrieval",
    "lra_transformer_text_cls_tied",
    "train_lra_mega_text",
    "adaptive_input_softmax_tied",
    "lm_laplace_rotary_chunk_tied",
    "eval_lm_transformer_window",
    "gca_laplace_simple_pad",
    "gca_softmax_rotary_leftpad",
    "nmt_mega_softmax_rotary_pre_rms_chunk",
    "nmt_transformer_pre_learnedpos_rightpad",
    "train_nmt_transformer_base",
    "s4_init_legs",
    "s4_kernel_dplr_legs_L64_N16",
    "s4_kernel_s4d_inv_bilinear",
    "s4_layer_s4_legs_bidir",
    "s4_layer_s4d_legs_lengths_ch2",
    "s4d_minimal",
  ],
  gpu: [
    "elementwise",
    "seqnorm_layernorm_affine",
    "ema_causal_trunc",
    "mega_softmax_simple_bidir_ln_pre_pad",
    "nffn_rms_pre_gelu",
    "s4_kernel_dplr_legs_trained",
    "s4_layer_s4d_inv_bilinear_bidir",
  ],
};

/** All files, without their extension. */
export const goldenNames = [...Deno.readDirSync(goldenFolder)].map(({ name }) => name)
  .filter((name) => name.endsWith(".safetensors")).map((name) => name.slice(0, -12)).sort();

/** @throws {AssertionError} with the report when the module disagrees with the file. */
export async function checkGolden(name: string, adapterClass: AdapterClass): Promise<void> {
  const device = await testDevice(adapterClass);
  const report = await verifyFile(device, `${goldenFolder}/${name}.safetensors`);
  assert.ok(report.passed, formatReport([report]));
}
