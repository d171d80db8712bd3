import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Builder } from "../../src/ir/builder.ts";
import { freeIndices } from "../../src/ir/rewrite.ts";
import type { Affine, Index } from "../../src/ir/types.ts";
import type { RuleName } from "../../src/passes/solve/solve.ts";
import { countOf } from "../../src/ir/affine.ts";
import { allRules, rangeGuards, solve } from "../../src/passes/solve/solve.ts";
import type { RandomMap, Values } from "../support/integers.ts";
import { buildMap, compile, compileGuard, forEach, subscript } from "../support/integers.ts";

const problem = fc.record({
  extents: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }),
  subscripts: fc.array(subscript, { minLength: 1, maxLength: 2 }),
});

const weightOf = (loops: readonly Index[], values: Values): number =>
  1 + loops.reduce((w, i) => w * 7 + values.get(i)!, 0);

function check(extents: number[], maps: RandomMap[], rules: ReadonlySet<RuleName>): number {
  const b = new Builder();
  const loops = extents.map((e, k) => b.index("ijk"[k]!, e));
  const forms = maps.map((m) => buildMap(b, loops, m));
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
  const guards = [...solution.guards, ...rangeGuards(b, solution.values)].map(compileGuard);
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
        { numRuns: name === "equality guards only" ? 100 : 400, seed: 20261122 },
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
