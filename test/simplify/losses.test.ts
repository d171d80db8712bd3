import { describe, expect, it } from "vitest";
import type { Dim, Expr, Tensor } from "../../src/ir/types.ts";
import { differentiate } from "../../src/passes/differentiate.ts";
import { simplify } from "../../src/passes/simplify.ts";
import { expectSame, formulas, numbers, run } from "./helpers.ts";
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

describe("likelihoods", () => {
  it("with weights for the classes keep their factors", () => {
    const s = new Training();
    const n = s.b.dim("n", 1, 8, s.span);
    const [z, y] = [s.tensor("z", [n], "input"), s.tensor("y", [n], "input")];
    const p = s.define("p", [n], (b) => s.fn("sigmoid", s.at(z, b!)));
    const q = s.define("q", [n], (b) => s.sub(s.num(1), s.at(p, b!)));
    const positive = (b: Expr): Expr => s.mul(s.num(10), s.at(y, b), s.fn("log", s.at(p, b)));
    const negative = (b: Expr): Expr =>
      s.mul(s.num(0.1), s.sub(s.num(1), s.at(y, b)), s.fn("log", s.at(q, b)));
    const loss = s.reduce("sum", "L", [], n, (b) => s.fn("neg", s.add(positive(b!), negative(b!))));
    const { raw, simple } = s.train(loss, [z]);
    expect(gradients(simple)).toEqual(["dz[b] = 0.1·(1 - y[b])·p[b] - 10·y[b]·(1 - p[b])"]);
    const given = new Map([
      [z, numbers(4)],
      [y, [0, 1, 0.5, 1]],
    ]);
    expectSame(raw, simple, given, new Map([[n, 4]]));
  });

  it("are not looked through where the gradient by the probability is asked for", () => {
    const s = new Training();
    const z = s.tensor("z", [3], "input");
    const p = s.define("p", [3], (b) => s.fn("sigmoid", s.at(z, b!)));
    const loss = s.reduce("sum", "L", [], 3, (b) => s.fn("neg", s.fn("log", s.at(p, b!))));
    const { raw, simple } = s.train(loss, [p, z]);
    expect(gradients(simple)[0]).toMatch(/^dp\[b\] = -1\/p\[b\]$/);
    expectSame(raw, simple, new Map([[z, numbers(3)]]));
  });

  it("divide by the probability where rules of the reals are off", () => {
    const s = new Training();
    const z = s.tensor("z", [3], "input");
    const p = s.define("p", [3], (b) => s.fn("sigmoid", s.at(z, b!)));
    const loss = s.reduce("sum", "L", [], 3, (b) => s.fn("log", s.at(p, b!)));
    const exact = s.exact();
    const raw = differentiate.run(s.asking(loss, [z]), exact);
    const simple = simplify.run(raw, exact);
    expect(gradients(simple).join()).toContain("/p[b]");
    expectSame(raw, simple, new Map([[z, numbers(3)]]));
  });
});

describe("softmax and cross-entropy", () => {
  interface Softmax {
    readonly s: Training;
    readonly n: Dim;
    readonly z: Tensor;
    readonly p: Tensor;
  }

  function softmax(shifted: boolean): Softmax {
    const s = new Training();
    const n = s.b.dim("n", 1, 8, s.span);
    const z = s.tensor("z", [n, 4], "input");
    const m = shifted ? s.reduce("max", "m", [n], 4, (b, j) => s.at(z, b!, j!)) : undefined;
    const logit = (b: Expr, j: Expr): Expr =>
      m ? s.sub(s.at(z, b, j), s.fn("stop_gradient", s.at(m, b))) : s.at(z, b, j);
    const e = s.define("e", [n, 4], (b, j) => s.fn("exp", logit(b!, j!)));
    const sum = s.reduce("sum", "s", [n], 4, (b, j) => s.at(e, b!, j!));
    const p = s.define("p", [n, 4], (b, j) => s.div(s.at(e, b!, j!), s.at(sum, b!)));
    return { s, n, z, p };
  }

  const meanOf = (s: Training, n: Dim, total: Tensor): Tensor =>
    s.define("L", [], () => s.div(s.at(total), s.b.cast(s.b.of(n), "f32")));

  for (const shifted of [true, false]) {
    it(`with class ids has the gradient (p − [label])/n, ${shifted ? "shifted" : "naive"}`, () => {
      const { s, n, z, p } = softmax(shifted);
      const label = s.tensor("label", [n], "input", "i32", 4);
      const total = s.reduce("sum", "total", [], n, (b) =>
        s.fn("neg", s.fn("log", s.at(p, b!, s.b.read(label, [b as never])))),
      );
      const { raw, simple } = s.train(meanOf(s, n, total), [z]);
      expect(gradients(simple)).toEqual(["dz[b, j] = (p[b, j] - [j = label[b]])/n"]);
      const dims = new Map([[n, 3]]);
      const labels = [3, 0, 1];
      expectSame(
        raw,
        simple,
        new Map([
          [z, numbers(12)],
          [label, labels],
        ]),
        dims,
      );

      const saturated = [1000, -1000, 0, -1000, -1000, 1000, 1000, 0, 0, 0, 0, -1000];
      const values = run(
        simple,
        new Map([
          [z, saturated],
          [label, labels],
        ]),
        dims,
      );
      expect([...values.values()].flat().every(Number.isFinite)).toBe(true);
      expect(values.get(simple.results[0]!)![0]).toBeCloseTo((4000 + Math.log(2) + Math.log(3)) / 3, 9);
      expect(values.get(simple.results[1]!)![3]).toBeCloseTo(-1 / 3, 12);
    });

    for (const distribution of [false, true]) {
      const kind = `${distribution ? "a distribution" : "any numbers"}, ${shifted ? "shifted" : "naive"}`;
      it(`with dense targets has the gradient (p·Σy − y)/n, of ${kind}`, () => {
        const { s, n, z, p } = softmax(shifted);
        const y = s.b.tensor({ ...s.tensor("y", [n, 4], "input"), distribution });
        const loss = s.reduce("sum", "l", [n], 4, (b, j) =>
          s.mul(s.at(y, b!, j!), s.fn("log", s.at(p, b!, j!))),
        );
        const total = s.reduce("sum", "total", [], n, (b) => s.fn("neg", s.at(loss, b!)));
        const { raw, simple } = s.train(meanOf(s, n, total), [z]);
        const expected = distribution
          ? ["dz[b, j] = (p[b, j] - y[b, j])/n"]
          : ["y.sum[b] = Σ_j y[b, j]", "dz[b, j] = (y.sum[b]·p[b, j] - y[b, j])/n"];
        expect(gradients(simple)).toEqual(expected);
        const y0 = [0.1, 0.2, 0.3, 0.4, 0, 0, 1, 0];
        expectSame(
          raw,
          simple,
          new Map([
            [z, numbers(8)],
            [y, y0],
          ]),
          new Map([[n, 2]]),
        );
      });
    }
  }
});

describe("stability", () => {
  it("binary cross-entropy is finite where the sigmoid saturates", () => {
    for (const written of [true, false]) {
      const s = new Training();
      const [z, y] = [s.tensor("z", [4], "input"), s.tensor("y", [4], "input")];
      const one = s.num(1);
      const p = s.define("p", [4], (b) =>
        written
          ? s.div(one, s.add(one, s.fn("exp", s.fn("neg", s.at(z, b!)))))
          : s.fn("sigmoid", s.at(z, b!)),
      );
      const q = s.define("q", [4], (b) => s.sub(one, s.at(p, b!)));
      const loss = s.reduce("sum", "L", [], 4, (b) =>
        s.fn(
          "neg",
          s.add(
            s.mul(s.at(y, b!), s.fn("log", s.at(p, b!))),
            s.mul(s.sub(one, s.at(y, b!)), s.fn("log", s.at(q, b!))),
          ),
        ),
      );
      const { simple } = s.train(loss, [z]);
      const values = run(
        simple,
        new Map([
          [z, [1000, -1000, 1000, -1000]],
          [y, [0, 1, 1, 0]],
        ]),
      );
      expect(values.get(simple.results[0]!)).toEqual([2000]);
      expect(values.get(simple.results[1]!)).toEqual([1, -1, 0, 0]);
    }
  });
});
