import assert from "node:assert/strict";
import { adapterClasses } from "../../device/adapter_class.ts";
import { testDevice } from "../../compiler/testing.ts";
import { UserError } from "../../errors.ts";
import { readSafetensors, type SafeTensor, writeSafetensors } from "../../util/safetensors.ts";
import { checkGolden, fastGoldens, goldenFolder, goldenNames } from "./goldens_testing.ts";
import { goldenKinds } from "./kinds.ts";
import { formatReport } from "./report.ts";
import { verifyFile } from "./verify.ts";

for (const adapterClass of adapterClasses) {
  for (const name of fastGoldens[adapterClass]) {
    Deno.test(`golden ${name} agrees on the ${adapterClass} class`, () => {
      return checkGolden(name, adapterClass);
    });
  }
}

Deno.test("fixtures cover every kind", () => {
  const kinds = new Set(goldenNames.map((name) => {
    const bytes = Deno.readFileSync(`${goldenFolder}/${name}.safetensors`);
    return readSafetensors(bytes).metadata.kind;
  }));
  assert.deepEqual([...kinds].sort(), [...goldenKinds].sort());
});

/** A golden file with changes. */
async function changed(
  name: string,
  change: (tensors: Map<string, SafeTensor>, metadata: Record<string, string>) => void,
) {
  const file = readSafetensors(Deno.readFileSync(`${goldenFolder}/${name}.safetensors`), name);
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

Deno.test("an activation called like a property of all objects does not exist", async () => {
  const report = await changed("s4_layer_s4d_lin", (_tensors, metadata) => {
    metadata.config = metadata.config.replace(/"activation": ?"\w+"/, '"activation":"constructor"');
  });
  assert.match(report.failure ?? "", /activation constructor is not supported/);
});

Deno.test("a configuration that would not fit in memory fails before anything is built", async () => {
  const cases: [file: string, from: RegExp, to: string, failure: RegExp][] = [
    [
      "lra_transformer_text_mp",
      /"encoder_layers": ?\d+/,
      '"encoder_layers":1000000000',
      /encoder_layers: 1000000000 layers, but \d+ parameters/,
    ],
    [
      "nmt_transformer_base",
      /"decoder_layers": ?\d+/,
      '"decoder_layers":1000000000',
      /decoder_layers: 1000000000 layers, but \d+ parameters/,
    ],
    [
      "s4d_minimal",
      /"d_state": ?\d+/,
      '"d_state":1000000000',
      /d_state: 1000000000 is more than 1048576/,
    ],
  ];
  for (const [file, from, to, failure] of cases) {
    let found = false;
    const report = await changed(file, (_tensors, metadata) => {
      for (const [key, text] of Object.entries(metadata)) {
        found ||= from.test(text);
        metadata[key] = text.replace(from, to);
      }
    });
    assert.ok(found, file);
    assert.match(report.failure ?? "", failure);
  }
});

Deno.test("unknown kinds are the user's error", async () => {
  await assert.rejects(
    changed("realnum_embedding", (_tensors, metadata) => {
      metadata.kind = "perceptron";
    }),
    (error) => error instanceof UserError && /unknown kind "perceptron"/.test(error.message),
  );
});

Deno.test("damaged and missing files give one line", async () => {
  const device = await testDevice("software");
  const bytes = Deno.readFileSync(`${goldenFolder}/realnum_embedding.safetensors`).subarray(
    0,
    2000,
  );
  const report = await verifyFile(device, { name: "cut.safetensors", bytes });
  assert.equal(report.passed, false);
  assert.match(report.failure ?? "", /^[^\n]+$/);
  await assert.rejects(verifyFile(device, "no/such.safetensors"), /no such file/);
});
