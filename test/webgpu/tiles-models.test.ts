/** Whole models whose contractions are all computed in tiles, against the interpreter: losses, gradients and updates. */
import { expect, test } from "vitest";
import { gpuProgram } from "../../src/codegen/webgpu/program.ts";
import { printShader } from "../../src/codegen/webgpu/shader.ts";
import type { TileShape } from "../../src/ir/launch.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { build, Model } from "../support/model.ts";
import { describeOnDawn } from "../support/dawn.ts";
import { disagreements } from "./agreement.ts";

const models = {
  "a convolution network": `model Convolutions {
    dim batch <= 3
    input x: [batch, 11, 9, 3]
    input y: [batch, 6]
    h = x |> conv2d(8, 3, stride = 2, pad = 1, bias = false) |> batch_norm() |> relu
    g = h |> conv2d(8, 3, pad = 1)
    z = relu(g + h) |> max_pool2d(2) |> flatten |> linear(6)
    loss mse(z, y)
    optimizer momentum(lr = 0.01)
  }`,
  "attention whose queries, keys and values are one product": `layer fused(heads: int)(x: [...s, time, c]) -> [...s, time, c] {
    z = x |> linear(3 * c)
    q[...b, i, j < c] = z[...b, i, j]
    k[...b, i, j < c] = z[...b, i, c + j]
    v[...b, i, j < c] = z[...b, i, 2 * c + j]
    y = attend(split_heads(q, heads), split_heads(k, heads), split_heads(v, heads), past(time))
    return join_heads(y) |> linear(c)
  }
  model Attention {
    dim batch <= 3
    input x: [batch, 9, 8]
    input y: [batch, 9, 8]
    a = x + (x |> layer_norm() |> fused(2))
    loss mse(a |> linear(20) |> gelu_tanh |> linear(8), y)
    optimizer momentum(lr = 0.01)
  }`,
  "steps of a recurrent network": `model Recurrent {
    dim batch <= 5
    input x: [batch, 4, 6]
    input y: [batch, 4, 3]
    h = x |> lstm(8)
    loss mse(h |> linear(3), y)
    optimizer sgd(lr = 0.1)
  }`,
};

const shapes: Record<string, TileShape> = {
  "4×4": { down: 4, across: 4, size: 16, beside: 3, staged: 0 },
  "4×4, staged": { down: 4, across: 4, size: 64, beside: 8, staged: 8 },
};

describeOnDawn("models in tiles", (gpu) => {
  for (const [name, source] of Object.entries(models))
    for (const [shape, always] of Object.entries(shapes))
      test(`${name}, ${shape}`, { timeout: 60_000 }, async () => {
        const built = build(source);
        const made = schedule(built.graphs, 2, built.context, { machine: "gpu", tiles: { always } });
        expect([...made.launches!.values()].filter((l) => l.kind === "tiles").length).toBeGreaterThan(1);
        const reference = new Model(built, { batch: 3 });
        const inputs = Object.fromEntries(
          reference.program.inputs.map((t, n) => {
            const size = t.shape.reduce((p, e) => p * (e.terms.length > 0 ? 3 : e.constant), 1);
            return [t.name, Array.from({ length: size }, (_, i) => Math.sin(1.3 * i + n))];
          }),
        );
        const program = gpuProgram(made, built.context, printShader);
        expect(await disagreements(gpu(), made, program, reference, [inputs])).toEqual([]);
      });
});
