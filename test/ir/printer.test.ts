import { describe, expect, it } from "vitest";
import { printAffine, printExpr, printGraph, printStatement, printTensor } from "../../src/ir/printer.ts";
import type { Expr } from "../../src/ir/types.ts";
import { Small } from "./small.ts";

const s = new Small();
const { b } = s;
const batch = b.dim("batch", 1, 128, s.span);
const x = s.tensor("x", [batch, 64], "input");
const W = s.tensor("W", [64, 10], "parameter");
const z = s.tensor("z", [batch, 10]);
const dW = s.tensor("dW", [64, 10], "adjoint");
const scalar = s.tensor("loss", []);
const token = s.tensor("token", [batch], "input", "i32", 10);
const [i, j, k, u] = [s.index("b", batch), s.index("j", 10), s.index("k", 64), s.index("u", 3)];
const [p, q, r] = ["p", "q", "r"].map((n) => b.read(s.tensor(n, [], "input"), []));

describe("printAffine", () => {
  it.each(
    [
      [b.plus(b.times(j, 2), u, -1), "2·j + u - 1"],
      [b.minus(63, j), "63 - j"],
      [b.minus(b.times(j, -3), 1), "-3·j - 1"],
      [b.floorDivide(b.plus(j, 1), 2), "⌊(j + 1)/2⌋"],
      [b.floorDivide(j, 2), "⌊j/2⌋"],
      [b.modulo(j, 2), "j mod 2"],
      [b.plus(b.times(b.modulo(b.plus(j, 1), 2), 2), k), "k + 2·((j + 1) mod 2)"],
      [b.plus(k, b.modulo(j, 2)), "k + (j mod 2)"],
      [b.times(batch, j), "batch·j"],
      [b.integer(0), "0"],
      [b.read(token, [i]), "token[b]"],
    ].map(([form, text]) => [text, form] as [string, Expr]),
  )("%s", (text, form) => {
    expect(printExpr(form)).toBe(text);
    if (form.kind === "affine") expect(printAffine(form)).toBe(text);
  });
});

describe("printExpr", () => {
  const [P, Q, R] = [p!, q!, r!];
  it.each(
    [
      [b.apply("sub", [P, b.apply("sub", [Q, R])]), "p - (q - r)"],
      [b.apply("sub", [b.apply("sub", [P, Q]), R]), "p - q - r"],
      [b.mul(b.add(P, Q), R), "(p + q)·r"],
      [b.div(P, b.mul(Q, R)), "p/(q·r)"],
      [b.neg(b.mul(P, Q)), "-p·q"],
      [b.mul(P, b.neg(Q)), "p·(-q)"],
      [b.pow(b.neg(P), b.number(2)), "(-p)^2"],
      [b.pow(b.pow(P, Q), R), "(p^q)^r"],
      [b.pow(P, b.pow(Q, R)), "p^q^r"],
      [b.apply("exp", [b.neg(P)]), "exp(-p)"],
      [b.mul(b.cast(b.less(b.number(0), P), "f32"), Q), "[0 < p]·q"],
      [
        b.select(b.less(P, Q), P, b.select(b.less(Q, R), Q, R)),
        "if p < q then p else if q < r then q else r",
      ],
      [b.add(P, b.select(b.less(P, Q), P, Q)), "p + (if p < q then p else q)"],
      [b.mul(P, b.number(1 / 640)), "p·(1/640)"],
      [b.number(-0.1), "-0.1"],
      [b.number(2 / Math.sqrt(Math.PI)), "1.12838"],
      [b.number(-Infinity), "-∞"],
      [b.nonnegative(b.plus(i, 1, b.times(u, -1))), "u ≤ b + 1"],
      [b.nonnegative(b.minus(b.minus(i, u), 1)), "u < b"],
      [b.nonnegative(b.minus(b.minus(i, u), 2)), "u + 2 ≤ b"],
      [b.nonnegative(b.minus(j, 3)), "j ≥ 3"],
      [b.nonnegative(b.minus(3, j)), "j ≤ 3"],
      [b.zero(b.minus(j, 3)), "j = 3"],
      [b.zero(b.minus(s.integer(b.read(token, [i])), j)), "j = token[b]"],
      [b.apply("or", [b.zero(b.of(j)), b.and(b.zero(b.of(i)), b.less(P, Q))]), "j = 0 ∨ b = 0 ∧ p < q"],
      [b.apply("not", [b.zero(b.of(j))]), "¬(j = 0)"],
      [b.div(P, b.reduce("sum", [k], [], b.read(x, [i, k]))), "p/(Σ_k x[b, k])"],
      [b.reduce("sum", [k], [], b.add(P, b.read(x, [i, k]))), "Σ_k (p + x[b, k])"],
      [b.cast(b.of(batch), "f32"), "batch"],
    ].map(([e, text]) => [text, e] as [string, Expr]),
  )("%s", (text, e) => expect(printExpr(e)).toBe(text));
});

describe("printStatement", () => {
  it("prints equations as a textbook does", () => {
    const product = b.mul(b.read(x, [i, k]), b.read(W, [k, j]));
    const forward = s.equation(z, [i, j], [i, j], product, { reducer: "sum", reduced: [k] });
    expect(printStatement(forward)).toBe("z[b, j] = Σ_k x[b, k]·W[k, j]");
    const place = b.minus(b.plus(j, u), 1);
    const where = [b.nonnegative(place), b.nonnegative(b.minus(9, place))];
    const y = s.tensor("y", [10]);
    const window = s.equation(
      y,
      [j],
      [j],
      b.read(
        z,
        [0, place].map((t) => b.toAffine(t)),
      ),
      {
        reducer: "max",
        reduced: [u],
        where,
      },
    );
    expect(printStatement(window)).toBe("y[j] = max_{u : j + u ≥ 1 ∧ j + u ≤ 10} z[0, j + u - 1]");
    const half = s.index("y", 5);
    const part = s.equation(y, [half], [b.plus(b.times(half, 2), 1)], b.number(1), {
      where: [b.nonnegative(b.minus(half, 2))],
      accumulate: true,
    });
    expect(printStatement(part)).toBe("y[2·y + 1] += 1 where y ≥ 2 for y < 5");
  });

  it("primes equal names and scatters over the loops it names", () => {
    const j2 = s.index("j", 64);
    const e = s.equation(dW, [i, j, j2], [j2, b.read(token, [i])], b.read(z, [i, j]), { accumulate: true });
    expect(printStatement(e)).toBe("dW[j′, token[b]] += z[b, j] for b < batch, j < 10");
  });

  it("names the parts of what would be too long as a tree", () => {
    let e = b.read(scalar, []);
    for (let n = 0; n < 50; n++) e = b.apply("sin", [b.mul(e, e)]);
    const text = printExpr(e);
    expect(text.length).toBeLessThan(5000);
    expect(text).toContain("where t1 = ");
    expect(text.split("\n")[0]).toMatch(/^sin\(t\d+·t\d+\)$/);
  });

  it("prints whole graphs with shapes", () => {
    const [m, n] = [s.index("i", batch), s.index("j", 10)];
    const flat = s.tensor("flat", [b.times(batch, 10)]);
    const statements = [
      s.equation(z, [m, n], [m, n], b.read(W, [n, n])),
      b.reshape({ tensor: flat, source: z, origin: s.origin }),
      s.equation(scalar, [], [], b.read(flat, [b.integer(0)])),
      { kind: "gradient", id: b.id(), of: scalar, wrt: [W], results: [dW], origin: s.origin } as const,
    ];
    expect(printGraph({ name: "backward", statements, results: [scalar, dW] })).toMatchInlineSnapshot(`
      "graph backward → loss, dW
        z: [batch, 10]
          z[i, j] = W[j, j]
        flat: [10·batch]
          flat = reshape z to [10·batch]
        loss: []
          loss = flat[0]
        dW: [64, 10]
          dW = gradient of loss by W
      "
    `);
    expect(printTensor(token)).toBe("token: int[batch] < 10");
  });
});
