/** Conditions: what follows from which, and chains of choices in place of sums of them. */
import { describe, expect, it } from "vitest";
import { compile, printStatement } from "../../src/index.ts";
import type { Expr } from "../../src/ir/types.ts";
import { simplify } from "../../src/passes/simplify.ts";
import { Facts } from "../../src/passes/simplify/facts.ts";
import { close, model, numbers as inputs } from "../support/model.ts";
import { Bench, formulas, run } from "./helpers.ts";

const s = new Bench();
const { b } = s;
const [x, y] = ["x", "y"].map((name) => b.read(s.tensor(name, [], "input"), [])) as [Expr, Expr];
const n = (value: number): Expr => b.number(value);
const atMost = (a: Expr, c: Expr): Expr => b.apply("le", [a, c]);
const not = (c: Expr): Expr => b.apply("not", [c]);

describe("of comparisons that are known", () => {
  const known = (condition: Expr, holds = true): Facts => new Facts().with(condition, holds, b);

  it("wider ones follow, and those beyond are refuted", () => {
    const below = known(b.less(x, n(-3)));
    expect(below.decide(b.less(x, n(3)))).toBe(true);
    expect(below.decide(atMost(x, n(-3)))).toBe(true);
    expect(below.decide(b.less(n(-3), x))).toBe(false);
    expect(below.decide(b.equal(x, n(-3)))).toBe(false);
    expect(below.decide(b.less(x, n(-4)))).toBeUndefined();
    expect(below.decide(b.less(y, n(3)))).toBeUndefined();
    expect(known(atMost(x, n(1))).decide(b.less(x, n(1)))).toBeUndefined();
  });

  it("what does not hold says nothing of NaN", () => {
    const notBelow = known(b.less(x, n(3)), false);
    expect(notBelow.decide(b.less(x, n(-3)))).toBe(false);
    expect(notBelow.decide(atMost(n(3), x))).toBeUndefined();
    const real = notBelow.with(b.less(x, n(9)), true, b);
    expect(real.decide(atMost(n(3), x))).toBe(true);
  });

  it("two expressions have one order", () => {
    expect(known(b.less(x, y)).decide(b.less(y, x))).toBe(false);
    expect(known(b.less(x, y)).decide(atMost(x, y))).toBe(true);
    expect(known(atMost(x, y)).decide(b.less(x, y))).toBeUndefined();
    expect(known(atMost(x, y), false).decide(b.less(y, x))).toBeUndefined();
  });

  it("integers have whole bounds", () => {
    const i = b.of(s.index("i", 20));
    const atLeast = (bound: number): Expr => b.nonnegative(b.minus(i, bound));
    expect(known(atLeast(8)).decide(atLeast(4))).toBe(true);
    expect(known(atLeast(8), false).decide(b.nonnegative(b.minus(7, i)))).toBe(true);
    expect(known(atLeast(8)).decide(b.zero(b.minus(i, 7)))).toBe(false);
    expect(known(b.zero(b.minus(i, 7))).decide(atLeast(8))).toBe(false);
  });

  it("an infinite bound is no bound", () => {
    expect(known(b.less(n(-Infinity), x), false).decide(b.less(x, n(0)))).toBeUndefined();
  });
});

/** da = body, simplified. */
function simplified(
  body: Expr,
  where: readonly Expr[] = [],
): { formula: string; sameFor: (at: number) => void } {
  const da = s.tensor("da", [], "adjoint");
  const graph = s.graph([s.equation(da, [], [], body, { where })], [da]);
  const after = simplify.run(graph, s.exact());
  const [left, right] = [x, y].map((e) => (e.kind === "read" ? e.tensor : da));
  const sameFor = (at: number): void => {
    const given = new Map([
      [left!, [at]],
      [right!, [2]],
    ]);
    expect(run(after, given).get(da)).toEqual(run(graph, given).get(da));
  };
  return { formula: formulas(after).join("; "), sameFor };
}

describe("conditions in a gradient", () => {
  const [low, high] = [b.less(x, n(-3)), b.less(x, n(3))];
  const places = [-5, -3, 0, 3, 5, NaN, Infinity];

  it.each<[string, Expr, readonly Expr[], string]>([
    [
      "of several choices become one chain",
      s.add(b.cast(b.and(not(low), not(high)), "f32"), b.select(b.and(not(low), high), s.mul(x, y), n(0))),
      [],
      "da = if x < (-3) then 0 else if x < 3 then x·y else 1",
    ],
    [
      "that an outer one implies are gone",
      b.select(low, b.select(high, x, y), s.mul(y, y)),
      [],
      "da = if x < (-3) then x else y·y",
    ],
    [
      "that hold where it is computed are gone",
      b.select(low, x, b.select(high, y, x)),
      [not(low)],
      "da = if x < 3 then y else x where ¬(x < (-3))",
    ],
    [
      "two brackets are one",
      s.mul(y, b.cast(b.less(x, n(3)), "f32"), b.cast(b.less(n(-3), x), "f32")),
      [],
      "da = y·[-3 < x ∧ x < 3]",
    ],
    [
      "that leave nothing open are gone",
      b.select(b.apply("or", [b.and(low, high), not(low)]), x, y),
      [],
      "da = x",
    ],
    [
      "that cannot hold together are gone",
      s.add(x, b.select(b.and(low, b.less(n(0), x)), y, x)),
      [],
      "da = 2·x",
    ],
    [
      "stay where a chain would be longer",
      s.add(b.select(low, x, y), b.select(b.less(y, n(0)), x, y)),
      [],
      "da = (if x < (-3) then x else y) + (if y < 0 then x else y)",
    ],
  ])("%s", (_, body, where, expected) => {
    const { formula, sameFor } = simplified(body, where);
    expect(formula).toBe(expected);
    places.forEach(sameFor);
  });

  it("a value that a condition protects is not asked for before it", () => {
    const i = s.index("i", 6);
    const values = s.tensor("values", [3], "input");
    const da = s.tensor("da2", [6], "adjoint");
    const inside = b.nonnegative(b.minus(2, i));
    const positive = b.less(n(0), b.read(values, [b.of(i)]));
    const body = s.add(
      b.select(b.and(inside, positive), x, n(0)),
      b.select(b.and(inside, not(positive)), y, n(0)),
    );
    const graph = s.graph([s.equation(da, [i], [i], body)], [da]);
    expect(formulas(simplify.run(graph, s.context))).toEqual([
      "da2[i] = if i ≤ 2 then (if 0 < values[i] then x else y) else 0",
    ]);
  });

  it("many conditions take little time", () => {
    const many = Array.from({ length: 40 }, (_, k) => {
      const z = b.read(s.tensor(`z${k}`, [], "input"), []);
      return b.select(b.less(z, n(k)), s.mul(x, z), s.mul(y, z));
    });
    const body = many.reduce((sum, next) => b.select(b.less(sum, x), s.add(sum, next), s.mul(sum, next)));
    const start = performance.now();
    simplified(body);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

async function backward(body: string): Promise<string[]> {
  const { graphs, diagnostics } = await compile(`model M {\n  ${body}\n}\n`);
  expect(diagnostics).toEqual([]);
  return graphs!.backward.statements.map(printStatement);
}

describe("the gradient of", () => {
  it.each([
    ["min(1, max(-1, u))", "if -1 < y[i] ∧ y[i] < 1 then"],
    ["max(-1, min(1, u))", "if -1 < y[i] ∧ y[i] < 1 then"],
    ["min(1, max(0, u / 6 + 0.5))", "if 0 < y[i] ∧ y[i] < 1 then"],
  ])("%s asks its value only", async (bounded, bracket) => {
    const lines = await backward(`input x: [4]
  param w: [4] ~ ones
  u = w * x
  y = ${bounded}
  output y
  loss sum(y^3)`);
    const du = lines.find((line) => line.startsWith("du["))!;
    expect(du).toContain(bracket);
    expect(du).not.toContain("u[i]/6");
    expect(du.split("=")[1]).not.toContain("u[");
  });

  it.each(["relu6", "hard_swish", "hard_tanh", "hard_sigmoid", "srelu"])(
    "%s is right, and the same as without simplification",
    (name) => {
      const call = name === "srelu" ? "u |> srelu()" : `${name}(u)`;
      const source = `model M {
        input x: [8, 3]
        param w: [3] ~ normal(0, 1)
        u[i, j] = 7 * x[i, j] * w[j]
        y = ${call}
        loss sum(y^2)
        optimizer sgd(lr = 0.1)
      }`;
      const given = { x: inputs(24) };
      const [plain, raw] = [model(source), model(source, { simplify: false })];
      plain.backward(given);
      raw.backward(given);
      close(plain.gradient("w"), raw.gradient("w"), 9);
    },
  );
});
