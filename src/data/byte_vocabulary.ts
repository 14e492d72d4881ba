import { EOS_ID, UNK_ID, Vocabulary } from "./vocabulary.ts";

/** Bytes that no UTF-8 text holds: the starts of overlong forms and of points beyond U+10FFFF. */
function isImpossible(byte: number): boolean {
  return byte === 0xc0 || byte === 0xc1 || byte > 0xf4;
}

const BYTES = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !isImpossible(byte));

function symbolOf(byte: number): string {
  return byte > 0x20 && byte < 0x7f
    ? String.fromCharCode(byte)
    : `0x${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

/**
 * The ids of the byte-level tasks in fairseq's layout: the four specials, the 243 byte values that
 * UTF-8 text can hold in rising order, `<CLS>`; 248 in all, so that an id fits in one byte.
 * Printable ASCII stands for itself, other bytes are named such as `0x0A`; the remaining 13 byte
 * values are `<unk>`. The reference publishes only binarised text and not the rule behind it
 * (`examples/mega/README.lra.md` of facebookresearch/mega); LRA itself is byte-level too, with
 * other ids.
 */
export const BYTE_VOCABULARY = new Vocabulary(BYTES.map(symbolOf));

const IDS = Uint8Array.from(
  { length: 256 },
  (_, byte) => isImpossible(byte) ? UNK_ID : BYTE_VOCABULARY.id(symbolOf(byte)),
);

/**
 * Ids of a text's bytes, as they are, with `</s>` appended, cut to the first `maxPositions` ids (a
 * cut text loses its `</s>`, as in the reference).
 */
export function encodeBytes(bytes: Uint8Array, maxPositions: number): Uint8Array {
  const ids = new Uint8Array(Math.min(bytes.length + 1, maxPositions));
  for (let i = 0; i < ids.length; i++) ids[i] = i < bytes.length ? IDS[bytes[i]] : EOS_ID;
  return ids;
}
