/** Kernels printed as WGSL, executed, against the interpreter of kernels. */
import { expect, test } from "vitest";
import { extentsOf } from "../../src/ir/interpreter-expressions.ts";
import type { Kernel } from "../../src/ir/kernel.ts";
import type { Context } from "../../src/ir/context.ts";
import type { Launch } from "../../src/ir/launch.ts";
import type { Dim } from "../../src/ir/types.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { graphsOf } from "../schedule/run.ts";
import { describeOnDawn } from "../support/dawn.ts";
import type { Values } from "./kernels.ts";
import { cellsOf, runKernel, runShader, sampleOf, shaderOf } from "./kernels.ts";

const network = `model Network {
  dim batch <= 9
  input x: [batch, 6]
  input label: int[batch] < 5
  h = x |> linear(7) |> tanh
  logits = h |> linear(5)
  output probability = softmax(logits)
  metric accuracy = mean(argmax(logits) == label)
  loss cross_entropy(logits, label)
  optimizer adam(lr = 0.01)
}`;

describeOnDawn("kernels over cells", (gpu) => {
  for (const level of [0, 1] as const) {
    test(`a model at level ${level}`, async () => {
      const { graphs, context } = graphsOf(network);
      let tried = 0;
      for (const kernel of schedule(graphs, level, context).kernels) {
        const launch = cellsOf(kernel);
        if (!launch) continue;
        tried++;
        await agree(gpu(), kernel, launch, context);
      }
      expect(tried).toBeGreaterThan(9);
    });
  }
});

async function agree(gpu: GPUDevice, kernel: Kernel, launch: Launch, context: Context): Promise<void> {
  const dims = new Map(kernel.dims.map((d): [Dim, number] => [d, Math.min(5, d.maximum)]));
  const values: Values = sampleOf(kernel, dims);
  const expected = runKernel(kernel, values, dims);
  const found = await runShader(gpu, shaderOf(kernel, launch, context), values, dims);
  for (const [tensor, numbers] of expected) {
    const got = found.get(tensor)!;
    expect(got.length).toBe(extentsOf(tensor, dims).reduce((n, e) => n * e, 1));
    numbers.forEach((x, i) => {
      const cell = `${kernel.name}: ${tensor.name}[${i}]`;
      expect(Math.abs(got[i]! - x), `${cell} is ${got[i]}, not ${x}`).toBeLessThan(1e-5 * (1 + Math.abs(x)));
    });
  }
}
