/** Counted packs: `...s(axis)` has as many dimensions as its count says, so that a type may have two packs. */
import { levels } from "../../src/ir/kernel.ts";
import { describe, expect, test } from "vitest";
import { check, compile } from "../../src/index.ts";
import { load } from "../support/generated.ts";
import { close, model, numbers } from "../support/model.ts";

const functions = `
fn join(a: [...s(axis), n, ...t], b: [...s, m, ...t], axis: int = -1) -> [...s, n + m, ...t] {
  y[...i(axis), j, ...k] = if j < n then a[...i, j, ...k] else b[...i, j - n, ...k]
  return y
}
fn stacked(a: [...s(axis), ...t], b: [...s, ...t], axis: int = 0) -> [...s, 2, ...t] {
  y[...i, j, ...k] = if j == 0 then a[...i, ...k] else b[...i, ...k]
  return y
}
fn split(x: [...s(axis), n, ...t], parts: int, axis: int = -1) -> [parts, ...s, n div parts, ...t] {
  require n mod parts == 0 else "the parts must divide the dimension"
  y[p, ...i, j, ...k] = x[...i, p * (n div parts) + j, ...k]
  return y
}
fn padded(x: [...s(axis), n, ...t], before: int, after: int, axis: int = -1) -> [...s, before + n + after, ...t] {
  y[...i, j, ...k] = (x[...i, j - before, ...k] else 0)
  return y
}
fn soft(z: [...s(axis), n, ...t], axis: int = -1) -> [...s, n, ...t] {
  e[...i(axis), j, ...k] = exp(z[...i, j, ...k] - stop_gradient(max[m] z[...i, m, ...k]))
  return e[...i, j, ...k] / sum[m] e[...i, m, ...k]
}
layer scaled(axis: int)(x: [...s(axis), n, ...t]) -> [...s, n, ...t] {
  param gain: [n] ~ random()
  return x[...i, j, ...k] * gain[j]
}
`;

const shape = [2, 3, 4];
const x = numbers(24, 3);
const other = numbers(24, 5);

/** The cells of a shape in row-major order. */
function cells(extents: readonly number[]): number[][] {
  return extents.reduce<number[][]>(
    (found, extent) => found.flatMap((c) => Array.from({ length: extent }, (_, i) => [...c, i])),
    [[]],
  );
}

const at = (values: readonly number[], cell: readonly number[]): number =>
  values[cell.reduce((n, i, d) => n * shape[d]! + i, 0)]!;

const withAt = (cell: readonly number[], axis: number, f: (i: number) => number): number[] =>
  cell.map((i, d) => (d === axis ? f(i) : i));

function run(expression: string): number[] {
  const source = `${functions}model M {\n input x: [2, 3, 4]\n input o: [2, 3, 4]\n output y = ${expression}\n}`;
  const m = model(source);
  const used = new Set(m.program.inputs.map((t) => t.name));
  return m.forward({ ...(used.has("x") ? { x } : {}), ...(used.has("o") ? { o: other } : {}) }).y!;
}

describe.each([0, 1, 2, -1, -2, -3])("axis %i", (axis) => {
  const d = axis < 0 ? axis + 3 : axis;
  const extended = (extent: number): number[] => withAt(shape, d, () => extent);

  test("concatenation", () => {
    const n = shape[d]!;
    const expected = cells(extended(2 * n)).map((c) =>
      c[d]! < n
        ? at(x, c)
        : at(
            other,
            withAt(c, d, (j) => j - n),
          ),
    );
    close(run(`join(x, o, axis = ${axis})`), expected);
  });
  test("stacking makes a dimension of this place in the result", () => {
    const place = axis < 0 ? axis + 4 : axis;
    const result = shape.toSpliced(place, 0, 2);
    const expected = cells(result).map((c) => at(c[place] === 0 ? x : other, c.toSpliced(place, 1)));
    close(run(`stacked(x, o, axis = ${axis})`), expected);
  });
  test("padding", () => {
    const expected = cells(extended(shape[d]! + 3)).map((c) => {
      const inside = c[d]! >= 1 && c[d]! < shape[d]! + 1;
      return inside
        ? at(
            x,
            withAt(c, d, (j) => j - 1),
          )
        : 0;
    });
    close(run(`padded(x, 1, 2, axis = ${axis})`), expected);
  });
  test("softmax", () => {
    const expected = cells(shape).map((c) => {
      const all = Array.from({ length: shape[d]! }, (_, j) =>
        Math.exp(
          at(
            x,
            withAt(c, d, () => j),
          ),
        ),
      );
      return all[c[d]!]! / all.reduce((sum, e) => sum + e, 0);
    });
    close(run(`soft(x, axis = ${axis})`), expected);
  });
  test("a split into parts of one is undone by joining", () => {
    const n = shape[d]!;
    const parts = Array.from({ length: n }, (_, p) => `split(x, ${n}, axis = ${axis})[${p}]`);
    close(run(parts.reduce((joined, part) => `join(${joined}, ${part}, axis = ${axis})`)), x);
  });
  test("gradients", () => {
    const source = `${functions}model M {
      param a: [2, 3, 4] ~ random()
      param b: [2, 3, 4] ~ random()
      joined = join(a, b, axis = ${axis}) |> soft(axis = ${axis}) |> padded(1, 1, axis = ${axis})
      pair = stacked(a, b * b, axis = ${axis}) |> scaled(${axis})
      parts = split(joined, ${2 * shape[d]! + 2}, axis = ${axis})
      loss sum(joined^3) + sum(pair^2) + sum(parts[1] * parts[2])
    }`;
    expect(model(source).gradientError()).toBeLessThan(1e-6);
  });
});

test.each(levels)("in generated code, -O%i", async (level) => {
  const source = `${functions}model M {\n input x: [2, 3, 4]\n input o: [2, 3, 4]
    output y = join(x, o, axis = 1) |> soft(axis = -2)\n}`;
  const { outputs, diagnostics } = await compile(source, { level, language: "javascript" });
  expect(diagnostics).toEqual([]);
  const m = (await load(outputs[0]!.text, "M")).create({});
  const expected = run("join(x, o, axis = 1) |> soft(axis = -2)");
  close([...(m.forward({ x, o: other })["y"] as Float32Array)], expected, 5);
});

test("the first dimension may be dynamic", () => {
  const source = `${functions}model M {\n dim n <= 4\n input x: [n, 2]\n output y = join(x, x, axis = 0)
    output z = join(x, 2 * x)\n}`;
  const m = model(source, { dims: { n: 2 } });
  close(m.forward({ x: [1, 2, 3, 4] }).y!, [1, 2, 3, 4, 1, 2, 3, 4]);
  close(m.forward({ x: [1, 2, 3, 4] }).z!, [1, 2, 2, 4, 3, 4, 6, 8]);
});

test("the example of the reference: a count on the left, and indices from the result type", () => {
  const source = `fn centred(x: [...s(axis), n, ...t], axis: int = -1) -> [...s, n, ...t] {
    m[...i(axis), ...k] = mean[j] x[...i, j, ...k]
    return x[...i, j, ...k] - m[...i, ...k]
  }
  model M {\n input x: [2, 2]\n output y = centred(x, axis = 0)\n output z = centred(x)\n}`;
  const { y, z } = model(source).forward({ x: [1, 2, 5, 10] });
  close(y!, [-2, -4, 2, 4]);
  close(z!, [-0.5, 0.5, -2.5, 2.5]);
});

test("two packs where one has no count, told by what is bound already", () => {
  const source = `fn outer(a: [...s], b: [...t]) -> [...s, ...t] {\n y[...i, ...k] = a[...i] * b[...k]\n return y\n}
  fn both(a: [...s], x: [...s, ...t]) -> [...s, ...t] = a[...i] * x[...i, ...k]
  model M {\n input a: [2]\n input b: [3]\n output y = outer(a, b)\n output z = both(a, y)\n}`;
  const { y, z } = model(source).forward({ a: [1, 2], b: [3, 4, 5] });
  close(y!, [3, 4, 5, 6, 8, 10]);
  close(z!, [3, 4, 5, 12, 16, 20]);
});

describe("mistakes", () => {
  const reports = (body: string): (readonly [string, string, string])[] =>
    check(`${functions}model M {\n input x: [2, 3]\n input c: [5, 3]\n${body}\n}`).diagnostics.map(
      (d) => [d.code, d.message, d.help ?? ""] as const,
    );
  test("an axis out of range", () => {
    expect(reports("output y = soft(x, axis = 2)")).toEqual([
      ["NN2005", "`z` needs at least 3 dimensions, but has 2", "`axis` is 2, but may be from -2 to 1 here"],
    ]);
    expect(reports("output y = soft(x, axis = -3)")).toEqual([
      ["NN2005", "`z` needs at least 3 dimensions, but has 2", "`axis` is -3, but may be from -2 to 1 here"],
    ]);
  });
  test("an axis that is no constant", () => {
    expect(reports("output y = soft(x, axis = 0.5)").map(([code]) => code)).toEqual(["NN2012"]);
    expect(reports("output y = soft(x, axis = x)").map(([code]) => code)).toEqual(["NN2012"]);
    const text = `fn f(x: [...s(sum(x)), ...t]) = x\nmodel M {\n input x: [2]\n output y = f(x)\n}`;
    expect(check(text).diagnostics.map((d) => d.code)).toEqual(["NN2001"]);
  });
  test("other extents beside the axis", () => {
    expect(reports("output y = join(x, c, axis = 1)").map(([code]) => code)).toEqual(["NN2013"]);
    expect(reports("output y = join(x, c, axis = 0)")).toEqual([]);
  });
  test("packs that nobody counts", () => {
    const text = `fn f(x: [...s, n, ...t]) = x\nmodel M {\n input x: [2]\n output y = f(x)\n}`;
    const [d, ...more] = check(text).diagnostics;
    expect(more).toEqual([]);
    expect([d!.code, d!.help]).toEqual([
      "NN2039",
      "say how many it has, `...s(axis)`, where it stands first",
    ]);
  });
});
