/** Places at which a derivation is evaluated: counts of dimensions and values of all that a model is given. */
import type { Environment } from "../ir/interpreter.ts";
import { evaluateAffine, extentsOf, interpret, tensorSize } from "../ir/interpreter.ts";
import type { Dim, Program, Statement, Tensor } from "../ir/types.ts";

/** How many random points a derivation is evaluated at. */
export const pointCount = 2;

/** Dynamic dimensions have this count there, or less. */
const largestCount = 3;

/** mulberry32: a small generator, so that the points are the same in every run. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Where numbers lie: on both sides of 0, or, for models that take logarithms of what they are given, inside (0, 1). */
const ranges = [
  { low: -1, high: 1 },
  { low: 0.1, high: 0.9 },
] as const;

/**
 * A random point at which `statements` have finite values; the last one that was tried where none has. What is computed
 * there is in the environment.
 */
export function randomPoint(program: Program, statements: readonly Statement[], seed: number): Environment {
  let last: Environment | undefined;
  for (const range of ranges) {
    const environment = valuesAt(program, generator(seed), range);
    interpret(statements, environment);
    last = environment;
    if (statements.every((s) => s.kind === "gradient" || isFinite(environment, s.tensor))) break;
  }
  return last!;
}

function isFinite({ values }: Environment, t: Tensor): boolean {
  return values.get(t)!.every((v) => Number.isFinite(v));
}

function valuesAt(
  program: Program,
  random: () => number,
  range: { readonly low: number; readonly high: number },
): Environment {
  const dims = new Map<Dim, number>(program.dims.map((d) => [d, Math.min(d.maximum, largestCount)]));
  const environment: Environment = { dims, values: builtinValues(program) };
  const between = (low: number, high: number): number => low + (high - low) * random();
  const fill = (t: Tensor, value: () => number): void => {
    environment.values.set(t, Float64Array.from({ length: tensorSize(t, dims) }, value));
  };
  for (const t of program.inputs) {
    if (t.type === "bool") fill(t, () => Math.floor(2 * random()));
    else if (t.type === "i32") {
      const below = t.below ? evaluateAffine(t.below, dims) : largestCount;
      fill(t, () => Math.floor(below * random()));
    } else if (t.distribution) {
      fill(t, () => between(0.1, 1));
      normaliseRows(environment.values.get(t) as Float64Array, extentsOf(t, dims).at(-1) ?? 1);
    } else fill(t, () => between(range.low, range.high));
  }
  // Sums over many weights stay about as large as those over a few.
  for (const t of program.parameters) {
    const fanIn = tensorSize(t, dims) / (extentsOf(t, dims).at(-1) ?? 1);
    const scale = Math.min(1, Math.sqrt(3 / fanIn));
    fill(t, () => scale * between(range.low, range.high));
  }
  // Running variances are positive.
  for (const t of [...program.states, ...program.optimizerStates]) fill(t, () => between(0.2, 1));
  return environment;
}

function normaliseRows(values: Float64Array, length: number): void {
  for (let row = 0; row < values.length; row += length) {
    const cells = values.subarray(row, row + length);
    const total = cells.reduce((a, b) => a + b, 0);
    cells.forEach((v, i) => (cells[i] = v / total));
  }
}

/** What does not depend on data: the first step, and the defaults of hyperparameters. */
export function builtinValues(program: Program, seed = 1): Environment["values"] {
  const { builtins, hypers } = program;
  const values: Environment["values"] = new Map();
  for (const t of [builtins.step, builtins.pass, builtins.training]) values.set(t, Float64Array.of(1));
  values.set(builtins.seed, Float64Array.of(seed));
  for (const h of hypers) values.set(h, Float64Array.of(h.value ?? 0));
  return values;
}
