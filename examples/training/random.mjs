/** Random numbers from a seed, and orders drawn with them. */

/** mulberry32 (Tommy Ettinger, public domain): numbers in 0 ≤ u < 1 from a 32-bit seed. */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** 0 … count − 1. */
export const range = (count) => Array.from({ length: count }, (_, i) => i);

/** 0 … count − 1 in random order (Fisher and Yates). */
export function shuffled(count, random) {
  const order = range(count);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
