/** What every construct of the language means, as numbers out of the interpreter. */
import { describe, expect, test } from "vitest";
import { check, compile } from "../../src/index.ts";
import { close, model, numbers } from "../support/model.ts";

/** The output `y` of a model body over the inputs x: [2, 3] = 1 … 6 and i: int[2] = 2, 0. */
function y(body: string, more: Parameters<typeof model>[1] & { before?: string } = {}): number[] {
  const source = `${more.before ?? ""}\nmodel M {\n input x: [2, 3]\n input i: int[2] < 3\n${body}\n output y\n}`;
  const m = model(source, more);
  const used = new Set(m.program.inputs.map((t) => t.name));
  const inputs = { x: [1, 2, 3, 4, 5, 6], i: [2, 0] };
  return m.forward(Object.fromEntries(Object.entries(inputs).filter(([n]) => used.has(n)))).y!;
}

describe("element by element", () => {
  test("arithmetic broadcasts as NumPy does", () => {
    close(y("param w: [3] ~ ones\n y = 2 * x - w / 4"), [1.75, 3.75, 5.75, 7.75, 9.75, 11.75]);
    close(y("y = x + mean(x, axis = 0)"), [3.5, 5.5, 7.5, 6.5, 8.5, 10.5]);
  });
  test("^ binds tighter than unary minus", () => close(y("y = -x^2"), [-1, -4, -9, -16, -25, -36]));
  test("if selects, also by a condition of another shape", () => {
    close(y("y = if x > 3 then x else -1"), [-1, -1, -1, 4, 5, 6]);
    close(y("y = if training then 0 else x"), [1, 2, 3, 4, 5, 6]);
  });
  test("truth values combine", () => close(y("y = x > 1 and not (x == 3) or x >= 6"), [0, 1, 0, 1, 1, 1]));
  test("comparisons of integers", () => close(y("y = i != 2"), [0, 1]));
  test("integers have div and mod, and / is real", () => {
    close(y("y = i div 2"), [1, 0]);
    close(y("y = (i + 5) mod 4"), [3, 1]);
    close(y("y = i / 2"), [1, 0]);
  });
  test("min and max of two", () => close(y("y = max(min(x, 5), 2)"), [2, 2, 3, 4, 5, 5]));
  test("a pipe applies", () => close(y("y = x |> relu |> leaky_relu(slope = 0.5)"), [1, 2, 3, 4, 5, 6]));
});

describe("index notation", () => {
  test("reducers", () => {
    close(y("y[b] = sum[k] x[b, k]"), [6, 15]);
    close(y("y[b] = mean[k] x[b, k]"), [2, 5]);
    close(y("y[k] = prod[b] x[b, k]"), [4, 10, 18]);
    close(y("y[b] = max[k] -x[b, k]"), [-1, -4]);
    close(y("y[b] = min[k] x[b, k]"), [1, 4]);
    close(y("y[k] = argmax[b] x[b, k]"), [1, 1, 1]);
    close(y("y[b] = argmin[k] x[b, k]"), [0, 0]);
    close(y("y = sum[b, k] x[b, k]"), [21]);
  });
  test("a reducer takes the product after it", () => {
    close(y("param w: [3] ~ ones\n y[b] = sum[k] x[b, k] * w[k] + 1"), [7, 16]);
    close(y("y[b] = 2 * sum[k] x[b, k] * sum[j < 2] x[b, j]"), [36, 270]);
  });
  test("argmax of several indices is their linear position", () => close(y("y = argmax[b, k] x[b, k]"), [5]));
  test("the first of equals wins", () => close(y("z = x * 0\n y = argmax(z)"), [0, 0]));
  test("a given range wins where it is smaller", () => {
    close(y("y[b, j < 2] = x[b, j]"), [1, 2, 4, 5]);
    close(y("y[b] = sum[k < 2] x[b, k]"), [3, 9]);
  });
  test("subscripts are integer expressions", () => close(y("y[b, j < 2] = x[b, 2 - j]"), [3, 2, 6, 5]));
  test("else says what lies outside", () => {
    close(y("y[b, j < 3] = (x[b, j - 1] else 0)"), [0, 1, 2, 0, 4, 5]);
    close(y("y[b, j < 3] = (x[b, j + 1] else x[b, 0])"), [2, 3, 1, 5, 6, 4]);
  });
  test("subscripts may be data", () => close(y("y[b] = x[b, i[b]]"), [3, 4]));
  test("any rank", () => {
    const before = "fn last(z: [...s, n]) -> [...s] {\n r[...q] = z[...q, n - 1]\n return r\n}";
    close(y("y = last(x)", { before }), [3, 6]);
    close(y("y[...q] = 2 * x[...q]"), [2, 4, 6, 8, 10, 12]);
  });
  test("slices, and subscripts left out", () => {
    close(y("y = x[:, 1]"), [2, 5]);
    close(y("y = x[1]"), [4, 5, 6]);
  });
  test("sizes and indices are numbers", () =>
    close(y("y[b, k] = x[b, k] + k / 2 + 3 * b"), [1, 2.5, 4, 7, 8.5, 10]));
  test("one hot by comparison", () =>
    close(y("y[b, c < 3] = if c == i[b] then 1 else 0"), [0, 0, 1, 1, 0, 0]));
  test("@ is the matrix product", () => {
    close(y("w[j, k < 2] = x[k, j]\n y = x @ w"), [14, 32, 32, 77]);
    close(y("v = x[0]\n y = x @ v"), [14, 32]);
  });
  test("a condition on indices keeps reads in range", () => {
    close(y("y[b, k < 3] = if k > 0 then x[b, k - 1] else 9"), [9, 1, 2, 9, 4, 5]);
  });
});

describe("definitions", () => {
  test("in parts", () => {
    close(y("y: [2, 3]\n y[0, j] = x[1, j]\n y[1] = x[0]"), [4, 5, 6, 1, 2, 3]);
    close(y("y: [6]\n y[j < 3] = x[0, j]\n y[j + 3] = x[1, j]"), [1, 2, 3, 4, 5, 6]);
  });
  test("a for carries what was defined before it", () => {
    close(y("y = x\n for t in 0..3 { y = 2 * y }"), [8, 16, 24, 32, 40, 48]);
    close(y("total = 0\n for t in 0..3 { total = total + x[0, t] }\n y = total"), [6]);
  });
  test("recurrence over parts", () => {
    const body = "s: [4, 2]\n s[0, b] = 0\n for t in 0..3 { s[t + 1, b] = s[t, b] / 2 + x[b, t] }\n y = s[3]";
    close(y(body), [1 / 4 + 2 / 2 + 3, 4 / 4 + 5 / 2 + 6]);
  });
  test("declared types broadcast", () => close(y("y: [2, 3] = 5"), [5, 5, 5, 5, 5, 5]));
  test("sizes and dimensions can be set", () => {
    const m = model("model M(n: int = 2) {\n dim k = 3\n output y[a < n, b < k] = a + b\n}", {
      sizes: { n: 1, k: 4 },
    });
    close(m.forward().y!, [0, 1, 2, 3]);
  });
  test("names may be any Unicode letters", () => {
    const m = model("model M {\n input ŷ: [2]\n σ = sigmoid(ŷ)\n output δ = σ - 1/2\n}");
    close(m.forward({ ŷ: [0, 0] }).δ!, [0, 0]);
  });
});

describe("functions and layers", () => {
  test("a function may be used above its definition, with defaults and names", () => {
    const before = "fn f(a, b = a + 1) = a * b";
    close(y("y = f(x[0])", { before }), [2, 6, 12]);
    close(y("y = f(b = 2, a = x[0])", { before }), [2, 4, 6]);
  });
  test("a function body sees its own file, not the caller's names", () => {
    close(y("k = 100\n y = x |> softmax |> sum"), [2]);
  });
  test("a local name shadows the library", () => {
    close(y("y = relu(x)", { before: "fn relu(x) = 7 * x" }), [7, 14, 21, 28, 35, 42]);
  });
  test("imports", () => {
    const imports = { "./f.nn": "fn helper(x) = x + 1\nfn twice(x) = 2 * helper(x)" };
    close(y("y = g(x[0])", { before: 'import { twice as g } from "./f.nn"', imports }), [4, 6, 8]);
  });
  test("a bound instance shares its parameters, and paths follow the source", () => {
    const m = model(`
      layer two(n: int)(x: [...s, c]) -> [...s, n] {
        inner = x |> linear(n) |> relu
        return inner |> linear(n)
      }
      model M {
        input x: [2, 3]
        encode = linear(3)
        a = encode(encode(x))
        h = x |> linear(4) |> linear(5)
        g = a
        for l in 0..2 { g = g |> two(3) }
        output y = g
        output z = h
      }`);
    expect(m.program.parameters.map((p) => p.name)).toEqual([
      "encode.W",
      "encode.b",
      "h.linear.W",
      "h.linear.b",
      "h.linear2.W",
      "h.linear2.b",
      "g.0.two.inner.linear.W",
      "g.0.two.inner.linear.b",
      "g.0.two.linear.W",
      "g.0.two.linear.b",
      "g.1.two.inner.linear.W",
      "g.1.two.inner.linear.b",
      "g.1.two.linear.W",
      "g.1.two.linear.b",
    ]);
  });
  test("a bias that is switched off takes no memory", () => {
    const m = model("model M {\n input x: [2, 3]\n output y = x |> linear(4, bias = false)\n}");
    expect(m.program.parameters.map((p) => p.name)).toEqual(["y.linear.W"]);
  });
  test("a function inside an index definition is computed for each index", () => {
    close(y("y[b] = sum(softmax(x[b]))"), [1, 1]);
  });
});

test("one mistake is reported once, not again by what builds on it", () => {
  const broken =
    "model M {\n input x: [3]\n h[b, j] = b + j\n y[b, j] = tanh(h)[b, j] + x[j]\n z = nope(x)\n w[i] = z[i] * 2\n}";
  expect(check(broken).diagnostics.map((d) => d.code)).toEqual(["NN2006", "NN2001"]);
});

test("a file of functions is checked without a model, and compiled only with one", async () => {
  const text = "/// Doubles.\nfn twice(x) = 2 * x";
  expect(check(text).diagnostics).toEqual([]);
  expect((await compile(text)).diagnostics.map((d) => d.code)).toEqual(["NN2025"]);
  expect(check("").diagnostics.map((d) => d.code)).toEqual(["NN2025"]);
});

describe("dimensions", () => {
  const source = `model M {
    dim batch <= 8
    dim classes <= 5
    input x: [batch, 2]
    input label: int[batch] < classes
    logits = x |> linear(classes)
    output p = softmax(logits)
    loss cross_entropy(logits, label)
  }`;
  test("batch varies by call, classes are bound at creation", () => {
    const m = model(source, { dims: { batch: 3, classes: 4 } });
    expect(m.program.dims.map((d) => d.varies)).toEqual(["call", "create"]);
    expect(m.forward({ x: numbers(6) }).p!.length).toBe(12);
    expect(m.gradientError({ x: numbers(6), label: [3, 0, 2] })).toBeLessThan(1e-7);
  });
  test("a mean divides by the real count", () => {
    const m = model("model M {\n dim batch <= 8\n input x: [batch]\n output y = mean(x)\n}", {
      dims: { batch: 3 },
    });
    close(m.forward({ x: [1, 2, 6] }).y!, [3]);
  });
});
