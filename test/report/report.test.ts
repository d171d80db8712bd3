/** Reports of models whose costs are worked out by hand. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { renderReport } from "../../src/cli/report.ts";
import type { CompileOptions, CostReport } from "../../src/index.ts";
import { compile } from "../../src/index.ts";

async function report(text: string, options: CompileOptions = {}): Promise<CostReport> {
  const { report: made, diagnostics } = await compile(text, { report: {}, ...options });
  expect(diagnostics).toEqual([]);
  return made!;
}

const procedure = (r: CostReport, name: string) => r.procedures.find((p) => p.name === name)!;

const product = `model Product {
  dim batch <= 8
  input x: [batch, 5]
  param W: [5, 3] ~ ones
  output y = exp(x @ W)
  loss sum(y)
  optimizer adam()
}`;

test("a product of matrices and its exponential", async () => {
  const forward = procedure(await report(product, { level: 0 }), "forward");
  // The sum and what is made of it are one function already.
  expect(forward.calls.map((c) => c.operations)).toEqual([2 * 8 * 5 * 3]);
  expect(forward).toMatchObject({
    kernels: 1,
    operations: 240,
    functions: { exp: 24 },
    bytesRead: 4 * (2 * 120),
    bytesWritten: 4 * 24,
    compulsoryBytesRead: 4 * (8 * 5 + 5 * 3),
    compulsoryBytesWritten: 4 * 24,
    atMost: false,
  });
});

test("dimensions are at their maxima, or as asked; memory is for the maxima", async () => {
  const [most, three] = [await report(product), await report(product, { report: { at: { batch: 3 } } })];
  expect(procedure(most, "forward").operations).toBe(240);
  expect(procedure(three, "forward").operations).toBe(90);
  expect(three.dimensions).toEqual([{ name: "batch", count: 3, maximum: 8 }]);
  expect(three.memory).toEqual(most.memory);
  expect(most.memory).toMatchObject({
    parameters: { count: 15, bytes: 60 },
    gradients: { count: 15, bytes: 60 },
    optimizerStates: { count: 30, bytes: 120 },
    states: { count: 0, bytes: 0 },
    inputs: { count: 40, bytes: 160 },
  });
});

test("values that share a place are counted once", async () => {
  const chain = `model Chain { input x: [100]
    output y = sum[i] exp(sum[j] sin(sum[k] x[k] * x[j]) * x[i]) }`;
  const rooms = await Promise.all([0, 1].map((level) => report(chain, { level: level as 0 | 1 })));
  expect(rooms[1]!.memory.values.count).toBeLessThan(rooms[0]!.memory.values.count);
});

test("a triangle is half a square, and a border is left out", async () => {
  const triangle = `model Triangle { input x: [10]
    input w: [10]
    output y[i < 10] = sum[j] (if j <= i then x[j] * w[j] else 0) }`;
  const border = `model Border { input x: [10]
    input w: [3]
    output y[i < 10] = sum[k] (x[i + k - 1] else 0) * w[k] }`;
  for (const [text, terms] of [
    [triangle, 55],
    [border, 28],
  ] as const) {
    const found = procedure(await report(text, { level: 0 }), "forward");
    expect(found.calls[0]).toMatchObject({ operations: 2 * terms, atMost: false });
  }
});

test("a condition on data counts both sides, and says so", async () => {
  const text = `model Choice { input x: [10]
    output y[i] = if x[i] > 0 then exp(x[i]) else sin(x[i]) }`;
  expect(procedure(await report(text), "forward")).toMatchObject({
    functions: { exp: 10, sin: 10 },
    operations: 20,
    atMost: true,
  });
});

test("of a deep network, backward costs about twice as much as forward", async () => {
  const text = `model Deep { dim batch <= 4
    input x: [batch, 64]
    for l in 0..8 { x = x |> linear(64) |> tanh }
    loss mean(x^2)
    optimizer sgd() }`;
  const { backwardToForward } = await report(text);
  // Two products for the one forward, but for the input of the first layer: (8 + 7) : 8.
  expect(backwardToForward).toBeGreaterThan(1.8);
  expect(backwardToForward).toBeLessThan(2);
});

test("what is no dimension, or no count of it, is a diagnostic", async () => {
  const {
    diagnostics,
    outputs,
    report: none,
  } = await compile(product, {
    report: { at: { batc: 3, batch: 9 } },
  });
  expect(diagnostics.map((d) => d.message)).toEqual([
    "the dimension `batc` is not one of the model, or its count is fixed",
    "the dimension `batch` must be an integer from 1 to 8, but is 9",
  ]);
  expect([outputs, none]).toEqual([[], undefined]);
});

describe("as text", () => {
  const examples = new URL("../../examples/", import.meta.url);
  test.each(readdirSync(examples).filter((n) => n.endsWith(".nn")))("%s fits 100 columns", async (name) => {
    const made = await report(readFileSync(new URL(name, examples), "utf8"));
    const lines = renderReport(made).split("\n");
    expect(Math.max(...lines.map((l) => [...l].length))).toBeLessThanOrEqual(100);
  });

  test("every procedure, every call, and the memory", async () => {
    const text = renderReport(await report(product, { level: 0 }));
    expect(text).toContain("Product, level 0, batch = 8\n");
    expect(text).toMatch(/^parameters +15 +60$/m);
    expect(text).toMatch(/^forward +1 +1 +240 +24 +960 B +96 B +220 B +96 B$/m);
    expect(text).toMatch(/^y +240 .* 91\.7 % +y\.sum/m);
  });
});
