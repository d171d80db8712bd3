import { describe, expect, it } from "vitest";
import type { Affine, Expr } from "../../src/ir/types.ts";
import { simplify } from "../../src/passes/simplify.ts";
import { Bench, expectSame, formulas, numbers } from "./helpers.ts";

describe("guards", () => {
  it("of a label pick out one term of a sum", () => {
    const s = new Bench();
    const n = s.b.dim("batch", 1, 8, s.span);
    const label = s.tensor("label", [n], "input", "i32", 5);
    const z = s.tensor("z", [n, 5], "input");
    const y = s.tensor("y", [n]);
    const [b, j] = [s.index("b", n), s.index("j", 5)];
    const chosen = s.b.equal(s.b.of(j), s.b.read(label, [b]));
    const graph = s.graph(
      [
        s.equation(y, [b], [b], s.mul(s.b.cast(chosen, "f32"), s.fn("exp", s.b.read(z, [b, j]))), {
          reducer: "sum",
          reduced: [j],
        }),
      ],
      [y],
    );
    const after = simplify.run(graph, s.context);
    expect(formulas(after)).toEqual(["y[b] = exp(z[b, label[b]])"]);
    expectSame(
      graph,
      after,
      new Map([
        [z, numbers(15)],
        [label, [4, 0, 2]],
      ]),
      new Map([[n, 3]]),
    );
  });

  it("keeps what asks whether a removed loop would have reached the place", () => {
    const s = new Bench();
    const x = s.tensor("x", [6], "input");
    const y = s.tensor("y", [4]);
    const [i, u] = [s.index("i", 4), s.index("u", 2)];
    const guard = s.b.zero(s.b.minus(s.b.minus(i, u), 1));
    const graph = s.graph(
      [
        s.equation(y, [i], [i], s.b.read(x, [s.b.plus(i, u)]), {
          reducer: "sum",
          reduced: [u],
          where: [guard],
        }),
      ],
      [y],
    );
    const after = simplify.run(graph, s.context);
    expect(after.statements[0]).toMatchObject({ reducer: null, reduced: [] });
    expect(formulas(after)[0]).toContain("x[2·i - 1]");
    expectSame(graph, after, new Map([[x, numbers(6)]]));
  });

  it("a value that changes no maximum bounds the loop of the maximum", () => {
    const s = new Bench();
    const x = s.tensor("x", [5], "input");
    const y = s.tensor("y", [4]);
    const [i, u] = [s.index("i", 4), s.index("u", 3)];
    const place = s.b.plus(s.b.times(i, 2), u, -2);
    const inside = s.b.and(s.b.nonnegative(place), s.b.less(place, s.b.integer(5)));
    const nothing = s.b.apply("div", [s.b.number(-1), s.b.number(0)]);
    const graph = s.graph(
      [
        s.equation(y, [i], [i], s.b.select(inside, s.b.read(x, [place]), nothing), {
          reducer: "max",
          reduced: [u],
        }),
      ],
      [y],
    );
    const after = simplify.run(graph, s.context);
    expect(formulas(after)).toEqual(["y[i] = max_{u : 2·i + u ≥ 2 ∧ 2·i + u ≤ 6} x[2·i + u - 2]"]);
    expectSame(graph, after, new Map([[x, [-3, -1, -4, -1, -5]]]));
  });

  it("bounds of one loop become its extent and its start", () => {
    const s = new Bench();
    const x = s.tensor("x", [9], "input");
    const y = s.tensor("y", []);
    const k = s.index("k", 9);
    const where = [s.b.nonnegative(s.b.minus(5, k)), s.b.nonnegative(s.b.minus(k, 2))];
    const graph = s.graph(
      [s.equation(y, [], [], s.b.read(x, [k]), { reducer: "sum", reduced: [k], where })],
      [y],
    );
    const after = simplify.run(graph, s.context);
    expect(after.statements[0]).toMatchObject({ where: [] });
    expect(after.statements[0]).toMatchObject({ reduced: [{ extent: s.b.integer(4) }] });
    expectSame(graph, after, new Map([[x, numbers(9)]]));
  });

  it("what is not the first or the last place bounds a loop", () => {
    const s = new Bench();
    const x = s.tensor("x", [4], "input");
    const [y, z] = [s.tensor("y", []), s.tensor("z", [])];
    const [i, k] = [s.index("i", 4), s.index("k", 4)];
    const unlike = (form: Affine): Expr => s.b.apply("not", [s.b.zero(form)]);
    const graph = s.graph(
      [
        s.equation(y, [], [], s.b.read(x, [i]), {
          reducer: "sum",
          reduced: [i],
          where: [unlike(s.b.of(i))],
        }),
        s.equation(z, [], [], s.b.read(x, [k]), {
          reducer: "sum",
          reduced: [k],
          where: [unlike(s.b.minus(k, 3)), unlike(s.b.minus(k, 1))],
        }),
      ],
      [y, z],
    );
    const after = simplify.run(graph, s.context);
    expect(formulas(after)).toEqual(["y = Σ_i x[i + 1]", "z = Σ_{k : ¬(k = 1)} x[k]"]);
    expectSame(graph, after, new Map([[x, numbers(4)]]));
  });

  it("refuted guards remove a contribution, and leave zeros where there is no other", () => {
    const s = new Bench();
    const x = s.tensor("x", [3], "input");
    const [d, e, y] = [s.tensor("dx", [3], "adjoint"), s.tensor("e", [3], "adjoint"), s.tensor("y", [3])];
    const [i, j, k, l] = [s.index("i", 3), s.index("j", 3), s.index("k", 3), s.index("l", 3)];
    const never = s.b.nonnegative(s.b.minus(i, 7));
    const graph = s.graph(
      [
        s.equation(d, [i], [i], s.b.read(x, [i]), { where: [never] }),
        s.equation(d, [j], [j], s.fn("exp", s.b.read(x, [j])), { accumulate: true }),
        s.equation(e, [i], [i], s.b.read(x, [i]), { where: [never] }),
        s.equation(y, [k], [k], s.add(s.b.read(e, [k]), s.b.read(d, [k]))),
        s.equation(y, [l], [l], s.b.read(x, [l]), {
          accumulate: true,
          where: [s.b.nonnegative(s.b.minus(l, 9))],
        }),
      ],
      [y],
    );
    const after = simplify.run(graph, s.context);
    expect(formulas(after)).toEqual(["dx[j] = exp(x[j])", "y[k] = dx[k]"]);
    expectSame(graph, after, new Map([[x, numbers(3)]]));
  });
});
