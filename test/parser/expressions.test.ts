import { describe, expect, test } from "vitest";
import { showExpression } from "./read.ts";

const table = (rows: readonly (readonly [string, string])[]): void => {
  test.each(rows)("%s", (text, tree) => expect(showExpression(text)).toBe(tree));
};

describe("operators bind as in the textbook", () => {
  table([
    ["a + b * c - d / e", "((a + (b * c)) - (d / e))"],
    ["a - b - c", "((a - b) - c)"],
    ["a * b / c @ d", "(((a * b) / c) @ d)"],
    ["a div b mod c", "((a div b) mod c)"],
    ["a ^ b ^ c", "(a ^ (b ^ c))"],
    ["-x^2", "(- (x ^ 2))"],
    ["2^-x", "(2 ^ (- x))"],
    ["2^-x^2 * y", "((2 ^ (- (x ^ 2))) * y)"],
    ["a * -b + c", "((a * (- b)) + c)"],
    ["--x", "(- (- x))"],
    ["not a == b and c or d", "(((not (a == b)) and c) or d)"],
    ["a or b and not c", "(a or (b and (not c)))"],
    ["a + 1 < b * 2", "((a + 1) < (b * 2))"],
    ["(a + b) * c", "((a + b) * c)"],
  ]);
});

describe("a pipe takes everything to its left", () => {
  table([
    ["x |> relu", "(x |> relu)"],
    ["x + h |> linear(3) |> relu", "(((x + h) |> linear(3)) |> relu)"],
    ["x |> norm()", "(x |> norm())"],
    ["x |> linear(64)(y)", "(x |> linear(64)(y))"],
    ["if c then a else b |> f", "((if c then a else b) |> f)"],
    ["f(x |> g, y)", "f((x |> g), y)"],
  ]);
});

describe("if takes in all of its else branch but a pipe", () => {
  table([
    ["if x > 0 then x else slope * x", "(if (x > 0) then x else (slope * x))"],
    ["1 + if c then a else b + 2", "(1 + (if c then a else (b + 2)))"],
    ["if a then if b then 1 else 2 else 3", "(if a then (if b then 1 else 2) else 3)"],
    ["if a then 1 else if b then 2 else 3", "(if a then 1 else (if b then 2 else 3))"],
    ["if a and b or c then 1 else p or q", "(if ((a and b) or c) then 1 else (p or q))"],
  ]);
});

describe("a reducer takes the product after it", () => {
  table([
    ["sum[k] x[b, k] * W[k, j] + bias[j]", "((sum[k] (x[b, k] * W[k, j])) + bias[j])"],
    ["a * sum[k] b[k] * c[k]", "(a * (sum[k] (b[k] * c[k])))"],
    ["e[j] / sum[k] e[k]", "(e[j] / (sum[k] e[k]))"],
    ["sum[k] -x[k] * y[k] - z", "((sum[k] ((- x[k]) * y[k])) - z)"],
    ["-sum[k] x[k]^2", "(- (sum[k] (x[k] ^ 2)))"],
    ["sum[i] max[j < 3, v] x[i, j]", "(sum[i] (max[j < 3, v] x[i, j]))"],
    ["sum[k < n + 1, ...i] x[...i, k]", "(sum[k < (n + 1), ...i] x[...i, k])"],
    ["argmax[k] x[k] == label", "((argmax[k] x[k]) == label)"],
    ["sum[k] if m[k] then x[k] else 0", "(sum[k] (if m[k] then x[k] else 0))"],
    ["sum[k] (x[k] + 1)", "(sum[k] (x[k] + 1))"],
    ["sum[] x", "(sum[] x)"],
  ]);
});

describe("the names of the reducers are names elsewhere", () => {
  table([
    ["sum(x) + mean(x, axis = 0)", "(sum(x) + mean(x, axis = 0))"],
    ["max(0, x)", "max(0, x)"],
    ["x[i] - mean[i]", "(x[i] - mean[i])"],
    ["mean[i] * 2", "(mean[i] * 2)"],
    ["f(sum[k])", "f(sum[k])"],
    ["if sum[k] then sum[k] else min", "(if sum[k] then sum[k] else min)"],
  ]);
});

describe("calls, subscripts, reads with another value outside", () => {
  table([
    ["linear(64)(x)", "linear(64)(x)"],
    ["x[:, t]", "x[:, t]"],
    ["E[token[b, t], d]", "E[token[b, t], d]"],
    ["x[...i, i div 2, i mod 2]", "x[...i, (i div 2), (i mod 2)]"],
    ["f(x)[i]", "f(x)[i]"],
    ["(x[b, i + u - pad] else 0) * w", "((x[b, ((i + u) - pad)] else 0) * w)"],
    ["(x[i] else y[j])", "(x[i] else y[j])"],
    ["((if a then b else c) else d)", "((if a then b else c) else d)"],
    ["f(lr = 1e-3, step)", "f(lr = 0.001r, step)"],
    ["f()", "f()"],
  ]);
});

describe("numbers", () => {
  table([
    ["64", "64"],
    ["1e-3", "0.001r"],
    [".5", "0.5r"],
    ["0.5", "0.5r"],
    ["1.", "1r"],
    ["2.5E+2", "250r"],
  ]);
});

describe("words that are names where no statement starts", () => {
  const words = [
    "loss",
    "input",
    "output",
    "state",
    "update",
    "param",
    "metric",
    "require",
    "dim",
    "model",
    "layer",
    "from",
  ];
  const more = [
    "as",
    "gradient",
    "optimizer",
    "for",
    "in",
    "import",
    "fn",
    "with",
    "step",
    "training",
    "int",
  ];
  test.each([...words, ...more])("%s", (word) => {
    expect(showExpression(`${word} + f(${word}, ${word} = ${word})[${word}]`)).toBe(
      `(${word} + f(${word}, ${word} = ${word})[${word}])`,
    );
  });
});

test("names may be any letters, and are one name however their marks are encoded", () => {
  expect(showExpression("ŷ + σ(δ_1) * x₂")).toBe("(ŷ + (σ(δ_1) * x₂))");
  expect(showExpression("y\u0302")).toBe(showExpression("\u0177"));
});
