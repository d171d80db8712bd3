/** Cells that are computed four at a time: which can be, their text, and that they are the same bits. */
import { describe, expect, test } from "vitest";
import type { Context } from "../../src/ir/context.ts";
import type { Kernel } from "../../src/ir/kernel.ts";
import type { CellsLaunch } from "../../src/ir/launch.ts";
import type { Dim } from "../../src/ir/types.ts";
import { anyDevice } from "../../src/passes/dispatch/cost.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { graphsOf } from "../schedule/run.ts";
import { describeOnDawn } from "../support/dawn.ts";
import { runShader, sampleOf, shaderOf } from "./kernels.ts";

interface Cells {
  readonly kernel: Kernel;
  readonly launch: CellsLaunch;
  readonly context: Context;
}

/** The kernels of a model whose cells have an invocation each, or for four of them; no kernel is joined with another one. */
function cellsOf(source: string): Cells[] {
  const { graphs, context } = graphsOf(source);
  const device = { ...anyDevice, fewestInVectors: 1, dispatch: 0 };
  const { kernels, launches } = schedule(graphs, 2, context, { machine: "gpu", device });
  return kernels.flatMap((kernel) => {
    const launch = launches!.get(kernel)!;
    return launch.kind === "cells" ? [{ kernel, launch, context }] : [];
  });
}

/** A model of one equation for `y`, with inputs `x: [batch, 3, width]` and what is declared besides. */
const oneEquation = (y: string, width = 8, declared = ""): string => `model One {
  dim batch <= 9
  input x: [batch, 3, ${width}]
  ${declared}
  ${y}
  output y
}`;

/** Whether the kernel of `y` is computed in vectors. */
function isInVectors(source: string): boolean {
  const found = cellsOf(source).filter(({ kernel }) => kernel.buffers.some((x) => x.tensor.name === "y"));
  expect(found.length).toBe(1);
  return found[0]!.launch.lanes !== undefined;
}

describe("what lies side by side is computed in vectors", () => {
  test.each([
    ["values of one place", oneEquation("y = exp(x) + 1")],
    ["a value for all four", oneEquation("y[b, i, j] = x[b, i, j] * x[b, i, 0]")],
    ["a shift by whole vectors", oneEquation("y[b, i, j < 4] = x[b, i, j + 4]")],
    [
      "a table's row",
      oneEquation("y[b, i, j] = e[id[b], j] * x[b, i, j]", 8, "input id: int[batch] < 5\n input e: [5, 8]"),
    ],
    ["what is chosen for all four", oneEquation("y[b, i, j] = if i < 2 then x[b, i, j] else 0")],
    [
      "what each chooses by a float",
      oneEquation("y[b, i, j] = if x[b, i, j] > 0 and x[b, i, j] < 1 then x[b, i, j] else 0"),
    ],
    ["the position as a value", oneEquation("y[b, i, j] = x[b, i, j] * j")],
    ["what positions choose", oneEquation("y[b, i, j] = if j < 6 then x[b, i, j] else j")],
    [
      "integers",
      oneEquation("y[b, j] = if id[b, j] == j then x[b, 0, j] else 0", 8, "input id: int[batch, 8] < 8"),
    ],
    [
      "branches",
      "model One { dim batch <= 9\n input x: [batch, 6, 8]\n y[b, j] = argmax[i](x[b, i, j])\n output y }",
    ],
    ["sums beside the last dimension", oneEquation("y[b, j] = sum[i](x[b, i, j])")],
    ["rows of 7 that are one row", oneEquation("y = exp(x) + 1", 7)],
    ["a single row of any length", "model Row { dim n <= 99\n input x: [n]\n y = 2 * x\n output y }"],
  ])("%s", (_, source) => expect(isInVectors(source)).toBe(true));

  test.each([
    ["rows of 7 beside values of their own", oneEquation("y[b, i, j] = x[b, i, j] * x[b, i, 0]", 7)],
    ["a transposition", oneEquation("y[b, j, i] = x[b, i, j]")],
    ["a shift by less than a vector", oneEquation("y[b, i, j < 4] = x[b, i, j + 2]")],
    [
      "what each chooses of other places",
      oneEquation("y[b, i, j] = if j < 6 then x[b, i, j] else x[b, i, 7 - j]"),
    ],
    ["every second value", oneEquation("y[b, i, j < 4] = x[b, i, 2 * j]")],
    ["sums of different length", oneEquation("y[b, j < 8] = sum[i, k](if k <= j then x[b, i, k] else 0)")],
  ])("but not %s", (_, source) => expect(isInVectors(source)).toBe(false));

  test("nor random numbers, which take long to compute", () => {
    const source =
      "model Drawn { input x: [8]\n param p: [8] ~ uniform(-1, 1)\n loss mean((x * p)^2)\n optimizer sgd(lr = 0.1) }";
    const draws = cellsOf(source).filter(({ kernel }) => kernel.name.startsWith("initial_"));
    expect(draws.map(({ launch }) => launch.lanes)).toEqual([undefined]);
  });

  test("nor few cells", () => {
    const { graphs, context } = graphsOf(oneEquation("y = exp(x) + 1"));
    const { launches } = schedule(graphs, 2, context, { machine: "gpu" });
    for (const launch of launches!.values()) expect(launch).not.toHaveProperty("lanes");
  });
});

test("numbers are widened where vectors do not take them, and single values are taken out of vectors", () => {
  const [cells] = cellsOf(
    oneEquation(
      "y[b, i, j] = if x[b, i, j] > c[0] then max(x[b, i, j], 1 / c[1]) else x[b, i, 5]",
      8,
      "input c: [2]",
    ),
  );
  const { text } = shaderOf(cells!.kernel, cells!.launch, cells!.context);
  const [statements] = text.slice(text.indexOf("  // Four")).split("\n}\n");
  expect(statements).toMatchInlineSnapshot(`
    "  // Four neighbouring values at once: j counts vectors of four.
      let cell = i32((group.y * groups.x + group.x) * 64u + invocation);
      if (cell < 6 * call.batch) {
        let b = cell / 6;
        let i = cell / 2 % 3;
        let j = cell % 2;
        let c_0 = c[0];
        let value = quotient(1.0, c[1]);
        let x_b_i_5 = x[(b * 24 + i * 8 + 5) / 4][(b * 24 + i * 8 + 5) % 4];
        let x_b_i_j = x[b * 6 + i * 2 + j];
        y[b * 6 + i * 2 + j] = select(vec4f(x_b_i_5), larger4(x_b_i_j, vec4f(value)), vec4f(c_0) < x_b_i_j);
      }"
  `);
});

const models = {
  "a small network": `model Small {
    dim batch <= 6
    input x: [batch, 12]
    input t: [batch, 8] 
    h = x |> linear(20) |> gelu |> layer_norm()
    y = h |> linear(8)
    loss mean((sigmoid(y) - t)^2)
    optimizer adam(lr = 0.1)
  }`,
  convolutions: `model Convolutions {
    dim batch <= 3
    input x: [batch, 9, 9, 4]
    input t: [batch, 4]
    h = x |> conv2d(8, 3, pad = 1) |> batch_norm() |> relu |> max_pool2d(2) |> avg_pool2d(2)
    loss mse(h |> flatten |> linear(4), t)
    optimizer momentum(lr = 0.01)
  }`,
  "integers and truth values": `model Integers {
    dim batch <= 5
    input x: [batch, 8]
    input id: int[batch, 8] < 8
    input keep: bool[batch, 8]
    a[b, j] = if id[b, j] == j or keep[b, j] then x[b, j] else j / 2
    c[b, j] = if (id[b, j] + 2 * j) mod 4 == 1 and not keep[b, j] then a[b, j] else 0
    larger[b, j] = x[b, j] > 0.7 and keep[b, j]
    alike[b, j < 8] = keep[b, 0]
    next[b, j] = floor((id[b, j] + j) / 2)
    output a
    output c
    output larger
    output alike
    output next
    param w: [8] ~ uniform(-1, 1)
    loss mean((c * w)^2)
    optimizer sgd(lr = 0.1)
  }`,
  "functions of every kind": `model Functions {
    dim batch <= 5
    input x: [batch, 12]
    input y: [batch, 4]
    a = tanh(x) + softplus(x)
    b = if x < 0 then sin(x) else cos(x)
    c = min(abs(x), x^3) / (x^2 - 0.01)
    d = sign(x) * floor(x) + log(abs(x)) - sqrt(abs(x))
    e = erf(y) - max(y, 0.2)^1.5
    param p: [7] ~ uniform(-1, 1)
    output a
    output b
    output c
    output d
    output e
    loss mean(p^2)
    optimizer adam(lr = 0.1)
  }`,
};

describeOnDawn("vectors", (gpu) => {
  test.each(Object.entries(models))(
    "hold the bits of single cells: %s",
    { timeout: 60_000 },
    async (_, source) => {
      let tried = 0;
      for (const { kernel, launch, context } of cellsOf(source)) {
        if (!launch.lanes) continue;
        tried++;
        const { lanes: __, ...single } = launch;
        const dims = new Map(kernel.dims.map((d): [Dim, number] => [d, Math.min(5, d.maximum)]));
        const values = sampleOf(kernel, dims);
        const run = (how: CellsLaunch): ReturnType<typeof runShader> =>
          runShader(gpu(), shaderOf(kernel, how, context), values, dims);
        const [four, one] = [await run(launch), await run(single)];
        for (const { tensor } of kernel.buffers)
          expect(four.get(tensor), kernel.name).toEqual(one.get(tensor));
      }
      expect(tried).toBeGreaterThan(1);
    },
  );
});
