/** What random models are given, and how results are compared. */
import { numbers } from "../support/model.ts";
import type { Draft } from "./generate.ts";
import { inputsOf } from "./generate.ts";

/** Flat values of every input. */
export type Inputs = Record<string, number[]>;
/** What all models start from. */
export const seed = 5;

/** Numbers for all inputs. */
export const given = (draft: Draft, batch: number, first = 1): Inputs =>
  inputsOf(draft, batch, (count, place) => numbers(count, 97 * first + 13 * place + 1));

/** The largest difference, in units of the tolerance around the size of what is compared; non-finite values left out. */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let scale = 1e-2;
  for (let i = 0; i < expected.length; i++)
    if (Number.isFinite(expected[i])) scale = Math.max(scale, Math.abs(expected[i]!));
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Number.isFinite(expected[i]) && Number.isFinite(actual[i]))
      worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!) / scale);
    else if (Number.isFinite(expected[i])) return Infinity;
  }
  return worst;
}

/** Throws where a value is further off than the tolerance. */
export function compare(
  what: string,
  actual: ReadonlyMap<string, readonly number[]>,
  expected: ReadonlyMap<string, readonly number[]>,
  tolerance: number,
): void {
  for (const [name, values] of expected) {
    const found = difference(actual.get(name)!, values);
    if (found > tolerance)
      throw new Error(
        `${what}: ${name} differs by ${found}: ${[...actual.get(name)!].slice(0, 8).join(" ")} instead of ${values.slice(0, 8).join(" ")}`,
      );
  }
}
