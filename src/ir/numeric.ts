/** Numeric meanings that JavaScript's `Math` lacks. Used by the interpreter; targets spell their own. */

/** log(1 + exp(x)) without overflow or cancellation. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** x, or 0 where it is closer to 0 than 1e-30: far above the denormal numbers, far below what training can tell from 0. */
export function flush(x: number): number {
  return Math.abs(x) < 1e-30 ? 0 : x;
}

/**
 * The error function to about 1e-16: its Taylor series near 0, the continued fraction of erfc beyond
 * (Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.6 and 7.1.14).
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x)) return NaN;
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    // erf x = 2/√π · exp(−x²) · Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)): all terms positive, nothing cancels.
    let term = a;
    let sum = a;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * a * a) / (2 * n + 1);
      sum += term;
    }
    return (Math.sign(x) * 2 * sum * Math.exp(-a * a)) / Math.sqrt(Math.PI);
  }
  let fraction = a;
  for (let n = 60; n >= 1; n--) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (fraction * Math.sqrt(Math.PI)));
}

const rotations = [13, 15, 26, 6, 17, 29, 16, 24];

/**
 * Threefry-2x32 with 20 rounds: two random words from a two-word key and a two-word counter. Only additions,
 * rotations and xor of 32-bit words, so every target can compute the same bits.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11.
 */
export function threefry(key0: number, key1: number, counter0: number, counter1: number): [number, number] {
  const keys = [key0 | 0, key1 | 0, key0 ^ key1 ^ 0x1bd11bda];
  let x = (counter0 + keys[0]!) | 0;
  let y = (counter1 + keys[1]!) | 0;
  for (let round = 0; round < 20; round++) {
    x = (x + y) | 0;
    const r = rotations[round % 8]!;
    y = ((y << r) | (y >>> (32 - r))) ^ x;
    if (round % 4 === 3) {
      const block = (round + 1) / 4;
      x = (x + keys[block % 3]!) | 0;
      y = (y + keys[(block + 1) % 3]! + block) | 0;
    }
  }
  return [x, y];
}

/** Uniform on [0, 1), a multiple of 2⁻²⁴: exact in 32-bit floats. */
export function uniform(seed: number, step: number, place: number, element: number): number {
  return (threefry(seed, step, place, element)[0] >>> 8) * 2 ** -24;
}
