/** Starting values: functions of the shape of what they start. */
import { describe, expect, test } from "vitest";
import { check, compile } from "../../src/index.ts";
import { flatten, load } from "../support/generated.ts";
import { close, model } from "../support/model.ts";

const identity = `fn identity(gain = 1) -> [n, m] {
  y[i, j] = if i == j then gain else 0
  return y
}
`;

/** Newton's iteration for the orthogonal factor of a random matrix (Björck and Bowie, 1971). */
const orthogonal = `fn orthogonal() -> [n, m] {
  A[i < n, j < m] = random() - 0.5
  Q = A / sqrt(sum(A^2))
  for t in 0..40 {
    G[i < n, j < n] = sum[k] Q[i, k] * Q[j, k]
    Q = 1.5 * Q - 0.5 * (G @ Q)
  }
  return Q
}
`;

/** The start of the parameters of a model body, by name. */
function start(declarations: string, body: string, name: string, seed = 1): number[] {
  const source = `${declarations}\nmodel M {\n${body}\n output total = sum(${name})\n}`;
  return [...model(source, { seed }).parameter(name)];
}

const product = (q: ArrayLike<number>, rows: number, columns: number): number[] =>
  Array.from({ length: rows * rows }, (_, cell) => {
    const [i, j] = [Math.floor(cell / rows), cell % rows];
    return Array.from({ length: columns }).reduce<number>(
      (sum, _cell, k) => sum + q[i * columns + k]! * q[j * columns + k]!,
      0,
    );
  });

describe("a result type is matched with the shape", () => {
  test("of a parameter", () => {
    expect(start(identity, "param W: [3, 2] ~ identity", "W")).toEqual([1, 0, 0, 1, 0, 0]);
    expect(start(identity, "param W: [2, 2] ~ identity(gain = 3)", "W")).toEqual([3, 0, 0, 3]);
  });
  test("of a state, and in a layer", () => {
    const states = `${identity}model M {\n state s: [2, 2] = identity\n output y = s + 0\n}`;
    expect(model(states).forward().y).toEqual([1, 0, 0, 1]);
    const layer = `${identity}layer same()(x: [b, n]) -> [b, n] {\n param W: [n, n] ~ identity\n return x @ W\n}
    model M {\n input x: [1, 3]\n output y = x |> same()\n}`;
    expect(model(layer).forward({ x: [4, 5, 6] }).y).toEqual([4, 5, 6]);
  });
  test("element by element in an expression, and through a function without a result type", () => {
    expect(start(identity, "param W: [2, 2] ~ 2 * identity() + 1", "W")).toEqual([3, 1, 1, 3]);
    const scaled = `${identity}fn scaled(gain) = gain * identity()`;
    expect(start(scaled, "param W: [2, 2] ~ scaled(5)", "W")).toEqual([5, 0, 0, 5]);
  });
  test("packs stand for any number of dimensions", () => {
    const last = "fn last() -> [...s, n] {\n y[...i, j] = if j == n - 1 then 1 else 0\n return y\n}";
    expect(start(last, "param W: [2, 2, 2] ~ last", "W")).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
    expect(start(last, "param W: [3] ~ last", "W")).toEqual([0, 0, 1]);
  });
  test("an inner call has its own names, bound by its arguments", () => {
    const inner = `fn diagonal(d: [n]) -> [n, n] {\n y[i, j] = if i == j then d[i] else 0\n return y\n}
    fn counting() -> [n, m] {\n d[i < n] = i + 1\n return diagonal(d)\n}`;
    expect(start(inner, "param W: [2, 2] ~ counting", "W")).toEqual([1, 0, 0, 2]);
  });
  test("a type without open names leaves the value to be broadcast", () => {
    const row = "fn row() -> [2] {\n y[i] = i\n return y\n}";
    expect(start(row, "param W: [2, 2] ~ row", "W")).toEqual([0, 1, 0, 1]);
  });
});

describe("a matrix is orthogonalised", () => {
  test("in the interpreter, and every parameter by draws of its own", () => {
    const q = start(orthogonal, "param Q: [3, 4] ~ orthogonal", "Q");
    close(product(q, 3, 4), [1, 0, 0, 0, 1, 0, 0, 0, 1], 9);
    expect(start(orthogonal, "param Q: [3, 4] ~ orthogonal", "Q", 2)).not.toEqual(q);
    const two = model(
      `${orthogonal}model M {\n param P: [2, 3] ~ orthogonal\n param Q: [2, 3] ~ orthogonal\n output y = P + Q\n}`,
    );
    expect([...two.parameter("P")]).not.toEqual([...two.parameter("Q")]);
  });
  test.each([0, 1] as const)("in the generated module, -O%i", async (level) => {
    const source = `${orthogonal}model M {\n input x: [3]\n param Q: [3, 4] ~ orthogonal\n output y = x @ Q\n}`;
    const { outputs, diagnostics } = await compile(source, { level, language: "javascript" });
    expect(diagnostics).toEqual([]);
    const m = (await load(outputs[0]!.text, "M")).create({ seed: 3 });
    close(product(flatten(m.parameters)["Q"]!, 3, 4), [1, 0, 0, 0, 1, 0, 0, 0, 1], 5);
  });
});

describe("fans", () => {
  const fans = (shape: string): number[] => {
    const source = `model M {\n param a: ${shape} ~ fan_in\n param b: ${shape} ~ fan_out\n output y = a + b\n}`;
    const m = model(source);
    return [m.parameter("a")[0]!, m.parameter("b")[0]!];
  };
  test("of a matrix: in and out", () => expect(fans("[5, 3]")).toEqual([5, 3]));
  test("of a convolution: times the window", () => expect(fans("[3, 2, 5, 7]")).toEqual([30, 42]));
  test("of a vector and a scalar", () => {
    expect(fans("[4]")).toEqual([1, 4]);
    expect(fans("[]")).toEqual([1, 1]);
  });
});

describe("mistakes", () => {
  const codes = (declarations: string, body: string): [string, string][] => {
    const text = `${declarations}\nmodel M {\n${body}\n output y = W\n}`;
    return check(text).diagnostics.map((d) => [d.code, d.message]);
  };
  test("of rank and of extents", () => {
    expect(codes(identity, "param W: [3] ~ identity")).toEqual([
      ["NN2005", "`W` needs 2 dimensions, but has 1"],
    ]);
    const square = "fn square() -> [n, n] {\n y[i, j] = i\n return y\n}";
    expect(codes(square, "param W: [3, 4] ~ square()")).toEqual([
      ["NN2013", "`W` must have the extent 3, but has 4"],
    ]);
  });
  test("elsewhere nothing binds the names", () => {
    const [d] = check(`${identity}model M {\n output y = identity()\n}`).diagnostics;
    expect(d!.code).toBe("NN2001");
    expect(d!.help).toContain("`x: [n]`");
  });
  test("only what is drawn is matched", () => {
    expect(codes(identity, "param W: [2, 2] ~ sum(identity())").map(([code]) => code)).toEqual(["NN2001"]);
    expect(codes(identity, "param W: [2, 2] ~ identity() @ identity()").map(([code]) => code)).toEqual([
      "NN2001",
    ]);
  });
});
