/** Conditions that hold for every reader of an adjoint. */
import { describe, expect, it } from "vitest";
import type { Expr, Graph } from "../../src/ir/types.ts";
import { simplify } from "../../src/passes/simplify.ts";
import { close, model, numbers as inputs } from "../support/model.ts";
import { Bench, expectSame, formulas, numbers } from "./helpers.ts";

const s = new Bench();
const { b } = s;
const d = s.tensor("d", [4, 4], "input");
const x = s.tensor("x", [4], "input");
const given = new Map([
  [d, numbers(16)],
  [x, numbers(4)],
]);

/** de[i, j] = exp((if j < i then d[i, j] else 0) − x[i]), and ds[i, j] = de[i, j]·de[i, j] where `guard`. */
function adjoints(
  guard: (i: Expr, j: Expr) => Expr,
  also: "nothing" | "a sum" = "nothing",
  width = 4,
): Graph {
  const de = s.tensor("de", [4, 4], "adjoint");
  const ds = s.tensor("ds", [4, 4], "adjoint");
  const total = s.tensor("total", [4], "adjoint");
  const [i, j, k, l] = ["i", "j", "k", "l"].map((name) => s.index(name, 4)) as [never, never, never, never];
  const [row, column] = [b.of(i), b.of(j)];
  const narrow = s.tensor("narrow", [4, width], "input");
  const value = b.read(width === 4 ? d : narrow, [row, column]);
  const kept = b.select(below(row, column), value, b.number(0));
  const cell = b.read(de, [b.of(k), b.of(l)]);
  const statements = [
    s.equation(de, [i, j], [i, j], s.fn("exp", b.sub(kept, b.read(x, [row])))),
    s.equation(ds, [k, l], [k, l], s.mul(cell, cell), { where: [guard(b.of(k), b.of(l))] }),
  ];
  if (also === "a sum") {
    statements.push(s.equation(total, [k], [k], cell, { reducer: "sum", reduced: [l] }));
    return s.graph(statements, [ds, total]);
  }
  return s.graph(statements, [ds]);
}

const below = (i: Expr, j: Expr): Expr => b.less(j, i);

describe("a condition inside an adjoint", () => {
  it("is not asked where every reader asks it", () => {
    const graph = adjoints(below);
    const after = simplify.run(graph, s.exact());
    expect(formulas(after)).toEqual([
      "de[i, j] = exp(d[i, j] - x[i])",
      "ds[k, l] = de[k, l]·de[k, l] where l < k",
    ]);
    expectSame(graph, after, given);
  });

  it.each<[string, Graph]>([
    ["another reader does not ask it", adjoints(below, "a sum")],
    ["the reader asks something else", adjoints((_, j) => b.less(j, b.integer(2)))],
    ["it keeps a read in range", adjoints(below, "nothing", 3)],
  ])("stays where %s", (_, graph) => {
    const after = simplify.run(graph, s.exact());
    expect(formulas(after)[0]).toContain("(if j < i then ");
    expect(formulas(after)).toEqual(formulas(graph));
  });
});

it("the gradient of masked attention asks who may look once, and is right", () => {
  const source = `model M {
    input x: [2, 3, 4]
    param W: [4, 4] ~ normal(0, 1)
    allowed[i < 3, j < 3] = j <= i
    y = attend(x @ W, x, x, allowed)
    loss mean((y - x)^2)
    optimizer sgd(lr = 0.1)
  }`;
  const given = { x: inputs(24) };
  const [plain, raw] = [model(source), model(source, { simplify: false })];
  expect(plain.gradientError(given)).toBeLessThan(1e-5);
  plain.backward(given);
  raw.backward(given);
  close(plain.gradient("W"), raw.gradient("W"), 9);
});
