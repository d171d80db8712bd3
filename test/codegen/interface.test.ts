import { describe, expect, test } from "vitest";
import { schedule } from "../../src/passes/schedule.ts";
import type { AnyClass } from "./load.ts";
import { at, emit, importCode } from "./load.ts";
import { complaints } from "./typescript.ts";
import { graphsOf, modelOf } from "./programs.ts";

const load = async (source: string): Promise<AnyClass> =>
  Object.values(await modelOf(graphsOf(source), 0))[0]!;

/** Names and documentation that would be code if they were let. */
const hazards = `/// Ends here: */ globalThis.broken = 1; /*
model Hazards {
  dim values <= 4
  /// \`**/\` and \${1}
  input inputs: [values, 2]
  input class: [values]
  /// @ts-nocheck */
  parameters = inputs |> linear(2) |> relu
  let = parameters |> linear(1)
  constructor[i] = sum[j] let[i, j]
  output constructor
  output __proto__ = constructor
  metric loss = mean(constructor)
  loss mse(constructor, class)
  optimizer adam()
}
model Float32Array {
  input x: [2]
  param gradients: [2] ~ ones
  hyper = x * gradients
  output hyper
}`;

describe("what the source says never becomes code", () => {
  test("reserved words, names of globals, and comments", async () => {
    const { graphs, context } = graphsOf(hazards, "Hazards");
    const module = emit(schedule(graphs, 0, context), context, "typescript");
    expect(complaints("6", { "m.ts": module.code })).toEqual([]);
    const { Hazards } = await importCode(emit(schedule(graphs, 0, context), context, "javascript").code);
    expect("broken" in globalThis).toBe(false);
    const model = Hazards!.create();
    const inputs = { inputs: [1, 2, 3, 4], class: [0, 1] };
    expect(model.step(inputs)).toBeGreaterThan(0);
    expect(Object.keys(model.forward(inputs))).toEqual(["constructor_", "__proto___"]);
    expect(Object.keys(model.evaluate(inputs))).toEqual(["loss", "loss2"]);
  });

  test("several models in one module", async () => {
    const first = graphsOf(hazards, "Hazards");
    const second = graphsOf(hazards, "Float32Array");
    const module = emit(
      [schedule(first.graphs, 0, first.context), schedule(second.graphs, 0, second.context)],
      first.context,
      "javascript",
    );
    const loaded = await importCode(module.code);
    expect(Object.keys(loaded).sort()).toEqual(["Float32Array_", "Hazards"]);
    expect([...(loaded["Float32Array_"]!.create().forward({ x: [2, 3] })["hyper"] as Float32Array)]).toEqual([
      2, 3,
    ]);
  });
});

describe("inputs of every type", () => {
  const source = `model Typed {
    dim n <= 4
    dim k <= 5
    input token: int[n, 2] < 7
    input keep: bool[n]
    input y: distribution[n, 3]
    input scale: []
    input class: int[n] < k
    param E: [7, 3] ~ ones
    param C: [k] ~ ones
    h[b, d] = sum[t] E[token[b, t], d]
    p = softmax(h)
    z[b] = if keep[b] then scale * C[class[b]] else 0
    output z
    output count = sum[b] (if keep[b] then 1 else 0)
    loss sum(p * y) + sum(z)
    optimizer sgd()
  }`;
  const loaded = load(source);
  const good = {
    token: [
      [0, 6],
      [1, 2],
    ],
    keep: [true, false],
    y: [
      [0.5, 0.5, 0],
      [1, 0, 0],
    ],
    scale: 2,
    class: [4, 0],
  };

  test("are taken", async () => {
    const Typed = await loaded;
    const model = Typed.create({ k: 5 });
    const { z, count } = model.forward({ keep: good.keep, scale: good.scale, class: good.class });
    expect([[...(z as Float32Array)], count]).toEqual([[2, 0], 1]);
    expect([
      ...(model.forward({ keep: Uint8Array.of(0, 1), scale: 3, class: Int32Array.of(0, 1) })[
        "z"
      ] as Float32Array),
    ]).toEqual([0, 3]);
    expect(model.step(good)).toBeGreaterThan(0);
    expect(at(model.parameters, "C").length).toBe(5);
  });

  test.each([
    [
      "an integer too large",
      { class: [4, 5] },
      "Typed: class[1] is 5, but it must be an integer from 0 to 4",
    ],
    [
      "a negative integer",
      {
        token: [
          [0, 1],
          [-1, 2],
        ],
      },
      "Typed: token[2] is -1, but it must be an integer from 0 to 6",
    ],
    ["a fraction", { class: [0.5, 0] }, "Typed: class[0] is 0.5, but it must be an integer"],
    ["no truth value", { keep: [1, 2] }, "Typed: keep[1] is 2, but it must be true or false"],
    [
      "no distribution",
      {
        y: [
          [0.5, 0.5, 0.1],
          [1, 0, 0],
        ],
      },
      'Typed: row 0 of "y" sums to 1.1',
    ],
    [
      "a negative probability",
      {
        y: [
          [0.5, 0.5, 0],
          [2, -1, 0],
        ],
      },
      "Typed: y[4] is -1, but no probability is negative",
    ],
    ["an array for a number", { scale: [1] }, 'Typed: input "scale" must be a number'],
    ["a missing number", { scale: undefined }, 'Typed: input "scale" is missing'],
    [
      "a row too long",
      { token: [[0, 1, 2], [1]] },
      'Typed: input "token" holds an array of 3, but its shape needs 2',
    ],
  ])("%s is refused", async (_, change, message) => {
    const Typed = await loaded;
    const model = Typed.create({ k: 5 });
    expect(() => model.step({ ...good, ...change })).toThrow(message);
  });

  test("dimensions chosen at creation are checked and saved", async () => {
    const Typed = await loaded;
    expect(() => Typed.create({ k: 6 })).toThrow("Typed: k is 6, but it must be an integer from 1 to 5");
    expect(() => Typed.create({})).toThrow("Typed: k is undefined");
    const model = Typed.create({ k: 3, seed: 2 });
    const again = Typed.load(model.save());
    expect(at(again.parameters, "C").length).toBe(3);
    expect(() => again.step({ ...good, class: [3, 0] })).toThrow(
      "class[0] is 3, but it must be an integer from 0 to 2",
    );
  });
});

test("a model without a loss has no training", async () => {
  const model = (
    await load(`model Half {
    dim n <= 4
    input x: [n, 2]
    output y = x / 2
  }`)
  ).create();
  expect("step" in model || "evaluate" in model || "gradients" in model).toBe(false);
  expect([...(model.forward({ x: [2, 4] })["y"] as Float32Array)]).toEqual([1, 2]);
});
