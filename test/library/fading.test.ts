/** What optimizers keep of gradients fades to 0, not to the smallest numbers there are, which are slow. */
import { describe, expect, test } from "vitest";
import { levels } from "../../src/ir/kernel.ts";
import type { AnyClass } from "../codegen/load.ts";
import { flatten } from "../support/generated.ts";
import { build } from "../support/model.ts";
import { javascriptClass, wasmClass } from "../wasm/compare.ts";

const steps = 2000;
/** What is closer to 0 is stored as 0. */
const smallest = 1e-30;

/** With these, everything fades by a tenth a step. */
const optimizers = [
  "momentum()",
  "nesterov()",
  "rmsprop(smoothing = 0.9)",
  "rmsprop_centred(smoothing = 0.9)",
  "adadelta()",
  "adam(beta2 = 0.9)",
  "adamw(beta2 = 0.9)",
  "adamax(beta2 = 0.9)",
  "nadam(beta2 = 0.9)",
  "lion(beta2 = 0.9)",
  "lamb(beta2 = 0.9)",
];

const model = (optimizer: string, definitions = ""): ReturnType<typeof build> =>
  build(`${definitions}
  model Fading {
    input x: [6]
    param w: [6] ~ ones
    loss sum(x * w)
    optimizer ${optimizer}
  }`);

/** The cells of states that are not 0 though they are next to it, at any step; and those that are left in the end. */
function train(Model: AnyClass): { readonly tiny: number; readonly left: readonly string[] } {
  const trained = Model.create();
  const states = (): [string, Float32Array][] =>
    Object.entries(flatten(trained.states)).filter(([, values]) => values.length === 6);
  let tiny = 0;
  for (let step = 0; step < steps; step++) {
    trained.step({ x: new Array<number>(6).fill(step === 0 ? -2 : 0) });
    for (const [, values] of states()) for (const v of values) if (v !== 0 && Math.abs(v) < smallest) tiny++;
  }
  return { tiny, left: states().flatMap(([path, v]) => (v.some((x) => x !== 0) ? [path] : [])) };
}

describe.each(levels)("a moment reaches 0 at level %i", (level) => {
  const built = model("adam(beta2 = 0.9)");
  test("JavaScript", async () =>
    expect(train(await javascriptClass(built, level))).toEqual({ tiny: 0, left: [] }));
  test("WebAssembly", async () =>
    expect(train(await wasmClass(built, level))).toEqual({ tiny: 0, left: [] }));
});

test("an optimizer that does not ask for it keeps the smallest numbers", async () => {
  const { tiny, left } = train(
    await javascriptClass(
      model(
        "fading()",
        `optimizer fading() {
    state m = 0
    update m = 0.9 * m + gradient
    update parameter = parameter - m
  }`,
      ),
    ),
  );
  expect(tiny).toBeGreaterThan(0);
  expect(left).toEqual(["w.fading.m"]);
});

test.each(optimizers)("%s", async (optimizer) => {
  const { tiny, left } = train(await javascriptClass(model(optimizer)));
  expect(tiny).toBe(0);
  // What ends at a number above 0 does so on purpose: an average with an ε added.
  expect(left).toEqual(optimizer.startsWith("adamax") ? ["w.adamax.u"] : []);
});
