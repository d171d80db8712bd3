import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AtomName } from "../../src/ir/atoms.ts";
import { atomNames, atoms } from "../../src/ir/atoms.ts";
import { Builder } from "../../src/ir/builder.ts";
import { erf, softplus, uniform } from "../../src/ir/numeric.ts";
import type { Affine, Expr, Tensor } from "../../src/ir/types.ts";
import { ExpressionPrinter } from "../../src/codegen/expressions.ts";
import { printHelpers } from "../../src/codegen/helpers.ts";
import { TextBuilder } from "../../src/codegen/text.ts";

const nowhere = { file: "", start: 0, end: 0 };

interface Given {
  readonly numbers: readonly number[];
  readonly integers: readonly number[];
  readonly truths: readonly boolean[];
}

/** Three variables of each type: reads of scalars, indices, and reads of flags. */
class World {
  readonly b = new Builder();
  readonly numbers = ["p", "q", "r"].map((name) => this.scalar(name, "f32"));
  readonly truths = ["s", "t", "u"].map((name) => this.scalar(name, "bool"));
  readonly integers = ["i", "j", "k"].map((name) => this.b.index(name, 8));

  private scalar(name: string, type: Tensor["type"]): Tensor {
    return this.b.tensor({ name, shape: [], type, role: "hyper", span: nowhere });
  }

  code(e: Expr): { text: string; helpers: Set<string> } {
    const helpers = new Set<string>();
    const printer = new ExpressionPrinter({
      name: (thing) => thing.name,
      tensor: (t) => ({ name: t.name, byValue: true }),
      address: () => "",
      helper: (name) => helpers.add(name),
    });
    return { text: printer.text(e), helpers };
  }

  /** Runs printed code. */
  run(e: Expr, given: Given): number {
    const { text, helpers } = this.code(e);
    const out = new TextBuilder("javascript");
    printHelpers(helpers, out);
    const names = [...this.numbers, ...this.integers, ...this.truths].map((t) => t.name);
    const body = `${out.lines.map((l) => l.text).join("\n")}\nreturn ${text};`;
    return Number(new Function(...names, body)(...given.numbers, ...given.integers, ...given.truths));
  }

  /** The value by the meaning in the table. */
  value(e: Expr, given: Given): number {
    const integer = (form: Affine): number =>
      form.terms.reduce((n, t) => n + t.factor * atom(t.atom), form.constant);
    const atom = (a: Affine["terms"][number]["atom"]): number => {
      switch (a.kind) {
        case "index":
          return given.integers[this.integers.indexOf(a)]!;
        case "floor":
          return Math.floor(integer(a.value) / a.divisor);
        case "modulo":
          return integer(a.value) - a.divisor * Math.floor(integer(a.value) / a.divisor);
        case "opaque":
          return this.value(a.value, given);
        case "dim":
          throw new Error("there is no dimension here");
      }
    };
    switch (e.kind) {
      case "constant":
        return e.value;
      case "affine":
        return integer(e);
      case "condition":
        return Number(e.relation === "zero" ? integer(e.form) === 0 : integer(e.form) >= 0);
      case "read":
        return Number(
          e.type === "f32"
            ? given.numbers[this.numbers.indexOf(e.tensor)]
            : given.truths[this.truths.indexOf(e.tensor)],
        );
      case "apply":
        return atoms[e.atom].evaluate(...e.args.map((a) => this.value(a, given)));
      default:
        throw new Error(`there is no ${e.kind} here`);
    }
  }
}

/** A random expression of a type, from a stream of choices. */
function grow(w: World, type: Expr["type"], choices: () => number, depth: number): Expr {
  const pick = <T>(list: readonly T[]): T => list[choices() % list.length]!;
  if (type === "i32") {
    const small = (): Affine => grow(w, "i32", choices, depth - 1) as Affine;
    if (depth <= 0) return w.b.of(pick(w.integers));
    const kinds = [
      () => w.b.plus(small(), small(), (choices() % 9) - 4),
      () => w.b.times(small(), (choices() % 7) - 3),
      () => w.b.floorDivide(small(), (choices() % 4) + 1),
      () => w.b.modulo(small(), (choices() % 4) + 1),
      () => w.b.cast(grow(w, "bool", choices, depth - 1), "i32") as Affine,
      () => w.b.select(grow(w, "bool", choices, depth - 1), small(), small()) as Affine,
    ];
    return pick(kinds)();
  }
  if (depth <= 0) {
    if (type === "bool") return w.b.read(pick(w.truths), []);
    return choices() % 3 === 0
      ? w.b.number(pick([0, 1, -1, 2.5, -0.5, 1e-9]))
      : w.b.read(pick(w.numbers), []);
  }
  if (type === "bool" && choices() % 3 === 0) {
    const form = grow(w, "i32", choices, depth - 1) as Affine;
    return choices() % 2 === 0 ? w.b.nonnegative(form) : w.b.zero(form);
  }
  const fitting = atomNames.flatMap((name) => signatures(name, type).map((args) => ({ name, args })));
  const { name, args } = pick(fitting);
  return w.b.apply(
    name,
    args.map((a) => grow(w, a, choices, depth - 1)),
  );
}

const types = ["f32", "i32", "bool"] as const;

/** Argument types with which an atom gives this type. */
function signatures(name: AtomName, result: Expr["type"]): Expr["type"][][] {
  if (name === "random") return [];
  const lists = Array.from({ length: atoms[name].arity }).reduce<Expr["type"][][]>(
    (all) => all.flatMap((list) => types.map((t) => [...list, t])),
    [[]],
  );
  return lists.filter((list) => atoms[name].type(list) === result);
}

const given = fc.record({
  numbers: fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 3, maxLength: 3 }),
  integers: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 3, maxLength: 3 }),
  truths: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
});

describe("printed expressions mean what the table says", () => {
  test.each(types)("random expressions of type %s", (type) => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { minLength: 80, maxLength: 80 }),
        fc.integer({ min: 1, max: 4 }),
        given,
        (list, depth, g) => {
          const w = new World();
          let n = 0;
          const e = grow(w, type, () => list[n++ % list.length]!, depth);
          const expected = w.value(e, g);
          const found = w.run(e, g);
          const close = Math.abs(found - expected) <= 1e-9 * (1 + Math.abs(expected));
          if (
            !Object.is(found, expected) &&
            found !== expected &&
            !close &&
            !(Number.isNaN(found) && Number.isNaN(expected))
          ) {
            throw new Error(`${w.code(e).text} is ${found}, but should be ${expected}`);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  test("the helper functions have the precision of their meaning", () => {
    const w = new World();
    const [p] = w.numbers.map((t) => w.b.read(t, []));
    const at = (name: AtomName, x: number): number =>
      w.run(w.b.apply(name, [p!]), {
        numbers: [x, 0, 0],
        integers: [0, 0, 0],
        truths: [false, false, false],
      });
    for (const x of [0, 1e-30, 1e-7, 0.1, 0.46, 0.47, 0.9, 1.5, 2.4, 2.6, 3.9, 5.5, 7, 40, 800]) {
      for (const signed of [x, -x]) {
        const close = (found: number, expected: number): void =>
          expect(Math.abs(found - expected)).toBeLessThanOrEqual(4e-16 * 4 * Math.abs(expected));
        close(at("erf", signed), erf(signed));
        close(at("softplus", signed), softplus(signed));
        expect(at("sigmoid", signed)).toBe(1 / (1 + Math.exp(-signed)));
      }
    }
    expect(at("erf", NaN)).toBeNaN();
    expect(Object.is(at("erf", -0), -0)).toBe(true);
  });

  test("random numbers are the table's, bit for bit", () => {
    const w = new World();
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 4, maxLength: 4 }), (words) => {
        const e = w.b.apply(
          "random",
          words.map((n) => w.b.integer(n)),
        );
        const none = { numbers: [0, 0, 0], integers: [0, 0, 0], truths: [false, false, false] };
        expect(w.run(e, none)).toBe(uniform(...(words as [number, number, number, number])));
      }),
    );
  });
});

describe("spelling", () => {
  const w = new World();
  const b = w.b;
  const [p, q] = w.numbers.map((t) => b.read(t, [])) as [Expr, Expr];
  const [i, j] = w.integers as [(typeof w.integers)[0], (typeof w.integers)[0]];
  const k2 = b.opaque(b.local("k2", "i32"));
  test.each<[string, Expr]>([
    ["-(-p)", b.apply("neg", [b.apply("neg", [p])])],
    ["p - 0.5", b.apply("add", [p, b.number(-0.5)])],
    ["p + 0.5", b.apply("sub", [p, b.number(-0.5)])],
    ["p - q", b.apply("add", [p, b.neg(q)])],
    ["p - (q - p)", b.apply("sub", [p, b.apply("sub", [q, p])])],
    ["(p * q) / p", b.apply("div", [b.apply("mul", [p, q]), p])],
    ["p * p", b.pow(p, b.number(2))],
    ["square(p + q)", b.pow(b.apply("add", [p, q]), b.number(2))],
    ["Math.pow(p, 0.5)", b.pow(p, b.number(0.5))],
    ["p > 0", b.less(b.number(0), p)],
    ["p !== q", b.apply("not", [b.equal(p, q)])],
    ["(p < q ? 1 : 0) * p", b.mul(b.cast(b.less(p, q), "f32"), p)],
    ["p < q ? p : -Infinity", b.select(b.less(p, q), p, b.number(-Infinity))],
    ["i + 1 < j", b.less(b.plus(i, 1), b.of(j))],
    ["i <= j", b.apply("not", [b.less(b.of(j), b.of(i))])],
    ["i + j >= 1", b.nonnegative(b.plus(i, j, -1))],
    ["i < 4", b.less(b.of(i), b.integer(4))],
    ["i === j", b.equal(b.of(i), b.of(j))],
    ["i !== 3", b.apply("not", [b.equal(b.of(i), b.integer(3))])],
    ["(i / 2) | 0", b.floorDivide(i, 2)],
    ["(((i + j) / 2) | 0) - j", b.floorDivide(b.minus(i, j), 2)],
    ["Math.floor(k2 / 2)", b.floorDivide(k2, 2)],
    ["floorModulo(k2, 5)", b.modulo(k2, 5)],
    ["(i + j) % 5", b.modulo(b.minus(i, b.times(j, 4)), 5)],
    ["i % 2 === 0", b.zero(b.modulo(i, 2))],
    ["1e21", b.number(1e21)],
    ["(1 / 6) * p", b.mul(b.number(1 / 6), p)],
    ["p - 1 / 3", b.apply("add", [p, b.number(-1 / 3)])],
    ["p * (-1 / 3)", b.apply("mul", [p, b.number(-1 / 3)])],
  ])("%s", (text, e) => {
    expect(w.code(e).text).toBe(text);
  });
});
