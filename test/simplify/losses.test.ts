import { describe, expect, it } from "vitest";
import { expectSame, formulas, numbers } from "./helpers.ts";
import { gradients, Training } from "./training.ts";

describe("binary cross-entropy", () => {
  const build = (written: boolean): { s: Training; raw: string[]; simple: string[] } => {
    const s = new Training();
    const n = s.b.dim("n", 1, 8, s.span);
    const [z, y] = [s.tensor("z", [n], "input"), s.tensor("y", [n], "input")];
    const one = s.num(1);
    const p = s.define("p", [n], (b) =>
      written ? s.div(one, s.add(one, s.fn("exp", s.fn("neg", s.at(z, b!))))) : s.fn("sigmoid", s.at(z, b!)),
    );
    const total = s.reduce("sum", "total", [], n, (b) =>
      s.add(
        s.mul(s.at(y, b!), s.fn("log", s.at(p, b!))),
        s.mul(s.sub(one, s.at(y, b!)), s.fn("log", s.sub(one, s.at(p, b!)))),
      ),
    );
    const loss = s.define("L", [], () => s.fn("neg", s.div(s.at(total), s.b.cast(s.b.of(n), "f32"))));
    const { raw, simple } = s.train(loss, [z]);
    expectSame(
      raw,
      simple,
      new Map([
        [z, numbers(5)],
        [y, numbers(5, 7).map((v) => v / 4 + 0.5)],
      ]),
      new Map([[n, 5]]),
    );
    return { s, raw: formulas(raw), simple: gradients(simple) };
  };

  it("of a sigmoid has the gradient (p − y)/n", () => {
    expect(build(false).simple).toEqual(["dz[b] = (p[b] - y[b])/n"]);
  });

  it("of a sigmoid written out has the same", () => {
    expect(build(true).simple).toEqual(["dz[b] = (p[b] - y[b])/n"]);
  });
});
