import { describe, expect, it } from "vitest";
import { printExpr } from "../../src/ir/printer.ts";
import type { Expr } from "../../src/ir/types.ts";
import { Translator } from "../../src/passes/simplify/translate.ts";
import { Bench } from "./helpers.ts";

const s = new Bench();
const [x, y, z] = ["x", "y", "z"].map((n) => s.b.read(s.tensor(n, [], "input"), [])) as [Expr, Expr, Expr];
const n = (v: number): Expr => s.b.number(v);
const sub = (a: Expr, c: Expr): Expr => s.b.apply("sub", [a, c]);
const div = (a: Expr, c: Expr): Expr => s.b.apply("div", [a, c]);

function normalised(e: Expr): string {
  const t = new Translator(s.b, () => undefined);
  return printExpr(t.render(t.normal(e)));
}

describe("products", () => {
  it("cancels what is above and below", () => {
    expect(normalised(div(s.mul(x, y), s.mul(y, z)))).toBe("x/z");
    const loss = sub(s.mul(n(-1), div(y, x)), s.fn("neg", div(sub(n(1), y), sub(n(1), x))));
    expect(normalised(s.mul(loss, s.mul(x, sub(n(1), x))))).toBe("x - y");
  });

  it("keeps the factors of a class-weighted loss", () => {
    const loss = sub(s.mul(z, div(sub(n(1), y), sub(n(1), x))), s.mul(n(10), div(y, x)));
    expect(normalised(s.mul(loss, s.mul(x, sub(n(1), x))))).toBe("z·(1 - y)·x - 10·y·(1 - x)");
  });

  it("expands no powers, and collects fractions exactly", () => {
    expect(normalised(s.b.pow(sub(x, y), n(4)))).toBe("(x - y)^4");
    expect(normalised(s.add(div(x, n(3)), div(x, n(6))))).toBe("0.5·x");
    expect(normalised(s.mul(x, s.mul(y, sub(n(1), y))))).toBe("x·y·(1 - y)");
    expect(normalised(sub(s.mul(n(0.25), x), s.mul(n(0.25), y)))).toBe("0.25·(x - y)");
  });

  it("a root meets what it is the root of", () => {
    const u = s.add(x, n(1));
    const root = s.b.apply("sqrt", [u]);
    expect(normalised(s.mul(root, root))).toBe("x + 1");
    expect(normalised(div(s.mul(root, y), u))).toBe("y/sqrt(x + 1)");
    expect(normalised(div(s.mul(u, s.mul(u, y)), root))).toBe("(x + 1)·y·sqrt(x + 1)");
    expect(normalised(div(y, s.mul(u, root)))).toBe("y/((x + 1)·sqrt(x + 1))");
  });

  it("brackets are their own powers", () => {
    const c = s.b.cast(s.b.less(x, y), "f32");
    expect(normalised(s.mul(c, s.mul(c, z)))).toBe(printExpr(s.b.select(s.b.less(x, y), z, n(0))));
    expect(normalised(s.add(c, s.b.cast(s.b.apply("not", [s.b.less(x, y)]), "f32")))).toBe("1");
  });
});
