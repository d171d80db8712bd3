/** Workgroups that share rows, executed, against the interpreter of kernels. */
import { expect, test } from "vitest";
import type { Kernel, KernelStatement } from "../../src/ir/kernel.ts";
import type { RowsLaunch } from "../../src/ir/launch.ts";
import type { Dim } from "../../src/ir/types.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { nestOf } from "../../src/ir/nest.ts";
import { foldsOf } from "../../src/ir/folds.ts";
import { graphsOf } from "../schedule/run.ts";
import { describeOnDawn } from "../support/dawn.ts";
import { runKernel, runShader, sampleOf, shaderOf } from "./kernels.ts";

const model = (width: number): string => `model Rows {
  dim batch <= 9
  input x: [batch, ${width}]
  input y: [batch, ${width}]
  param a: [${width}] ~ uniform(1, 2)
  normed[b, j] = (x[b, j] - sum[k](x[b, k])) / (1 + sum[k](x[b, k]^2))
  weights = softmax(x * a)
  smallest[b] = min[j](x[b, j])
  product[b] = prod[j](1 + x[b, j] / 100)
  first[b] = argmax[j](floor(2 * x[b, j]))
  last[b] = argmin[j](floor(2 * y[b, j]))
  output normed
  output weights
  output smallest
  output product
  output first
  output last
  loss mean((x * a - y)^2)
  optimizer sgd(lr = 0.1)
}`;

/** Every loop of the leaf that may be shared, is. */
function rowsOf(kernel: Kernel, size: number): RowsLaunch | undefined {
  const { loops, leaf } = nestOf(kernel.body);
  const isShared = (s: KernelStatement): boolean =>
    s.kind === "loop" && (s.role === "map" || foldsOf(s) !== undefined);
  const shared = leaf.flatMap((s) => (s.kind === "loop" && isShared(s) ? [s.index] : []));
  if (shared.length === 0) return undefined;
  return { kind: "rows", loops: loops.map((l) => l.index), shared, size };
}

describeOnDawn("rows", (gpu) => {
  for (const [width, size] of [
    [150, 64],
    [128, 64],
    [7, 32],
    [3, 4],
  ] as const) {
    test(`of ${width} in workgroups of ${size}`, async () => {
      const { graphs, context } = graphsOf(model(width));
      let tried = 0;
      for (const kernel of schedule(graphs, 1, context, { machine: "gpu" }).kernels) {
        const launch = rowsOf(kernel, size);
        if (!launch) continue;
        tried++;
        const dims = new Map(kernel.dims.map((d): [Dim, number] => [d, Math.min(5, d.maximum)]));
        const values = sampleOf(kernel, dims);
        const shader = shaderOf(kernel, launch, context);
        expect(shader.workgroupBytes).toBeLessThanOrEqual(16384);
        const found = await runShader(gpu(), shader, values, dims);
        for (const [tensor, numbers] of runKernel(kernel, values, dims))
          numbers.forEach((x, i) => {
            const got = found.get(tensor)![i]!;
            const message = `${kernel.name}: ${tensor.name}[${i}] is ${got}, not ${x}\n${shader.text}`;
            expect(Math.abs(got - x), message).toBeLessThanOrEqual(1e-5 * (1 + Math.abs(x)));
          });
      }
      expect(tried).toBeGreaterThan(2);
    });
  }
});
