import canonicalize from "canonicalize";
import { sha256Hex } from "./sha256.ts";

/** Any value that JSON can hold. Non-finite numbers are typed `number` but refused when hashed. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/**
 * SHA-256, as 64 lower-case hexadecimal digits, of the canonical JSON text of a value (RFC 8785:
 * sorted keys, shortest numbers, no white space). Equal values hash equally whatever the order of
 * their keys, so the hash identifies a configuration.
 *
 * @throws Error when the value holds NaN or an infinity, which JSON cannot represent.
 */
export function canonicalHash(value: JsonValue): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error("cannot hash a value that JSON cannot represent");
  return sha256Hex(text);
}
