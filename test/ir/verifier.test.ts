import { describe, expect, it } from "vitest";
import type { Equation, Statement, Tensor } from "../../src/ir/types.ts";
import { verify } from "../../src/ir/verifier.ts";
import { Small } from "./small.ts";

const s = new Small();
const { b } = s;
const n = b.dim("n", 1, 64, s.span);
const x = s.tensor("x", [n, 8], "input");
const W = s.tensor("W", [8, 8], "parameter");
const token = s.tensor("token", [n], "input", "i32", 8);
const y = s.tensor("y", [n, 8]);
const [i, j, k] = [s.index("i", n), s.index("j", 8), s.index("k", 8)];
const at = b.read(x, [i, j]);
const good = s.equation(y, [i, j], [i, j], at);
const check = (statements: Statement[], results: Tensor[] = []): void =>
  verify({ name: "test", statements, results }, { builder: b });

describe("verify", () => {
  const next = b.plus(j, 1);
  const inside = b.nonnegative(b.minus(7, next));
  const v = s.tensor("v", [8, 8]);
  const cell = b.read(W, [j, k]);
  const label = s.integer(b.read(token, [i]));
  const steps = s.tensor("steps", [8]);
  const step = s.index("t", 7);

  it.each<[string, Statement[]]>([
    ["a copy", [good]],
    ["a guarded read", [s.equation(y, [i, j], [i, j], b.select(inside, b.read(x, [i, next]), at))]],
    [
      "a read behind `and`",
      [
        s.equation(
          y,
          [i, j],
          [i, j],
          b.select(b.and(inside, b.less(b.number(0), b.read(x, [i, next]))), at, at),
        ),
      ],
    ],
    [
      "a read behind `or`",
      [
        s.equation(
          y,
          [i, j],
          [i, j],
          b.cast(b.apply("or", [b.apply("not", [inside]), b.less(b.number(0), b.read(x, [i, next]))]), "f32"),
        ),
      ],
    ],
    [
      "a read under where",
      [
        s.equation(y, [i, j], [i, j], b.read(x, [i, b.plus(j, k)]), {
          reducer: "sum",
          reduced: [k],
          where: [b.nonnegative(b.minus(b.minus(7, j), k))],
        }),
      ],
    ],
    ["a gather", [s.equation(y, [i, j], [i, j], b.read(W, [label, b.of(j)]))]],
    ["a scatter", [s.equation(v, [i, j], [label, j], at, { accumulate: true })]],
    ["an update in place", [s.equation(W, [j, k], [j, k], b.mul(cell, b.number(0.5)))]],
    [
      "two updates of one state",
      [
        s.equation(W, [j, k], [j, k], b.mul(cell, b.number(0.5))),
        s.equation(W, [j, k], [j, k], b.add(cell, b.number(0.5))),
      ],
    ],
    [
      "a recurrence",
      [
        s.equation(steps, [], [0], b.number(1)),
        s.equation(steps, [step], [b.plus(step, 1)], b.neg(b.read(steps, [step]))),
      ],
    ],
    [
      "a position below its bound",
      [s.equation(s.tensor("p", [n], "definition", "i32", 9), [i], [i], b.plus(label, 1))],
    ],
  ])("accepts %s", (_, statements) => expect(() => check(statements)).not.toThrow());

  const gradient = {
    kind: "gradient",
    id: b.id(),
    of: y,
    wrt: [W],
    results: [s.tensor("dW", [8])],
    origin: s.origin,
  } as const;
  it.each<[string, Statement[], string]>([
    ["a type", [{ ...good, body: b.less(at, at) }], "is f32, its value bool"],
    ["a where that is no condition", [{ ...good, where: [at] }], "is f32"],
    ["the rank of the target", [{ ...good, target: [b.of(i)] }], "2 dimensions, but 1 subscripts"],
    ["the rank of a read", [{ ...good, body: b.read(x, [i]) }], "2 dimensions, but 1 subscripts"],
    ["a free index", [{ ...good, indices: [i] }], "`j` is not bound"],
    ["an index bound twice", [{ ...good, reducer: "sum", reduced: [j] }], "binds an index twice"],
    [
      "a target that depends on a reduced index",
      [{ ...good, indices: [i], reducer: "sum", reduced: [j] }],
      "depends on the reduced index `j`",
    ],
    [
      "a reduction in a body",
      [{ ...good, body: b.reduce("sum", [k], [], cell) }],
      "a reduction stands in a body",
    ],
    ["cells stored many times", [{ ...good, indices: [i, j, k] }], "stored once for every `k`"],
    ["a local", [{ ...good, body: b.local("t", "f32") }], "local `t`"],
    ["a read before the write", [s.equation(v, [j, k], [j, k], b.read(v, [j, k]))], "`v` is read before"],
    ["a write to an input", [s.equation(x, [i, j], [i, j], b.number(0))], "`x` is input"],
    ["a second store", [good, { ...good }], "stored twice"],
    ["a store over a part", [s.equation(y, [j], [0, j], b.number(1)), good], "stored twice"],
    ["a part over a store", [good, s.equation(y, [j], [0, j], b.number(1))], "stored twice"],
    [
      "a read that may leave its range",
      [{ ...good, body: b.read(x, [i, next]) }],
      "x[i, j + 1] may leave its range: j + 1 < 8 is not proved",
    ],
    ["a read below 0", [{ ...good, body: b.read(x, [i, b.minus(j, 1)]) }], "j - 1 ≥ 0 is not proved"],
    [
      "a read in the wrong branch",
      [{ ...good, body: b.select(inside, at, b.read(x, [i, next])) }],
      "may leave its range",
    ],
    [
      "one of two paths unguarded",
      [
        {
          ...good,
          body: b.add(b.select(inside, b.read(x, [i, next]), at), b.apply("exp", [b.read(x, [i, next])])),
        },
      ],
      "may leave its range",
    ],
    [
      "a target that may leave its range",
      [{ ...good, target: [b.of(i), next] }],
      "the left side may leave its range",
    ],
    [
      "a guard that covers the terms but not the store",
      [
        s.equation(y, [i, j], [i, next], b.read(W, [j, k]), {
          reducer: "sum",
          reduced: [k],
          where: [inside],
        }),
      ],
      "the left side may leave its range",
    ],
    ["another dim", [{ ...good, body: b.read(W, [i, j]) }], "i < 8 is not proved"],
    ["reduced without reducer", [{ ...good, indices: [i], reduced: [j] }], "no reducer"],
    ["an update that reads elsewhere", [s.equation(W, [j, k], [j, k], b.read(W, [k, j]))], "elsewhere"],
    [
      "a bound that is not kept",
      [s.equation(s.tensor("p", [n], "definition", "i32", 8), [i], [i], b.plus(label, 1))],
      "not known to be in 0 … 8 - 1",
    ],
    [
      "a reshape that changes the size",
      [b.reshape({ tensor: s.tensor("r", [63]), source: W, origin: s.origin })],
      "63 values",
    ],
    ["a gradient of another shape", [good, gradient], "differ in shape"],
  ])("finds %s", (_, statements, message) => expect(() => check(statements)).toThrow(message));

  it("finds results that nobody defines, and names the statement", () => {
    expect(() => check([], [y])).toThrow("result `y` is not defined");
    expect(() => check([{ ...good, indices: [i] }])).toThrow(/graph `test`: .*\n.*y\[i, j\] = x\[i, j\]/);
  });

  it("checks a graph of 300 statements in a moment", () => {
    const statements: Equation[] = [];
    let previous = s.tensor("in", [n, 32, 32, 8], "input");
    const kernel = s.tensor("K", [3, 3, 8, 8], "parameter");
    for (let layer = 0; layer < 300; layer++) {
      const next = s.tensor(`l${layer}`, [n, 32, 32, 8]);
      const [m, p, q, f, u, v, c] = [n, 32, 32, 8, 3, 3, 8].map((e, d) =>
        s.index("mpqfuvc"[d]!, e),
      ) as never as [typeof i, typeof i, typeof i, typeof i, typeof i, typeof i, typeof i];
      const row = b.minus(b.plus(p, u), 1);
      const column = b.minus(b.plus(q, v), 1);
      const where = [row, b.minus(31, row), column, b.minus(31, column)].map((g) => b.nonnegative(g));
      const body = b.mul(b.read(previous, [b.of(m), row, column, b.of(c)]), b.read(kernel, [u, v, c, f]));
      statements.push(
        s.equation(next, [m, p, q, f], [m, p, q, f], body, { reducer: "sum", reduced: [u, v, c], where }),
      );
      previous = next;
    }
    const start = performance.now();
    check(statements, [previous]);
    expect(performance.now() - start).toBeLessThan(2000);
    if (process.env.TALLY) console.log(performance.now() - start);
  });
});
