/** What the lowering to ONNX tells apart: reads, left sides, reductions and types, each in the smallest model that has it. */
import { describe, expect, test } from "vitest";
import { exportOnnx } from "../../src/index.ts";
import { Diagnostics } from "../../src/ir/diagnostics.ts";
import { interpret } from "../../src/ir/interpreter.ts";
import type { Equation } from "../../src/ir/types.ts";
import { exportGraph } from "../../src/onnx/export.ts";
import { build } from "../support/model.ts";
import { loadOnnx } from "../support/onnx.ts";
import { checkOnnx } from "./check.ts";

const batches = { runs: [{ batch: 3 }, { batch: 1 }, { batch: 4 }] };
const model = (body: string): string => `model M {\n  dim batch <= 5\n  input x: [batch, 6]\n${body}\n}\n`;

const bodies: Readonly<Record<string, string>> = {
  "a transposed read": "output y[j, b] = x[b, j]",
  "a slice with a step": "output y[b, j < 3] = x[b, 2 * j + 1]",
  "a reversed axis": "output y[b, j < 6] = x[b, 5 - j]",
  "a single column": "output y[b] = x[b, 2]",
  windows: "param w: [3] ~ normal\n  output y[b, i < 4] = sum[k] x[b, i + k] * w[k]",
  "a padded window":
    "output y[b, i < 6] = sum[k < 3] (if i + k - 1 >= 0 and i + k - 1 < 6 then x[b, i + k - 1] else 0)",
  "the same loop in two subscripts": "param w: [6, 6] ~ normal\n  output y[i] = w[i, i]",
  "a difference of loops": "param w: [11] ~ normal\n  output y[i < 6, j < 6] = w[i - j + 5]",
  "a difference of loops in one subscript of two":
    "param w: [6, 11] ~ normal\n  output y[i < 6, j < 6] = w[i, i - j + 5]",
  "the value of a label": "input label: int[batch] < 6\n  output y[b] = x[b, label[b]]",
  "a row of a table":
    "input label: int[batch] < 7\n  param w: [7, 2] ~ normal\n  output y[b, j] = w[label[b], j]",
  "a guard that chooses": "output y[b, j] = if j > 2 then x[b, j - 3] else -x[b, j]",
  "a quotient and a remainder":
    "output y[b, i < 3, j < 2] = x[b, (2 * i + j) div 2] + x[b, (5 * i + j) mod 6]",
  "parts that lie side by side":
    "y: [batch, 8]\n  y[b, j < 2] = 1\n  y[b, j + 2] = x[b, j]\n  output z = 2 * y",
  "a recurrence":
    "s: [7, batch]\n  s[0, b] = 0\n  for t in 0..6 { s[t + 1, b] = tanh(s[t, b] + x[b, t]) }\n  output y = s",
  "parts in blocks":
    "s: [batch, 3, 2]\n  s[b, 0, j] = x[b, j]\n  s[b, 1, j] = -x[b, j]\n  s[b, 2, 0] = x[b, 4]\n  s[b, 2, 1] = x[b, 5]\n  output y = s",
  "a scatter": "s: [batch, 12]\n  s[b, 2 * j] = x[b, j]\n  s[b, 2 * j + 1] = -x[b, j]\n  output y = s",
  "a diagonal": "output y[b, i < 6, j < 6] = if i == j then x[b, i] else 0",
  "a sum of products of three":
    "param w: [6, 2] ~ normal\n  param v: [6] ~ normal\n  output y[b, j] = sum[k] x[b, k] * w[k, j] * v[k]",
  "a sum over what nothing depends on": "output y[b] = sum[k < 4] x[b, 1]",
  "a sum with a condition": "output y[b] = sum[j < 6] (if j mod 2 == 0 then x[b, j div 2] else 0)",
  "a product": "output y[b] = prod[j] x[b, j]",
  "a largest and a smallest": "output y[b] = max[j] x[b, j] - min[j] x[b, j]",
  "a position": "output y[b] = argmax[j] x[b, j]",
  "a position with a condition": "output y[b] = argmin[j < 6] (if j < 4 then x[b, j] else 3)",
  "a position among two loops": "param w: [3, 4] ~ normal\n  output y = argmax[i, j] w[i, j]",
  "a mean over all": "output y = mean(x)",
  "the place as a number": "output y[b, j] = x[b, j] * j + b",
  "truth values": "output y[b, j] = x[b, j] > 0.5 and not (j == 2)",
  "a choice of truth values":
    "input known: bool[batch]\n  output y[b, j] = if known[b] then x[b, j] > 0.5 else j > 1",
  integers: "input n: int[batch] < 9\n  output y[b] = min(n[b] * n[b], 20) div (n[b] + 1) - 7 mod (n[b] + 1)",
  "an input as it is": "output y = x",
  "two names for one value": "h = tanh(x)\n  output y = h\n  output z = h",
  "a new shape": "output y = reshape(x, batch, 2, 3)",
  "a flushed number": "output y = flush(x * 1e-30 * 2) + stop_gradient(x)",
};

test.each(Object.entries(bodies))("%s", async (_, body) => {
  await checkOnnx(model(`  ${body}`), /batch|\bx\b/.test(body) ? batches : { runs: [{}] });
});

describe("left sides that only other passes make", () => {
  const source = "model M { input x: [4]; y: [6]; y[i < 6] = 0; output z = y }";
  const { program, graphs, context } = build(source);
  const { builder: b } = context;
  const [x, z] = [program.inputs[0]!, program.outputs[0]!.tensor];
  const i = b.index("i", 4);
  const start = graphs.forward.statements.find((s) => s.kind === "equation" && s.tensor === z) as Equation;
  const part = (more: Partial<Equation>): Equation =>
    b.equation({ ...start, indices: [i], target: [b.plus(i, 1)], body: b.read(x, [i]), ...more });
  const within = b.nonnegative(b.minus(2, i));
  const parts: Readonly<Record<string, Equation>> = {
    "nothing is stored where a condition does not hold": part({
      target: [b.plus(b.times(i, 3), -1)],
      where: [b.nonnegative(b.minus(i, 1)), within],
    }),
    "a sum over a place": part({ accumulate: true, target: [b.floorDivide(b.of(i), 2)] }),
    "a sum over a place, with a condition": part({
      accumulate: true,
      target: [b.modulo(b.plus(i, 1), 3)],
      where: [within],
    }),
    "a sum over the whole": part({
      indices: start.indices,
      target: start.target,
      body: b.number(2),
      accumulate: true,
    }),
  };

  test.each(Object.entries(parts))("%s", async (_, equation) => {
    const forward = { ...graphs.forward, statements: [...graphs.forward.statements, equation] };
    const values = new Map([[x, Float64Array.of(1, 2, 3, 4)]]);
    interpret(forward, { dims: new Map(), values });
    const settings = { counts: new Map(), values: () => [], version: "1" };
    const bytes = exportGraph({ ...graphs, forward }, context, new Diagnostics(), settings)!;
    const found = await (await loadOnnx(bytes))({ x: { type: "f32", shape: [4], values: [1, 2, 3, 4] } });
    expect(Array.from(found["z"]!.data, Number)).toEqual([...values.get(z)!]);
  });
});

test.each([
  ["output y[b] = x[b, 0] * random()", "`random`"],
  ["output y[b] = x[b, 0] * step", "`step`"],
])("%s is reported", (body, what) => {
  const { bytes, diagnostics } = exportOnnx(model(`  ${body}`));
  expect(bytes).toBeNull();
  expect(diagnostics.map((d) => d.code)).toEqual(["NN4002"]);
  expect(diagnostics[0]!.message).toContain(what);
});

test("weights of another model are refused", () => {
  const source = "model M { input x: [2]; param w: [2] ~ ones; output y = w * x }";
  const weights = (values: number[]): unknown => exportOnnx(source, { weights: new Map([["w", values]]) });
  expect(() => weights([1, 2, 3])).toThrow("`w` needs 2 weights, but there are 3");
  expect(() => exportOnnx(source, { weights: new Map() })).toThrow("`w` has no weights");
});
