import { describe, expect, it } from "vitest";
import { simplify } from "../../src/passes/simplify.ts";
import { Bench, expectSame, formulas, numbers } from "./helpers.ts";

describe("dead code", () => {
  it("removes what reaches no result, all parts of it, and keeps updates", () => {
    const s = new Bench();
    const x = s.tensor("x", [3], "input");
    const w = s.tensor("w", [3], "parameter");
    const [y, u, v] = [s.tensor("y", [3]), s.tensor("u", [3]), s.tensor("v", [3])];
    const i = s.index("i", 3);
    const graph = s.graph(
      [
        s.equation(y, [i], [i], s.fn("exp", s.b.read(x, [i]))),
        s.equation(u, [], [0], s.b.read(y, [s.b.integer(1)])),
        s.equation(u, [], [1], s.b.read(y, [s.b.integer(2)])),
        s.equation(v, [i], [i], s.fn("exp", s.b.read(u, [i]))),
        s.equation(w, [i], [i], s.add(s.b.read(w, [i]), s.b.read(y, [i]))),
      ],
      [],
    );
    const after = simplify.run(graph, s.context);
    expect(formulas(after)).toEqual(["y[i] = exp(x[i])", "w[i] = w[i] + y[i]"]);
    const given = new Map([
      [x, numbers(3)],
      [w, numbers(3, 2)],
    ]);
    expectSame(graph, after, given);
  });
});

describe("aliases", () => {
  it("copies and constants are replaced in their readers", () => {
    const s = new Bench();
    const x = s.tensor("x", [3], "input");
    const [copy, row, one, y] = [
      s.tensor("c", [3]),
      s.tensor("r", [2, 3]),
      s.tensor("one", []),
      s.tensor("y", [2, 3]),
    ];
    const [i, j, k, m, n] = [
      s.index("i", 3),
      s.index("j", 2),
      s.index("k", 3),
      s.index("m", 2),
      s.index("n", 3),
    ];
    const graph = s.graph(
      [
        s.equation(one, [], [], s.b.number(1)),
        s.equation(copy, [i], [i], s.b.read(x, [i])),
        s.equation(row, [j, k], [j, k], s.b.read(copy, [k])),
        s.equation(y, [m, n], [m, n], s.mul(s.b.read(one, []), s.fn("exp", s.b.read(row, [m, n])))),
      ],
      [y],
    );
    const after = simplify.run(graph, s.context);
    expect(formulas(after)).toEqual(["y[m, n] = exp(x[n])"]);
    expectSame(graph, after, new Map([[x, numbers(3)]]));
  });

  it("the old value of an updated parameter stays in its copy", () => {
    const s = new Bench();
    const w = s.tensor("w", [3], "parameter");
    const [old, y] = [s.tensor("old", [3]), s.tensor("y", [3])];
    const i = s.index("i", 3);
    const graph = s.graph(
      [
        s.equation(old, [i], [i], s.b.read(w, [i])),
        s.equation(w, [i], [i], s.mul(s.b.number(2), s.b.read(w, [i]))),
        s.equation(y, [i], [i], s.add(s.b.read(old, [i]), s.b.read(w, [i]))),
      ],
      [y],
    );
    const after = simplify.run(graph, s.context);
    expect(after.statements).toHaveLength(3);
    expectSame(graph, after, new Map([[w, numbers(3)]]));
  });
});

describe("contributions", () => {
  it("without a reduction are one equation; reductions stay parts", () => {
    const s = new Bench();
    const x = s.tensor("x", [3], "input");
    const m = s.tensor("m", [3, 2], "input");
    const d = s.tensor("dx", [3], "adjoint");
    const [i, j, k, l] = [s.index("i", 3), s.index("j", 3), s.index("k", 3), s.index("l", 2)];
    const graph = s.graph(
      [
        s.equation(d, [i], [i], s.b.read(x, [i])),
        s.equation(d, [k], [k], s.b.read(m, [k, l]), { accumulate: true, reducer: "sum", reduced: [l] }),
        s.equation(d, [j], [j], s.fn("exp", s.b.read(x, [j])), {
          accumulate: true,
          where: [s.b.nonnegative(s.b.minus(j, 1))],
        }),
      ],
      [d],
    );
    const after = simplify.run(graph, s.context);
    expect(after.statements).toHaveLength(2);
    expect(formulas(after)[0]).toBe("dx[k] = Σ_l m[k, l]");
    expectSame(
      graph,
      after,
      new Map([
        [x, numbers(3)],
        [m, numbers(6, 3)],
      ]),
    );
  });
});

describe("local algebra", () => {
  it("folds, and leaves what is not a number alone without real-only rules", () => {
    const s = new Bench();
    const x = s.tensor("x", [], "input");
    const [y, z] = [s.tensor("y", []), s.tensor("z", [])];
    const read = s.b.read(x, []);
    const graph = s.graph(
      [
        s.equation(y, [], [], s.add(s.fn("neg", read), s.mul(s.b.number(1), s.fn("neg", s.fn("exp", read))))),
        s.equation(z, [], [], s.b.apply("sub", [read, read])),
      ],
      [y, z],
    );
    expect(formulas(simplify.run(graph, s.context))).toEqual(["y = -(x + exp(x))", "z = 0"]);
    expect(formulas(simplify.run(graph, s.exact()))[1]).toBe("z = x - x");
    expect(s.context.log.find((r) => r.rule === "x − x = 0")).toMatchObject({ realOnly: true, tensor: "z" });
  });
});
