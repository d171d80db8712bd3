import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Affine, Dim, Expr, Index } from "../../src/ir/types.ts";
import { evaluateAffine } from "../../src/ir/interpreter.ts";
import { lowerBound, prove, simplifyConjunction, simplifyUnder } from "../../src/ir/intervals.ts";
import { printExpr } from "../../src/ir/printer.ts";
import { Small } from "./small.ts";

const s = new Small();
const { b } = s;
const h = b.dim("h", 3, 100, s.span);
const T = b.dim("T", 1, 50, s.span);
const n = b.dim("n", 1, 64, s.span);
const below = (a: Affine | Index | Dim, c: Affine | Dim | number): Expr =>
  b.nonnegative(b.minus(b.minus(c, a), 1));
const above = (a: Affine | Index, c: Affine | Index | Dim | number): Expr => b.nonnegative(b.minus(a, c));

describe("prove", () => {
  const out = s.index("i", b.plus(b.floorDivide(b.minus(h, 3), 2), 1));
  const u = s.index("u", 3);
  const i = s.index("i", h);
  const t = s.index("t", b.minus(T, 1));
  const j = s.index("j", b.times(T, 2));
  const m = s.index("m", b.times(n, 4));
  const even = s.index("y", b.floorDivide(b.plus(h, 1), 2));
  const odd = s.index("y", b.floorDivide(h, 2));
  const token = s.integer(b.read(s.tensor("token", [n], "input", "i32", T), [s.index("b", n)]));
  const product = s.index("p", b.times(n, T));
  const padded = b.minus(b.plus(b.times(out, 2), u), 1);
  const shifted = b.plus(b.minus(i, u), 1);
  const smaller = s.integer(b.apply("min", [b.of(i), b.of(j)]));
  const round = s.integer(b.apply("integer_mod", [b.of(j), b.of(T)]));

  it.each<[string, Expr, Expr[]]>([
    ["index ≥ 0", above(i, 0), []],
    ["index below its extent", below(i, h), []],
    ["strided convolution", below(b.plus(b.times(out, 2), u), h), []],
    ["guarded padding, itself", above(padded, 0), [above(padded, 0)]],
    ["guarded padding, weaker", above(b.plus(padded, 5), 0), [above(padded, 0)]],
    ["padding, upper side unguarded", below(padded, h), []],
    ["adjoint of padding", below(shifted, h), [above(b.of(u), b.plus(b.minus(i, h), 2))]],
    ["shift", below(b.plus(t, 1), T), []],
    ["second half", above(b.minus(j, T), 0), [above(j, T)]],
    ["second half, below", below(b.minus(j, T), T), []],
    ["first half", below(j, T), [b.apply("not", [above(j, T)])]],
    ["m div 4", below(b.floorDivide(m, 4), n), []],
    ["m mod 4", below(b.modulo(m, 4), 4), []],
    ["even rows", below(b.times(even, 2), h), []],
    ["odd rows", below(b.plus(b.times(odd, 2), 1), h), []],
    ["token", below(token, T), []],
    ["token from 0", above(token, 0), []],
    ["x mod 3 ≤ x", b.nonnegative(b.minus(i, b.modulo(i, 3))), []],
    ["x ≤ 2·⌊x/2⌋ + 1", b.nonnegative(b.minus(b.plus(b.times(b.floorDivide(i, 2), 2), 1), i)), []],
    ["divisible: 2·⌊x/2⌋ = x", b.zero(b.minus(b.times(b.floorDivide(i, 2), 2), i)), [b.zero(b.modulo(i, 2))]],
    ["half of at least 6", above(b.floorDivide(i, 2), 3), [above(i, 6)]],
    ["at least twice 3", above(i, 6), [above(b.floorDivide(i, 2), 3)]],
    ["two assumptions", above(i, 5), [above(i, b.plus(u, 3)), above(u, 2)]],
    ["three assumptions", below(i, 5), [below(i, b.of(u)), below(u, b.of(t)), below(t, 6)]],
    ["equal means below", below(i, T), [b.zero(b.minus(i, token))]],
    ["quotient of two dims", below(product, b.times(n, T)), []],
    ["product of dims", b.nonnegative(b.minus(b.times(n, T), T)), []],
    ["smaller of two", below(smaller, h), []],
    ["the rest by a dim", below(round, T), []],
    ["not zero", above(i, 1), [b.apply("not", [b.zero(b.of(i))])]],
    ["conjunction", b.and(above(i, 0), below(i, h)), []],
    ["disjunction", b.apply("or", [above(i, 1), above(i, 0)]), []],
    ["any fact from contradictory ones", above(i, 1000), [above(i, 2), below(i, 2)]],
  ])("%s", (_, goal, assumptions) => expect(prove(goal, assumptions, b), printExpr(goal)).toBe(true));

  it.each<[string, Expr, Expr[]]>([
    ["padding", above(padded, 0), []],
    ["strided convolution past the end", below(b.plus(b.times(out, 2), u, 1), h), []],
    ["odd rows as many as even ones", below(b.plus(b.times(even, 2), 1), h), []],
    ["second half unguarded", above(b.minus(j, T), 0), []],
    ["other dim", below(i, T), []],
    ["off by one", above(i, 7), [above(b.floorDivide(i, 2), 3)]],
  ])("not: %s", (_, goal, assumptions) => expect(prove(goal, assumptions, b), printExpr(goal)).toBe(false));

  it("bounds", () => {
    expect(lowerBound(b.plus(i, 2), [], b)).toBe(2);
    expect(lowerBound(b.minus(h, i), [], b)).toBe(1);
    expect(lowerBound(b.minus(i, u), [above(i, b.times(u, 2))], b)).toBe(0);
    expect(lowerBound(s.integer(b.read(s.tensor("any", [], "input", "i32"), [])), [], b)).toBe(-Infinity);
  });
});

/** Random integers over two dims and indices whose extents mention them, with ⌊·⌋ and mod. */
class World {
  readonly small = new Small();
  readonly b = this.small.b;
  readonly p = this.b.dim("p", 1, 4, this.small.span);
  readonly q = this.b.dim("q", 2, 5, this.small.span);
  readonly indices = [
    this.small.index("i", this.p),
    this.small.index("j", 3),
    this.small.index("k", this.b.plus(this.b.floorDivide(this.b.plus(this.q, 1), 2), 1)),
  ];

  form(recipe: Recipe): Affine {
    const { b } = this;
    const atoms = [this.p, this.q, ...this.indices];
    const sum = (parts: readonly (readonly [number, number])[], constant: number): Affine =>
      b.plus(constant, ...parts.map(([f, a]) => b.times(atoms[a]!, f)));
    const inner = sum(recipe.inner, recipe.innerConstant);
    return b.plus(
      sum(recipe.outer, recipe.constant),
      b.times(b.floorDivide(inner, recipe.divisor), recipe.floor),
      b.times(b.modulo(inner, recipe.divisor), recipe.modulo),
    );
  }

  /** Every assignment of counts to dims and of values to indices. */
  *points(): Iterable<[Map<Dim, number>, Map<Index, number>]> {
    for (let p = 1; p <= 4; p++) {
      for (let q = 2; q <= 5; q++) {
        const dims = new Map([
          [this.p, p],
          [this.q, q],
        ]);
        const extents = this.indices.map((i) => evaluateAffine(i.extent, dims));
        for (let at = 0; at < extents.reduce((a, c) => a * c, 1); at++) {
          let rest = at;
          const values = extents.map((e) => {
            const value = rest % e;
            rest = Math.floor(rest / e);
            return value;
          });
          yield [dims, new Map(this.indices.map((index, d) => [index, values[d]!]))];
        }
      }
    }
  }
}

const term = fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 4 }));
const recipe = fc.record({
  outer: fc.array(term, { maxLength: 3 }),
  inner: fc.array(term, { minLength: 1, maxLength: 2 }),
  constant: fc.integer({ min: -4, max: 8 }),
  innerConstant: fc.integer({ min: -3, max: 3 }),
  divisor: fc.integer({ min: 2, max: 4 }),
  floor: fc.integer({ min: -2, max: 2 }),
  modulo: fc.integer({ min: -1, max: 1 }),
});
type Recipe = typeof recipe extends fc.Arbitrary<infer R> ? R : never;

describe("proofs are true", () => {
  it("by brute force", () => {
    const tally = { proved: 0, missed: 0 };
    const condition = fc.tuple(recipe, fc.boolean());
    fc.assert(
      fc.property(condition, fc.array(condition, { maxLength: 2 }), ([goalRecipe, isZero], given) => {
        const world = new World();
        const forms = given.map(([r]) => world.form(r));
        const goalForm = world.form(goalRecipe);
        const make = (f: Affine, zero: boolean): Expr => (zero ? world.b.zero(f) : world.b.nonnegative(f));
        const assumptions = forms.map((f, a) => make(f, given[a]![1]));
        const goal = make(goalForm, isZero);
        const holds = (f: Affine, zero: boolean, at: [Map<Dim, number>, Map<Index, number>]): boolean => {
          const value = evaluateAffine(f, ...at);
          return zero ? value === 0 : value >= 0;
        };
        const claimed = prove(goal, assumptions, world.b);
        const bound = lowerBound(goalForm, assumptions, world.b);
        let always = true;
        for (const at of world.points()) {
          if (!forms.every((f, a) => holds(f, given[a]![1], at))) continue;
          if (evaluateAffine(goalForm, ...at) < bound)
            throw new Error(`${printExpr(goalForm)} is below ${bound}`);
          always &&= holds(goalForm, isZero, at);
        }
        if (claimed)
          expect(always, `${assumptions.map(printExpr).join(" ∧ ")} ⇒ ${printExpr(goal)}`).toBe(true);
        if (always) tally[claimed ? "proved" : "missed"]++;
      }),
      { numRuns: 300, seed: 7 },
    );
    // What is true without assumptions is mostly found; the rest needs reasoning about divisibility.
    expect(tally.proved).toBeGreaterThan(tally.missed);
    if (process.env.TALLY) console.log(tally);
  });
});

describe("simplifyUnder", () => {
  const x = s.tensor("x", [h], "input");
  const i = s.index("i", h);
  const condition = b.less(b.read(x, [i]), b.number(0));

  it("decides conditions, also by the branch they stand in", () => {
    const at = b.read(x, [i]);
    const guarded = b.select(
      above(i, 0),
      b.select(condition, b.select(condition, at, b.number(1)), at),
      b.number(2),
    );
    expect(printExpr(simplifyUnder(guarded, [], b))).toBe(
      "if x[i] < 0 then x[i] else x[i]".replace(/if.*/, "x[i]"),
    );
    const upper = b.select(
      below(i, 4),
      b.select(below(i, 5), at, b.number(1)),
      b.select(below(i, 3), b.number(2), at),
    );
    expect(simplifyUnder(upper, [], b)).toBe(at);
    const both = b.and(condition, above(i, 2), above(i, 1));
    expect(simplifyUnder(both, [above(i, 2)], b)).toBe(condition);
    expect(simplifyUnder(b.cast(above(i, 3), "f32"), [below(i, 3)], b)).toBe(b.number(0));
  });

  it("drops conjuncts that follow from the others", () => {
    expect(simplifyConjunction([above(i, 1), above(i, 2), below(i, h)], [], b)).toEqual([above(i, 2)]);
    expect(simplifyConjunction([above(i, 5), below(i, 4)], [], b)).toEqual([b.bool(false)]);
  });

  it("stays polynomial on shared branches", () => {
    let e = b.read(x, [i]);
    for (let d = 0; d < 60; d++) {
      const c = b.less(b.read(x, [b.integer(d % 3)]), b.number(d));
      e = b.select(c, b.apply("exp", [e]), b.add(e, b.number(d + 1)));
    }
    const start = performance.now();
    simplifyUnder(e, [above(i, 1)], b);
    expect(performance.now() - start).toBeLessThan(4000);
  });
});
