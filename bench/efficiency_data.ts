/** Byte sequences of full length, so that no position of a measured step is padding. */
import type { TokenBatch } from "../src/data/batches.ts";
import { collate } from "../src/data/batches.ts";
import { BYTE_VOCABULARY } from "../src/data/byte_vocabulary.ts";
import { type Split, splitHash, type TokenExample } from "../src/data/dataset.ts";
import { PhiloxStream } from "../src/util/philox.ts";
import { RANDOM_STREAMS } from "../src/util/random_streams.ts";

/** Version of the sequences as result rows name it. */
export const efficiencyDataVersion = "random-bytes-1";

/** Ordinary symbols of the byte vocabulary, between four specials and `<CLS>`. */
const firstByte = 4;
const byteCount = BYTE_VOCABULARY.size - firstByte - 1;

/** Sequences of one length. */
export interface EfficiencyData {
  readonly length: number;
  readonly split: Split<TokenExample>;
  /** `splitHash` of the sequences. */
  readonly sha256: string;
}

/**
 * Uniformly random bytes with random labels of two classes. What a step costs depends on shapes
 * alone, so real text would give the same times.
 *
 * @param count Number of sequences. @param length Tokens of each.
 */
export function efficiencyData(count: number, length: number, seed: number): EfficiencyData {
  const stream = new PhiloxStream(seed, RANDOM_STREAMS.efficiencyText);
  const examples = Array.from({ length: count }, (): TokenExample => ({
    kind: "tokens",
    tokens: Int32Array.from({ length }, () => firstByte + stream.uniformInt(byteCount)),
    label: stream.uniformInt(2),
  }));
  const split: Split<TokenExample> = {
    length: count,
    example(index) {
      const example = examples[index];
      if (example === undefined) throw new RangeError(`no sequence ${index} of ${count}`);
      return example;
    },
  };
  return { length, split, sha256: splitHash("tokens", split) };
}

/** All sequences as one batch without padding. */
export function efficiencyBatch({ split, length }: EfficiencyData): TokenBatch {
  const indices = Array.from({ length: split.length }, (_, i) => i);
  const batch = collate(split, indices, { batchSize: split.length, padTo: length });
  if (batch.kind !== "tokens") throw new Error("byte sequences are tokens");
  return batch;
}
