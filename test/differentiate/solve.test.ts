import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Builder } from "../../src/ir/builder.ts";
import { freeIndices } from "../../src/ir/rewrite.ts";
import type { Affine, Expr, Index, IntegerAtom } from "../../src/ir/types.ts";
import type { RuleName } from "../../src/passes/solve.ts";
import { allRules, countOf, solve } from "../../src/passes/solve.ts";

type Values = Map<Index, number>;
type Compiled = (values: Values) => number;

function compile(e: Affine): Compiled {
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

function compileGuard(guard: Expr): (values: Values) => boolean {
  if (guard.kind === "constant") return () => guard.value === 1;
  if (guard.kind !== "condition") throw new Error(guard.kind);
  const form = compile(guard.form);
  return guard.relation === "zero" ? (v) => form(v) === 0 : (v) => form(v) >= 0;
}

/** Every assignment of the loops, the first slowest. */
function forEach(loops: readonly Index[], visit: (values: Values) => void, values: Values = new Map()): void {
  const [first, ...rest] = loops;
  if (!first) return visit(values);
  for (let i = 0; i < first.extent.constant; i++) {
    values.set(first, i);
    forEach(rest, visit, values);
  }
}

/** A subscript: Σ coefficient·loop + constant, possibly under ⌊·/c⌋ or mod c, plus a plain second form. */
interface Map1 {
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
const subscript: fc.Arbitrary<Map1> = fc.record({
  coefficients: fc.array(coefficient, { minLength: 3, maxLength: 3 }),
  constant: fc.integer({ min: -3, max: 5 }),
  wrap: fc.constantFrom("none", "none", "floor", "modulo"),
  divisor: fc.integer({ min: 2, max: 4 }),
  outside: fc.array(fc.constantFrom(0, 0, 1, 2), { minLength: 3, maxLength: 3 }),
});
const problem = fc.record({
  extents: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }),
  subscripts: fc.array(subscript, { minLength: 1, maxLength: 2 }),
});

function build(b: Builder, loops: readonly Index[], m: Map1): Affine {
  const sum = (factors: number[]): Affine => b.plus(...loops.map((i, k) => b.times(i, factors[k]!)));
  const inner = b.plus(sum(m.coefficients), m.constant);
  if (m.wrap === "none") return inner;
  const wrapped = m.wrap === "floor" ? b.floorDivide(inner, m.divisor) : b.modulo(inner, m.divisor);
  return b.plus(wrapped, sum(m.outside));
}

const weightOf = (loops: readonly Index[], values: Values): number =>
  1 + loops.reduce((w, i) => w * 7 + values.get(i)!, 0);

function check(extents: number[], maps: Map1[], rules: ReadonlySet<RuleName>): number {
  const b = new Builder();
  const loops = extents.map((e, k) => b.index("ijk"[k]!, e));
  const forms = maps.map((m) => build(b, loops, m));
  const places = forms.map(compile);
  let low = Infinity;
  let high = -Infinity;
  forEach(loops, (v) => {
    for (const p of places) {
      low = Math.min(low, p(v));
      high = Math.max(high, p(v));
    }
  });
  const size = high - low + 1;
  const scattered = new Map<string, number>();
  forEach(loops, (v) => {
    const key = places.map((p) => p(v) - low).join();
    scattered.set(key, (scattered.get(key) ?? 0) + weightOf(loops, v));
  });

  const targets = forms.map((_, d) => b.index(`a${d}`, size));
  const solution = solve(
    b,
    loops,
    forms.map((f, d) => b.minus(b.minus(f, low), targets[d]!)),
    rules,
  );
  const guards = solution.guards.map(compileGuard);
  const free = freeIndices(...solution.guards, ...solution.values.values());
  for (const i of free) expect([...targets, ...solution.loops]).toContain(i);
  const values = [...solution.values].map(([i, value]) => [i, compile(value)] as const);
  const gathered = new Map<string, number>();
  forEach([...targets, ...solution.loops], (v) => {
    if (!guards.every((g) => g(v))) return;
    const loopValues: Values = new Map(v);
    for (const [i, value] of values) loopValues.set(i, value(v));
    const key = targets.map((t) => v.get(t)!).join();
    gathered.set(key, (gathered.get(key) ?? 0) + weightOf(loops, loopValues));
  });
  expect(gathered).toEqual(scattered);
  return solution.loops.length === 0 ? 1 : countOf(solution.loops);
}

const modes: Readonly<Record<string, ReadonlySet<RuleName>>> = {
  "equality guards only": new Set(),
  naive: new Set(["unit", "divisibility"]),
  lattice: new Set(["unit", "radix", "lattice", "divisibility"]),
  "all rules": allRules,
};

describe("solving subscripts agrees with a scatter over the loops", () => {
  for (const [name, rules] of Object.entries(modes)) {
    test(name, () => {
      fc.assert(
        fc.property(problem, ({ extents, subscripts }) => {
          check(extents, subscripts, rules);
        }),
        { numRuns: name === "equality guards only" ? 100 : 1000, seed: 20261122 },
      );
    });
  }
});

describe("the loops that stay", () => {
  const stays = (extents: number[], ...forms: ((b: Builder, ...loops: Index[]) => Affine)[]): number => {
    const b = new Builder();
    const loops = extents.map((e, k) => b.index("ijkl"[k]!, e));
    const targets = forms.map((_, d) => b.index(`a${d}`, 1000));
    const equations = forms.map((f, d) => b.minus(f(b, ...loops), targets[d]!));
    return countOf(solve(b, loops, equations).loops);
  };
  test("a convolution keeps the kernel", () => {
    expect(stays([28, 3], (b, i, u) => b.minus(b.plus(i!, u!), 1))).toBe(3);
  });
  test("a stride 2 convolution with kernel 3 keeps two", () => {
    expect(stays([14, 3], (b, i, u) => b.plus(b.times(i!, 2), u!))).toBe(2);
  });
  test("windows that do not overlap keep nothing", () => {
    expect(stays([14, 2], (b, i, u) => b.plus(b.times(i!, 2), u!))).toBe(1);
  });
  test("row-major positions keep nothing", () => {
    expect(stays([5, 3, 4], (b, i, j, k) => b.plus(b.times(i!, 12), b.times(j!, 4), k!))).toBe(1);
  });
  test("digits keep nothing", () => {
    expect(
      stays(
        [60],
        (b, m) => b.floorDivide(m!, 12),
        (b, m) => b.modulo(b.floorDivide(m!, 4), 3),
        (b, m) => b.modulo(m!, 4),
      ),
    ).toBe(1);
  });
  test("the read that a strided convolution's adjoint makes of its upstream keeps nothing", () => {
    // dz[⌊(a + 1) / 2⌋ − q] · W[(a + 1) mod 2 + 2q]
    expect(
      stays(
        [28, 2],
        (b, a, q) => b.minus(b.floorDivide(b.plus(a!, 1), 2), q!),
        (b, a, q) => b.plus(b.modulo(b.plus(a!, 1), 2), b.times(q!, 2)),
      ),
    ).toBe(1);
  });
});
