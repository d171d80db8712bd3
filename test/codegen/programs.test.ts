import { levels } from "../../src/ir/kernel.ts";
import { describe, expect, test } from "vitest";
import type { Tensor } from "../../src/ir/types.ts";
import { at } from "./load.ts";
import type { Inputs } from "./programs.ts";
import { graphsOf, meaning, modelOf } from "./programs.ts";

interface Sample {
  readonly source: string;
  readonly inputs: Inputs;
  readonly dims: Readonly<Record<string, number>>;
  readonly options?: unknown;
}

const numbers = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => (((i * 7919 + 13) % 31) - 15) / 8);

const samples: Readonly<Record<string, Sample>> = {
  "a classifier with class ids": {
    source: `model Digits {
      dim batch <= 8
      input image: [batch, 6]
      input label: int[batch] < 4
      h = image |> linear(5) |> relu
      logits = h |> linear(4)
      output probability = softmax(logits)
      output best = argmax(logits)
      output right = argmax(probability) == 2
      metric accuracy = mean(argmax(logits) == label)
      loss cross_entropy(logits, label)
      optimizer adam(lr = 1e-2)
    }`,
    inputs: { image: numbers(18), label: [3, 0, 1] },
    dims: { batch: 3 },
  },
  "classes chosen at creation": {
    source: `model Chosen {
      dim batch <= 8
      dim classes <= 6
      input x: [batch, 3]
      input label: int[batch] < classes
      logits = x |> linear(classes)
      output probability = softmax(logits)
      loss cross_entropy(logits, label)
      optimizer adam(lr = 1e-2)
    }`,
    inputs: { x: numbers(6), label: [3, 0] },
    dims: { batch: 2, classes: 4 },
    options: { classes: 4 },
  },
  "convolution and pooling": {
    source: `model Picture {
      dim batch <= 4
      input image: [batch, 7, 7, 2]
      input t: [batch]
      f = image |> conv2d(3, 3, stride = 2, pad = 1) |> relu
      y[b] = mean[i, j, k] f[b, i, j, k]
      output y
      loss mse(y, t)
      optimizer adam(lr = 1e-2)
    }`,
    inputs: { image: numbers(2 * 98), t: [1, -1] },
    dims: { batch: 2 },
  },
  "random numbers, states and truth values": {
    source: `model Noisy {
      dim batch <= 4
      input x: [batch, 6]
      input keep: bool[batch]
      input weight: []
      h = x |> linear(6) |> batch_norm() |> gelu
      d = dropout(h, 0.5)
      y[b] = if keep[b] then weight * sum[j] d[b, j] else 0
      output y
      loss mean(y ^ 2)
      optimizer momentum(lr = 0.1)
    }`,
    inputs: { x: numbers(18), keep: [1, 0, 1], weight: [1.5] },
    dims: { batch: 3 },
  },
};

const names = Object.keys(samples);
const cases = names.flatMap((name) => levels.map((level) => [name, level] as const));

function same(found: ArrayLike<number> | number, expected: ArrayLike<number>): void {
  const list = typeof found === "number" ? [found] : Array.from(found);
  const wanted = Array.from(expected);
  expect(list.length).toBe(wanted.length);
  list.forEach((v, i) => expect(Math.abs(v - wanted[i]!)).toBeLessThan(2e-5 * (1 + Math.abs(wanted[i]!))));
}

describe("modules compute what their graphs mean", () => {
  test.each(cases)("%s, level %i", async (name, level) => {
    const { source, inputs, dims, options } = samples[name]!;
    const compiled = graphsOf(source);
    const { program } = compiled.graphs;
    const model = Object.values(await modelOf(compiled, level))[0]!.create(options);
    const given = Object.fromEntries(
      program.inputs.map((t) => [t.name, t.shape.length === 0 ? inputs[t.name]![0]! : inputs[t.name]!]),
    );
    const all = (graph: Parameters<typeof meaning>[4]) => meaning(compiled, model, inputs, dims, graph);
    for (let turn = 0; turn < 2; turn++) {
      const outputs = all("forward");
      const result = model.forward(given);
      for (const o of program.outputs) same(result[o.name]!, outputs.get(o.tensor)!);
      const expected = all("backward");
      same(model.evaluate(given)["loss"]!, all("evaluate").get(program.loss!)!);
      same(model.backward(given), expected.get(program.loss!)!);
      program.parameters.forEach((t, i) =>
        same(at(model.gradients, t.name), expected.get(program.gradients[i]!)!),
      );
      const updated = all("update");
      model.step(given);
      const kept = (t: Tensor, found: ArrayLike<number>): void => same(found, updated.get(t)!);
      for (const t of program.parameters) kept(t, at(model.parameters, t.name));
      for (const t of [...program.states, ...program.optimizerStates]) kept(t, at(model.states, t.name));
    }
  });
});
