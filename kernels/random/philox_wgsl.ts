/**
 * Philox 4x32-10 (Salmon et al. 2011) in WGSL: the twin of `src/util/philox.ts`. The key is the seed
 * (step_info[0], step_info[1]); the counter of position p of n is (p mod q, step_info[2], stream, 0)
 * with q = ⌈n / 4⌉, and p / q selects the word. Uniform numbers have 24 bits and lie in [0, 1).
 */
export const philoxHelper = {
  name: "philox_uniform",
  source: `fn mul_high(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu; let ah = a >> 16u;
  let bl = b & 0xffffu; let bh = b >> 16u;
  let mid = ah * bl + ((al * bl) >> 16u);
  let low = (mid & 0xffffu) + al * bh;
  return ah * bh + (mid >> 16u) + (low >> 16u);
}
fn philox(counter: u32, stream: u32, seed_low: u32, seed_high: u32, step: u32) -> vec4<u32> {
  var c = vec4<u32>(counter, step, stream, 0u);
  var k0 = seed_low;
  var k1 = seed_high;
  for (var round = 0u; round < 10u; round++) {
    c = vec4<u32>(
      mul_high(0xCD9E8D57u, c.z) ^ c.y ^ k0, 0xCD9E8D57u * c.z,
      mul_high(0xD2511F53u, c.x) ^ c.w ^ k1, 0xD2511F53u * c.x,
    );
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return c;
}
fn philox_unit(word: u32) -> f32 { return f32(word >> 8u) * 5.9604644775390625e-8; }
fn philox_uniform(counter: u32, part: u32, stream: u32, seed_low: u32, seed_high: u32, step: u32) -> f32 {
  let words = philox(counter, stream, seed_low, seed_high, step);
  return philox_unit(select(
    select(words.w, words.z, part == 2u), select(words.y, words.x, part == 0u), part < 2u));
}`,
} as const;
