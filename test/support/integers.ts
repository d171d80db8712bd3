/** Integers evaluated by hand, apart from the interpreter; and random maps from loops to cells. */
import fc from "fast-check";
import type { Builder } from "../../src/ir/builder.ts";
import type { Affine, Expr, Index, IntegerAtom } from "../../src/ir/types.ts";

export type Values = Map<Index, number>;
export type Compiled = (values: Values) => number;

export function compile(e: Affine): Compiled {
  const terms = e.terms.map((t) => ({ factor: t.factor, atom: compileAtom(t.atom) }));
  return (values) => terms.reduce((sum, t) => sum + t.factor * t.atom(values), e.constant);
}

function compileAtom(atom: IntegerAtom): Compiled {
  if (atom.kind === "index") return (values) => values.get(atom)!;
  if (atom.kind !== "floor" && atom.kind !== "modulo") throw new Error(atom.kind);
  const value = compile(atom.value);
  if (atom.kind === "floor") return (values) => Math.floor(value(values) / atom.divisor);
  return (values) => {
    const v = value(values);
    return v - atom.divisor * Math.floor(v / atom.divisor);
  };
}

export function compileGuard(guard: Expr): (values: Values) => boolean {
  if (guard.kind === "constant") return () => guard.value === 1;
  if (guard.kind !== "condition") throw new Error(guard.kind);
  const form = compile(guard.form);
  return guard.relation === "zero" ? (v) => form(v) === 0 : (v) => form(v) >= 0;
}

/** Every assignment of the loops, the first slowest. */
export function forEach(
  loops: readonly Index[],
  visit: (values: Values) => void,
  values: Values = new Map(),
): void {
  const [first, ...rest] = loops;
  if (!first) return visit(values);
  for (let i = 0; i < first.extent.constant; i++) {
    values.set(first, i);
    forEach(rest, visit, values);
  }
}

/** A subscript: Σ coefficient·loop + constant, possibly under ⌊·/c⌋ or mod c, plus a plain second form. */
export interface RandomMap {
  coefficients: number[];
  constant: number;
  wrap: "none" | "floor" | "modulo";
  divisor: number;
  outside: number[];
}

const coefficient = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: -2, max: 6 }) },
);
export const subscript: fc.Arbitrary<RandomMap> = fc.record({
  coefficients: fc.array(coefficient, { minLength: 3, maxLength: 3 }),
  constant: fc.integer({ min: -3, max: 5 }),
  wrap: fc.constantFrom("none", "none", "floor", "modulo"),
  divisor: fc.integer({ min: 2, max: 4 }),
  outside: fc.array(fc.constantFrom(0, 0, 1, 2), { minLength: 3, maxLength: 3 }),
});
export function buildMap(b: Builder, loops: readonly Index[], m: RandomMap): Affine {
  const sum = (factors: number[]): Affine => b.plus(...loops.map((i, k) => b.times(i, factors[k]!)));
  const inner = b.plus(sum(m.coefficients), m.constant);
  if (m.wrap === "none") return inner;
  const wrapped = m.wrap === "floor" ? b.floorDivide(inner, m.divisor) : b.modulo(inner, m.divisor);
  return b.plus(wrapped, sum(m.outside));
}
