/** Arguments at which functions of numbers go wrong, and how far a result of a device may be off there. */
import type { ScalarType } from "../../src/ir/types.ts";

const magnitudes = [
  0,
  2 ** -126,
  1e-30,
  1e-10,
  1e-4,
  0.09999,
  0.1,
  0.5,
  1 - 2 ** -24,
  1,
  1 + 2 ** -23,
  1.5,
  2,
  3,
  30,
  87,
  89,
  1000,
  1e10,
  1e30,
  (2 - 2 ** -23) * 2 ** 127,
  Infinity,
].map(Math.fround);

export const edges: Readonly<Record<ScalarType, readonly number[]>> = {
  f32: [...magnitudes.flatMap((m) => [m, -m]), NaN],
  // Their products are integers of 32 bits, too.
  i32: [-40_000, -30, -7, -3, -2, -1, 0, 1, 2, 3, 5, 30, 40_000],
  bool: [0, 1],
};

/** All combinations, one list for each argument. */
export function gridOf(choices: readonly (readonly number[])[]): number[][] {
  const all = choices.reduce<number[][]>(
    (rows, list) => rows.flatMap((row) => list.map((x) => [...row, x])),
    [[]],
  );
  return choices.map((_, k) => all.map((row) => row[k]!));
}

const smallestNormal = 2 ** -126;
const largest = (2 - 2 ** -23) * 2 ** 127;

/** What is beyond the largest float is infinite, what is below the smallest normal one may be 0. */
export function isNear(
  found: number,
  expected: number,
  [relative, absolute]: readonly [relative: number, absolute: number],
): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(found);
  const size = Math.abs(expected);
  const allowed = Math.max(relative * size + absolute, size < 2 * smallestNormal ? smallestNormal : 0);
  if (size * (1 + relative) > largest && found === Math.sign(expected) * Infinity) return true;
  return Math.abs(found - expected) <= allowed;
}
