/** Numbers in 0 ≤ u < 1 from a 32-bit seed. */
export function generator(seed: number): () => number;
/** 0 … count − 1 in random order. */
export function shuffled(count: number, random: () => number): number[];
