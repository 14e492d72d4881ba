/**
 * Numbers as unsigned keys that sort in the same order, so that comparisons are exact whatever a
 * compiler assumes about numbers that are not finite. Key 0 belongs to no number and key 1 to NaN.
 */
export const keyFunctions = `fn order_key(x: f32) -> u32 {
let bits = bitcast<u32>(x);
let magnitude = bits & 0x7fffffffu;
if (magnitude > 0x7f800000u) { return 1u; }
if (magnitude == 0u) { return 0x80000000u; }
return select(~bits, bits | 0x80000000u, bits == magnitude);
}
fn key_value(key: u32) -> f32 {
if (key == 1u) { return -3.4028234e38f; }
return bitcast<f32>(select(~key, key ^ 0x80000000u, key >= 0x80000000u));
}`;

/** WGSL condition: element (`key`, `at`) comes before (`otherKey`, `otherAt`). */
export function before(key: string, at: string, otherKey: string, otherAt: string): string {
  return `${key} > ${otherKey} || (${key} == ${otherKey} && ${at} < ${otherAt})`;
}
