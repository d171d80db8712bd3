import { describe, expect, it } from "vitest";
import { printExpr } from "../../src/ir/printer.ts";
import { coversWhole, freeIndices, readsOf, rewriter, substitute, visit } from "../../src/ir/rewrite.ts";
import type { Expr } from "../../src/ir/types.ts";
import { Small } from "./small.ts";

const s = new Small();
const { b } = s;
const x = s.tensor("x", [8, 8], "input");
const token = s.tensor("token", [8], "input", "i32", 8);
const [i, j, k] = [s.index("i", 8), s.index("j", 8), s.index("k", 8)];
const label = s.integer(b.read(token, [i]));

describe("rewriting", () => {
  it("replaces indices everywhere, also inside integers that are read", () => {
    const e = b.select(b.zero(b.minus(label, j)), b.read(x, [label, b.modulo(i, 3)]), b.cast(b.of(i), "f32"));
    const replaced = substitute(b, e, new Map([[i, b.plus(b.times(k, 3), 1)]]));
    expect(printExpr(replaced)).toBe("if j = token[3·k + 1] then x[token[3·k + 1], 1] else 3·k + 1");
    expect(substitute(b, e, new Map())).toBe(e);
    expect(substitute(b, e, new Map([[k, b.of(j)]]))).toBe(e);
  });

  it("keeps integers made of truth values", () => {
    const truth = b.cast(b.less(b.read(x, [i, j]), b.number(0)), "i32");
    const replaced = substitute(b, b.read(x, [s.integer(truth), b.of(i)]), new Map([[i, b.of(j)]]));
    expect(printExpr(replaced)).toBe("x[[x[j, j] < 0], j]");
  });

  it("rewrites shared nodes once", () => {
    let e: Expr = b.read(x, [i, j]);
    for (let n = 0; n < 100; n++) e = b.add(e, e);
    let visits = 0;
    const walk = rewriter(b, { after: (node) => (visits++, node) });
    expect(walk(e)).toBe(e);
    expect(visits).toBeLessThan(120);
    let nodes = 0;
    visit([e], () => nodes++);
    expect(nodes).toBeLessThan(120);
  });

  it("finds reads and free indices", () => {
    const sum = b.reduce("sum", [k], [], b.mul(b.read(x, [i, k]), b.read(x, [label, b.of(k)])));
    expect(freeIndices(sum)).toEqual(new Set([i]));
    expect(readsOf(sum).map((r) => r.tensor.name)).toEqual(["x", "token", "x"]);
  });

  it("knows what covers a whole tensor", () => {
    const y = s.tensor("y", [8, 8]);
    const whole = s.equation(y, [i, j], [j, i], b.number(1));
    const guard = [b.nonnegative(b.minus(i, j))];
    expect(coversWhole(whole)).toBe(true);
    expect(coversWhole({ ...whole, where: guard, reducer: "sum", reduced: [k] })).toBe(true);
    expect(coversWhole({ ...whole, where: guard })).toBe(false);
    expect(coversWhole({ ...whole, accumulate: true })).toBe(false);
    expect(coversWhole({ ...whole, target: [b.of(i), b.of(i)] })).toBe(false);
    expect(coversWhole({ ...whole, target: [b.of(i), b.integer(0)] })).toBe(false);
    const short = s.index("s", 7);
    expect(coversWhole(s.equation(y, [i, short], [i, short], b.number(1)))).toBe(false);
  });
});

describe("the builder", () => {
  it("interns: the same parts are the same object", () => {
    expect(b.add(b.read(x, [i, j]), b.number(2))).toBe(b.add(b.read(x, [i, j]), b.number(2)));
    expect(b.number(0)).not.toBe(b.number(-0));
    expect(b.number(1)).not.toBe(b.bool(true));
  });

  it("folds what derivatives produce", () => {
    const e = b.read(x, [i, j]);
    expect(b.mul(b.number(1), b.add(e, b.number(0)))).toBe(e);
    expect(b.mul(e, b.number(0))).toBe(b.number(0));
    expect(b.sub(b.number(0), b.neg(e))).toBe(e);
    expect(b.pow(e, b.number(1))).toBe(e);
    expect(b.apply("not", [b.apply("not", [b.less(e, b.number(0))])])).toBe(b.less(e, b.number(0)));
    expect(b.select(b.bool(true), e, b.number(0))).toBe(e);
  });

  it("normalises conditions over the integers", () => {
    const text = (e: Expr): string => printExpr(e);
    expect(text(b.nonnegative(b.plus(b.times(i, 2), -3)))).toBe("i ≥ 2");
    expect(text(b.apply("not", [b.nonnegative(b.minus(i, 2))]))).toBe("i ≤ 1");
    expect(b.zero(b.plus(b.times(i, 2), -3))).toBe(b.bool(false));
    expect(b.zero(b.minus(i, j))).toBe(b.zero(b.minus(j, i)));
    expect(() => b.apply("add", [b.of(i), b.number(1)])).toThrow("add of i32, f32");
  });
});
