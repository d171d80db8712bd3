/** Frozen parameters in generated modules: what there is of them, and what is not. */
import { levels } from "../../src/ir/kernel.ts";
import { describe, expect, test } from "vitest";
import { schedule } from "../../src/passes/schedule.ts";
import type { AnyModel, Tree } from "./load.ts";
import { emit } from "./load.ts";
import { graphsOf } from "./programs.ts";
import { load } from "./training.ts";
import { complaints } from "./typescript.ts";

const source = (freeze: string): string => `model Frozen {
  input x: [4, 3]
  h = x |> linear(3) |> tanh
  z = h |> linear(2)
  output z
  loss mean(z^2)
  freeze ${freeze}
  optimizer adam(lr = 0.1, gradient = clip_by_norm(gradient, 1))
  optimizer average(decay = 0.5)
}`;

const inputs = { x: Array.from({ length: 12 }, (_, i) => Math.sin(i)) };
const copy = (tree: Tree): unknown => JSON.parse(JSON.stringify(tree)) as unknown;

describe.each(levels)("level %i", (level) => {
  test("a frozen layer keeps its values, and has no gradient and no optimizer state", async () => {
    const Frozen = await load(source('"h"'), level);
    const model: AnyModel = Frozen.create({ seed: 1 });
    const [h, z] = [copy(model.parameters["h"] as Tree), copy(model.parameters["z"] as Tree)];
    const first = model.step(inputs);
    expect(model.step(inputs)).toBeLessThan(first);
    expect(copy(model.parameters["h"] as Tree)).toEqual(h);
    expect(copy(model.parameters["z"] as Tree)).not.toEqual(z);
    expect(Object.keys(model.gradients)).toEqual(["z"]);
    expect(Object.keys(model.states)).toEqual(["z"]);
  });

  test("with everything frozen a step is the loss", async () => {
    const model = (await load(source('"*"'), level)).create({ seed: 1 });
    const before = copy(model.parameters);
    const loss = model.step(inputs);
    expect(loss).toBeGreaterThan(0);
    expect(model.step(inputs)).toBe(loss);
    expect(copy(model.parameters)).toEqual(before);
    expect(model.gradients).toEqual({});
    expect(model.hyper["lr"]).toBe(0.1);
  });
});

test.each(['"h"', '"*.b"', '"*"'])("a strict TypeScript has no complaints, with %s frozen", (freeze) => {
  const use = `import { Frozen } from "./frozen.js";
    const model = Frozen.create();
    export const loss: number = model.step({ x: new Float32Array(12) });
    export const W: Float32Array = model.parameters.z.linear.W;`;
  const { graphs, context } = graphsOf(source(freeze));
  for (const level of levels) {
    const { code } = emit(schedule(graphs, level, context), context, "typescript");
    expect(complaints("6", { "frozen.ts": code, "use.ts": use })).toEqual([]);
  }
});
