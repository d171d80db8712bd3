/** Orders of examples: functions of a seed and of nothing else, so that training can be repeated and resumed. */

/** 0 … count − 1 in the order of one epoch (Fisher and Yates). */
export function shuffled(count: number, seed: number, epoch: number): Int32Array {
  const random = generator(Math.imul(seed, 0x9e3779b1) ^ Math.imul(epoch + 1, 0x85ebca6b));
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Two parts of `rows`, the second with `share` of them, at least one each; both in their old order. */
export function split(
  rows: Int32Array,
  share: number,
  seed: number,
): { readonly train: Int32Array; readonly valid: Int32Array } {
  const count = Math.min(rows.length - 1, Math.max(1, Math.round(rows.length * share)));
  const chosen = new Set(shuffled(rows.length, seed, -1).subarray(0, count));
  return { train: rows.filter((_, i) => !chosen.has(i)), valid: rows.filter((_, i) => chosen.has(i)) };
}

/** mulberry32 (Tommy Ettinger, public domain): numbers in 0 ≤ u < 1 from a 32-bit state. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
