import { describe, expect, it } from "vitest";
import { Builder } from "../../src/ir/builder.ts";
import { Diagnostics } from "../../src/ir/diagnostics.ts";
import { interpret, tensorSize } from "../../src/ir/interpreter.ts";
import { Sources } from "../../src/ir/source.ts";
import type { Dim, Program, Tensor } from "../../src/ir/types.ts";
import { elaborate } from "../../src/parser/elaborate/elaborate.ts";
import { buildGraphs } from "../../src/pipeline.ts";
import { library } from "../../src/std/index.ts";
import { numbers } from "./helpers.ts";

const models: Readonly<Record<string, string>> = {
  normalisation: `
    input x: [batch, 4]
    input t: [batch, 3]
    h = x |> linear(3) |> layer_norm() |> gelu
    y = h |> batch_norm() |> silu |> linear(3)
    loss mse(y, t)`,
  convolution: `
    input x: [batch, 6, 6, 1]
    input label: int[batch] < 3
    h = x |> conv2d(2, 3, pad = 1) |> relu |> max_pool2d(2)
    g = h |> conv2d(2, 3, stride = 2, pad = 1) |> relu
    logits = dropout(flatten(g), 0.5) |> linear(3)
    p = softmax(logits)
    nll[i] = -log(p[i, label[i]])
    loss mean(nll)`,
  attention: `
    input token: int[batch, 3] < 5
    input label: int[batch] < 3
    x = token |> embedding(5, 4)
    q = x |> linear(2)
    k = x |> linear(2)
    score[b, t, s] = sum[c] q[b, t, c] * k[b, s, c]
    masked[b, t, s] = if s <= t then score[b, t, s] else -1e30
    a = softmax(masked)
    o[b, t, c] = sum[s] a[b, t, s] * x[b, s, c]
    m[b, c] = mean[t] o[b, t, c]
    loss cross_entropy(m |> linear(3), label)`,
  labels: `
    input x: [batch, 4]
    input y: [batch, 3]
    p = x |> linear(5) |> tanh |> linear(3) |> sigmoid
    loss binary_cross_entropy(p, y)`,
};

/** Loss and gradients of one step from the same starting values. */
function trained(
  program: Program,
  builder: Builder,
  sources: Sources,
  simplify: boolean,
): Map<Tensor, number[]> {
  const context = { builder, sources, options: { realOnlyRules: true }, log: [] };
  const { backward } = buildGraphs(program, context, { simplify });
  const dims = new Map<Dim, number>(program.dims.map((d) => [d, 2]));
  const values = new Map<Tensor, Float64Array>();
  const given = [...program.inputs, ...program.parameters, ...program.states, ...program.optimizerStates];
  given.forEach((t, n) => {
    const size = tensorSize(t, dims);
    const drawn = t.type === "i32" ? Array.from({ length: size }, (_, i) => i % 3) : numbers(size, n + 1);
    values.set(t, Float64Array.from(drawn.map((v) => (t.name === "y" ? Math.abs(v) / 2 : v))));
  });
  for (const t of Object.values(program.builtins)) values.set(t, Float64Array.of(1));
  for (const t of program.hypers) values.set(t, Float64Array.of(0.1));
  interpret(backward, { dims, values });
  return new Map([program.loss!, ...program.gradients].map((t) => [t, [...values.get(t)!]]));
}

describe("models of the library", () => {
  for (const [name, body] of Object.entries(models)) {
    it(`${name}: the same loss and gradients with simplification and without`, () => {
      const text = `model M {\n dim batch <= 4\n${body}\n optimizer sgd(lr = 0.1)\n}`;
      const [builder, sources, diagnostics] = [new Builder(), new Sources(), new Diagnostics()];
      const source = { file: "m.nn", text };
      const sizes = new Map<string, number>();
      const program = elaborate({
        source,
        library,
        resolveImport: () => null,
        sizes,
        builder,
        sources,
        diagnostics,
      });
      expect(diagnostics.all).toEqual([]);
      const raw = trained(program!, builder, sources, false);
      const simple = trained(program!, builder, sources, true);
      expect(raw.size).toBeGreaterThan(2);
      for (const [tensor, expected] of raw) {
        simple.get(tensor)!.forEach((v, i) => expect(v, `${tensor.name}[${i}]`).toBeCloseTo(expected[i]!, 9));
      }
    });
  }
});
