import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rangeOf } from "../../src/ir/affine.ts";
import { evaluateAffine } from "../../src/ir/interpreter.ts";
import { printAffine } from "../../src/ir/printer.ts";
import { substituteAffine } from "../../src/ir/rewrite.ts";
import type { Affine, Dim, Index } from "../../src/ir/types.ts";
import { Small } from "./small.ts";

/** An integer expression as it is written, before any normal form. */
type Written =
  | { op: "leaf"; at: number }
  | { op: "constant"; value: number }
  | { op: "plus" | "minus" | "times" | "div" | "mod" | "min"; a: Written; b: Written }
  | { op: "scale" | "floor" | "modulo"; a: Written; by: number };

const { written } = fc.letrec<{ written: Written; leaf: Written }>((tie) => ({
  leaf: fc.oneof(
    fc.record({ op: fc.constant("leaf" as const), at: fc.nat(4) }),
    fc.record({ op: fc.constant("constant" as const), value: fc.integer({ min: -9, max: 9 }) }),
  ),
  written: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    tie("leaf"),
    fc.record({
      op: fc.constantFrom(
        "plus" as const,
        "plus" as const,
        "minus" as const,
        "times" as const,
        "div" as const,
        "mod" as const,
        "min" as const,
      ),
      a: tie("written"),
      b: tie("written"),
    }),
    fc.record({ op: fc.constant("scale" as const), a: tie("written"), by: fc.integer({ min: -6, max: 6 }) }),
    fc.record({
      op: fc.constantFrom("floor" as const, "modulo" as const),
      a: tie("written"),
      by: fc.integer({ min: 1, max: 6 }),
    }),
  ),
}));

class World {
  readonly small = new Small();
  readonly b = this.small.b;
  readonly dims: readonly Dim[] = [
    this.b.dim("p", 1, 9, this.small.span),
    this.b.dim("q", 2, 7, this.small.span),
  ];
  readonly indices: readonly Index[] = [
    this.small.index("i", 12),
    this.small.index("j", this.dims[0]!),
    this.small.index("k", this.b.plus(this.b.floorDivide(this.dims[1]!, 2), 1)),
  ];

  normal(e: Written): Affine {
    const { b } = this;
    switch (e.op) {
      case "leaf":
        return b.of([...this.dims, ...this.indices][e.at]!);
      case "constant":
        return b.integer(e.value);
      case "plus":
        return b.plus(this.normal(e.a), this.normal(e.b));
      case "minus":
        return b.minus(this.normal(e.a), this.normal(e.b));
      case "times":
        return b.times(this.normal(e.a), this.normal(e.b));
      case "div":
        return b.floorDivide(this.normal(e.a), this.positive(e.b));
      case "mod":
        return b.modulo(this.normal(e.a), this.positive(e.b));
      case "min":
        return this.small.integer(b.apply("min", [this.normal(e.a), this.normal(e.b)]));
      case "scale":
        return b.times(this.normal(e.a), e.by);
      case "floor":
        return b.floorDivide(this.normal(e.a), e.by);
      case "modulo":
        return b.modulo(this.normal(e.a), e.by);
    }
  }

  /** Divisors are made positive: x mod 5 + 1. */
  private positive(e: Written): Affine {
    return this.b.plus(this.b.modulo(this.normal(e), 5), 1);
  }
}

const remainder = (a: number, c: number): number => a - c * Math.floor(a / c);

function direct(e: Written, leaves: readonly number[]): number {
  const of = (x: Written): number => direct(x, leaves);
  switch (e.op) {
    case "leaf":
      return leaves[e.at]!;
    case "constant":
      return e.value;
    case "plus":
      return of(e.a) + of(e.b);
    case "minus":
      return of(e.a) - of(e.b);
    case "times":
      return of(e.a) * of(e.b);
    case "div":
      return Math.floor(of(e.a) / (remainder(of(e.b), 5) + 1));
    case "mod":
      return remainder(of(e.a), remainder(of(e.b), 5) + 1);
    case "min":
      return Math.min(of(e.a), of(e.b));
    case "scale":
      return of(e.a) * e.by;
    case "floor":
      return Math.floor(of(e.a) / e.by);
    case "modulo":
      return remainder(of(e.a), e.by);
  }
}

describe("affine normal form", () => {
  const places = fc.array(fc.nat(1000), { minLength: 5, maxLength: 5 });

  it("has the value of what was written, within its range", () => {
    fc.assert(
      fc.property(written, fc.array(places, { minLength: 1, maxLength: 6 }), (e, draws) => {
        const world = new World();
        const form = world.normal(e);
        const range = rangeOf(form);
        for (const draw of draws) {
          const dims = new Map(
            world.dims.map((d, n) => [d, d.minimum + (draw[n]! % (d.maximum - d.minimum + 1))]),
          );
          const indices = new Map(
            world.indices.map((i, n) => [i, draw[n + 2]! % evaluateAffine(i.extent, dims)]),
          );
          const expected = direct(e, [...dims.values(), ...indices.values()]);
          if (!Number.isSafeInteger(expected)) return;
          const value = evaluateAffine(form, dims, indices);
          expect(value, printAffine(form)).toBe(expected + 0);
          expect(value).toBeGreaterThanOrEqual(range.low);
          expect(value).toBeLessThanOrEqual(range.high);
        }
      }),
      { numRuns: 600, seed: 3 },
    );
  });

  it("keeps the value when an index is replaced", () => {
    fc.assert(
      fc.property(written, written, places, (e, replacement, draw) => {
        const world = new World();
        const [i] = world.indices as [Index];
        const value = world.b.modulo(world.normal(replacement), 12);
        const form = substituteAffine(world.b, world.normal(e), new Map([[i, value]]));
        const dims = new Map(
          world.dims.map((d, n) => [d, d.minimum + (draw[n]! % (d.maximum - d.minimum + 1))]),
        );
        const indices = new Map(
          world.indices.map((x, n) => [x, draw[n + 2]! % evaluateAffine(x.extent, dims)]),
        );
        const replaced = new Map(indices).set(i, evaluateAffine(value, dims, indices));
        const expected = evaluateAffine(world.normal(e), dims, replaced);
        if (Number.isSafeInteger(expected)) expect(evaluateAffine(form, dims, indices)).toBe(expected);
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  const s = new Small();
  const { b } = s;
  const n = b.dim("n", 1, 100, s.span);
  const [x, y, u] = [s.index("x", n), s.index("y", n), s.index("u", 4)];
  it.each<[string, Affine, string]>([
    ["quotient and remainder make the whole", b.plus(b.times(b.floorDivide(x, 3), 3), b.modulo(x, 3)), "x"],
    [
      "also of nested quotients",
      b.plus(b.times(b.floorDivide(b.floorDivide(x, 3), 2), 2), b.modulo(b.floorDivide(x, 3), 2)),
      "⌊x/3⌋",
    ],
    ["coefficients are reduced", b.floorDivide(b.plus(b.times(x, 5), y, 7), 2), "2·x + ⌊(x + y + 1)/2⌋ + 3"],
    ["common factors are cancelled", b.floorDivide(b.plus(b.times(x, 4), 3), 6), "⌊(2·x + 1)/3⌋"],
    ["small values collapse", b.floorDivide(b.plus(b.times(x, 4), u), 4), "x"],
    ["small remainders collapse", b.modulo(b.plus(b.times(x, 4), u), 4), "u"],
    ["quotients of quotients", b.floorDivide(b.plus(b.floorDivide(x, 3), 1), 2), "⌊(x + 3)/6⌋"],
    ["remainders of remainders", b.modulo(b.modulo(x, 6), 3), "x mod 3"],
    ["differences vanish", b.minus(b.plus(x, y), b.plus(y, x)), "0"],
    ["opaque products are equal", b.minus(b.times(x, y), b.times(y, x)), "0"],
  ])("%s", (_, form, text) => expect(printAffine(form)).toBe(text));

  it("finds the range of deep shared forms quickly", () => {
    let e = b.of(x);
    for (let depth = 0; depth < 60; depth++) e = b.plus(b.floorDivide(b.plus(e, y), 2), b.modulo(e, 3));
    const start = performance.now();
    rangeOf(e);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
