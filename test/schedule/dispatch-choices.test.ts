/** How kernels are launched on a GPU: what decides it, and that what it changes computes the same. */
import { describe, expect, test } from "vitest";
import type { Kernel, Level, Schedule } from "../../src/ir/kernel.ts";
import { printKernel } from "../../src/ir/kernel-printer.ts";
import type { Launch } from "../../src/ir/launch.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { differences, graphsOf } from "./run.ts";

const gpu = { machine: "gpu" } as const;

function made(text: string, level: Level = 1): Schedule {
  const { graphs, context } = graphsOf(text);
  return schedule(graphs, level, context, gpu);
}

const names = (s: Schedule): string[] =>
  s.backward.calls.map((c) => (c.kind === "call" ? c.kernel.name : "clear"));

function kernel(s: Schedule, name: string): { readonly kernel: Kernel; readonly launch: Launch } {
  const found = s.kernels.find((k) => k.name === name);
  if (!found) throw new Error(`no kernel ${name} among ${s.kernels.map((k) => k.name).join(", ")}`);
  return { kernel: found, launch: s.launches!.get(found)! };
}

const embedded = (table: number, tokens: number): string => `model Words {
  dim batch <= 4
  input token: int[batch, ${tokens}] < ${table}
  input y: [batch, ${tokens}, 8]
  v = token |> embedding(${table}, 8)
  loss mean((v - y)^2)
  optimizer sgd(lr = 0.1)
}`;

describe("the gradient of a table", () => {
  test("each cell of a small one adds up what is for it, and nothing is cleared", () => {
    const s = made(embedded(32, 256));
    const { kernel: k, launch } = kernel(s, "d_v_embedding_E");
    expect(names(s)).not.toContain("clear");
    expect(launch.kind === "tiles" ? [] : launch.loops.map((i) => i.name)).toEqual(["cell", "j"]);
    expect(printKernel(k)).toContain("if token_b_i = cell");
    expect(differences(embedded(32, 256), 1, {}, gpu).found).toEqual([]);
  });

  test("a large one is cleared, and added to by invocations that have columns of their own", () => {
    const s = made(embedded(1_000_000, 8));
    const { kernel: k, launch } = kernel(s, "d_v_embedding_E");
    expect(names(s).filter((n) => n === "clear")).toHaveLength(1);
    expect(launch.kind === "cells" && launch.loops.map((i) => i.name)).toEqual(["j"]);
    expect(printKernel(k)).toContain("+=");
  });
});

/** A column of sums over a batch, and one sum of everything. */
const sums = (batch: number, width: number): string => `model Sums {
  dim batch <= ${batch}
  input x: [batch, ${width}]
  param b: [${width}] ~ zeros
  loss mean((x - b)^2)
  optimizer sgd(lr = 0.1)
}`;

describe("sums of few cells", () => {
  test("a row that is long is shared by a workgroup, a short one is not", () => {
    const shared = (s: Schedule): number => {
      const { launch } = kernel(s, "loss");
      return launch.kind === "rows" ? launch.shared.length : 0;
    };
    expect(shared(made(sums(64, 16)))).toBe(1);
    expect(shared(made(sums(4, 4)))).toBe(0);
    expect(shared(made(sums(64, 16), 0))).toBe(0);
  });

  test("what is far longer is split, and added up in order", () => {
    const s = made(sums(100_000, 64));
    const { kernel: chunks } = kernel(s, "loss_chunks");
    expect(kernel(s, "loss").kernel.buffers[1]!.tensor.shape[0]).toBe(chunks.buffers[0]!.tensor.shape[0]);
    expect(printKernel(chunks)).toMatch(/for chunk in 0 … \d+ − 1/);
    expect(kernel(s, "loss_chunks").launch.kind).toBe("rows");
    const [first, second] = names(s).filter((n) => n.startsWith("loss"));
    expect([first, second]).toEqual(["loss_chunks", "loss"]);
  });

  test.each([1, 63, 64, 1000, 2047])("chunks of %i rows hold every row once", (batch) => {
    expect(differences(sums(2048, 2), 1, { batch }, { ...gpu, device: splitting }).found).toEqual([]);
  });
});

/** A device on which another dispatch costs nothing. */
const splitting = {
  full: 1e9,
  dispatch: 0,
  meeting: 1e9,
  scattered: 1,
  gain: 0,
  addition: 20,
  fewestTurns: 32,
  fewestInVectors: 4096,
};

test("independent equations are launched each in its own loops", () => {
  const text = `model Both {
    dim batch <= 4
    input x: [batch, 3]
    input y: [batch, 3]
    output p = x |> linear(3) |> softmax
    loss mse(p, y)
    optimizer adam(lr = 0.1)
  }`;
  const s = made(text, 0);
  for (const k of s.kernels) expect(s.launches!.get(k)!.kind).toBe("cells");
  expect(made(text).update.calls).toHaveLength(1);
});

test("a parameter whose length is bound at creation is no part of a row", () => {
  const text = `model Classes {
    dim batch <= 4
    dim classes <= 20
    input x: [batch, 3]
    input y: [batch, classes]
    loss mse(x |> linear(5) |> linear(classes), y)
    optimizer adam(lr = 0.1)
  }`;
  expect(differences(text, 1, { classes: 7 }, gpu).found).toEqual([]);
});

test("the turns of a recurrence share their kernels", () => {
  const recurrent = (time: number): string => `model Recurrent {
    dim batch <= 4
    input x: [batch, ${time}, 3]
    input y: [batch, 2]
    h = x |> lstm(4)
    loss mse(h[:, ${time - 1}, :] |> linear(2), y)
    optimizer sgd(lr = 0.1)
  }`;
  expect(made(recurrent(12)).kernels.length).toBe(made(recurrent(6)).kernels.length);
});
