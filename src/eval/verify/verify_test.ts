import assert from "node:assert/strict";
import type { AdapterClass } from "../../../kernels/lowering.ts";
import { testDevice } from "../../../kernels/testing.ts";
import { UserError } from "../../errors.ts";
import { readSafetensors, type SafeTensor, writeSafetensors } from "../../util/safetensors.ts";
import { goldenKinds, implementedKinds } from "./kinds.ts";
import { formatReport } from "./report.ts";
import { verifyFile } from "./verify.ts";

const FIXTURES = `${import.meta.dirname}/../../../fixtures/goldens`;
const slow = Deno.env.get("MEGA_SLOW") === "1";

/** What the fast tests check: every kind, and the options that interact. */
const fast: Readonly<Record<AdapterClass, readonly string[]>> = {
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

const all = [...Deno.readDirSync(FIXTURES)].map(({ name }) => name)
  .filter((name) => name.endsWith(".safetensors")).map((name) => name.slice(0, -12)).sort();

for (const adapterClass of ["software", "gpu"] as const) {
  for (const name of slow ? all : fast[adapterClass]) {
    Deno.test(`golden ${name} agrees on the ${adapterClass} class`, async () => {
      const device = await testDevice(adapterClass);
      const report = await verifyFile(device, `${FIXTURES}/${name}.safetensors`);
      assert.ok(report.passed, formatReport([report]));
    });
  }
}

Deno.test("fixtures cover every implemented kind", () => {
  const kinds = new Set(all.map((name) => {
    const bytes = Deno.readFileSync(`${FIXTURES}/${name}.safetensors`);
    return readSafetensors(bytes).metadata.kind;
  }));
  assert.deepEqual([...kinds].sort(), [...implementedKinds()].sort());
});

/** A golden file with changes. */
async function changed(
  name: string,
  change: (tensors: Map<string, SafeTensor>, metadata: Record<string, string>) => void,
) {
  const file = readSafetensors(Deno.readFileSync(`${FIXTURES}/${name}.safetensors`), name);
  change(file.tensors, file.metadata);
  const bytes = writeSafetensors(file);
  return verifyFile(await testDevice("software"), { name, bytes });
}

function addTo(tensors: Map<string, SafeTensor>, name: string, at: number, amount: number): void {
  const tensor = tensors.get(name);
  assert.ok(tensor?.dtype === "F32");
  tensor.data[at] += amount;
}

Deno.test("a wrong output fails and its worst element is named", async () => {
  const report = await changed(
    "realnum_embedding",
    (tensors) => addTo(tensors, "output.y", 10 * (16 + 3) + 4, 0.1),
  );
  assert.equal(report.passed, false);
  assert.match(formatReport([report]), /^FAIL .*worst 1\.0e-1 .* at output\.y\[1, 3, 4\]\n/);
  assert.match(formatReport([report]), /\n0 passed, 1 failed$/);
});

Deno.test("a wrong gradient fails", async () => {
  const report = await changed(
    "realnum_embedding",
    (tensors) => addTo(tensors, "grad.param.weight", 2, 0.5),
  );
  assert.equal(report.worst?.name, "grad.param.weight");
  assert.equal(report.passed, false);
});

Deno.test("an expected result that nothing computes fails", async () => {
  const report = await changed("realnum_embedding", (tensors) => {
    tensors.set("output.extra", { dtype: "F32", shape: [1], data: Float32Array.of(0) });
  });
  assert.equal(report.passed, false);
  assert.match(report.failure ?? "", /output\.extra: not computed by kind realnum/);
});

Deno.test("parameters that do not fit the module fail", async () => {
  const missing = await changed("realnum_embedding", (tensors) => {
    tensors.delete("param.bias");
  });
  assert.match(missing.failure ?? "", /param\.bias is missing/);
  const unknown = await changed("realnum_embedding", (tensors) => {
    tensors.set("param.scale", { dtype: "F32", shape: [1], data: Float32Array.of(0) });
  });
  assert.match(unknown.failure ?? "", /param\.scale: the model has no such parameter/);
});

Deno.test("a configuration that cannot be built fails with the field's name", async () => {
  const report = await changed("nffn_rms_pre_gelu", (_tensors, metadata) => {
    metadata.config = metadata.config.replace('"rmsnorm"', '"groupnorm"');
  });
  assert.match(report.failure ?? "", /config: module\.norm_type/);
});

Deno.test("kinds of later versions fail, unknown kinds are the user's error", async () => {
  const later = goldenKinds.filter((kind) => !implementedKinds().includes(kind));
  for (const kind of later) {
    const report = await changed("realnum_embedding", (_tensors, metadata) => {
      metadata.kind = kind;
    });
    assert.equal(report.passed, false);
    assert.match(report.failure ?? "", /not implemented yet/);
  }
  await assert.rejects(
    changed("realnum_embedding", (_tensors, metadata) => {
      metadata.kind = "perceptron";
    }),
    (error) => error instanceof UserError && /unknown kind "perceptron"/.test(error.message),
  );
});

Deno.test("damaged and missing files give one line", async () => {
  const device = await testDevice("software");
  const bytes = Deno.readFileSync(`${FIXTURES}/realnum_embedding.safetensors`).subarray(0, 2000);
  const report = await verifyFile(device, { name: "cut.safetensors", bytes });
  assert.equal(report.passed, false);
  assert.match(report.failure ?? "", /^[^\n]+$/);
  await assert.rejects(verifyFile(device, "no/such.safetensors"), /no such file/);
});
