/** Training in parts: gradients summed over passes, an optimizer that is run by hand. */
import { levels } from "../../src/ir/kernel.ts";
import { describe, expect, test } from "vitest";
import type { AnyModel, Tree } from "./load.ts";
import { at } from "./load.ts";
import {
  bits,
  expectClose,
  gradientsOf,
  load,
  noisy,
  normalised,
  parametersOf,
  plain,
  rows,
  weights,
  whole,
} from "./training.ts";

describe.each(levels)("accumulation, level %i", (level) => {
  test("one pass and an update are a step, to the bit", async () => {
    const Plain = await load(plain, level);
    const [a, b] = [Plain.create({ seed: 1 }), Plain.create({ seed: 1 })];
    for (let turn = 0; turn < 3; turn++) {
      const loss = a.step(whole);
      expect(b.accumulate(whole)).toBe(loss);
      expect(b.stepCount).toBe(turn);
      b.update();
      expect(b.stepCount).toBe(turn + 1);
      expect(bits(b)).toBe(bits(a));
      expect(b.metrics).toEqual(a.metrics);
    }
  });

  test.each([
    ["equal parts", [0, 4, 8, 12]],
    ["ragged parts", [0, 5, 11, 12]],
  ])("%s of a batch are the batch", async (_, cuts) => {
    const Plain = await load(plain, level);
    const [a, b] = [Plain.create({ seed: 1 }), Plain.create({ seed: 1 })];
    for (let turn = 0; turn < 2; turn++) {
      const loss = a.step(whole);
      let mean = 0;
      cuts.slice(1).forEach((to, i) => {
        const upstream = (to - cuts[i]!) / 12;
        mean += upstream * b.accumulate(rows(cuts[i]!, to), { upstream });
      });
      expect(mean).toBeCloseTo(loss, 5);
      const paths = ["z.linear.W", "z.linear.b", "z.linear2.W", "z.linear2.b"];
      expectClose(gradientsOf(b, paths), gradientsOf(a, paths));
      b.update();
      for (const path of paths) expectClose([...at(b.parameters, path)], [...at(a.parameters, path)]);
    }
  });

  test("running statistics move with every pass, and not with `backward` or `update`", async () => {
    const model = (await load(normalised, level)).create();
    const seen = at(model.states, "seen");
    const expected = [0, 0, 0];
    const pass = (from: number, to: number): void => {
      const { x } = rows(from, to);
      expected.forEach((old, i) => {
        let sum = 0;
        for (let b = 0; b < to - from; b++) sum += 2 * x[3 * b + i]!;
        expected[i] = 0.9 * old + (0.1 * sum) / (to - from);
      });
    };
    for (const [from, to] of [
      [0, 6],
      [6, 12],
    ] as const) {
      model.accumulate(rows(from, to), { upstream: 0.5 });
      pass(from, to);
      expectClose([...seen], expected);
    }
    model.backward(whole);
    model.update();
    expectClose([...seen], expected);
    model.step(rows(2, 7));
    pass(2, 7);
    expectClose([...seen], expected);
    expect([...at(model.states, "passes")]).toEqual([3]);
  });

  test("batch normalisation sees the parts as it sees batches", async () => {
    const Net = await load(plain.replace("tanh", "batch_norm() |> tanh"), level);
    const [a, b] = [Net.create(), Net.create()];
    const seen = (model: AnyModel): string[] =>
      Object.values((model.states["z"] as Tree)["batch_norm"] as Tree)
        .filter((state) => state instanceof Float32Array)
        .map((state) => state.join(" "));
    const start = seen(a);
    expect(start.length).toBeGreaterThanOrEqual(2);
    a.hyper["lr"] = 0;
    for (const part of [rows(0, 5), rows(5, 12)]) {
      a.step(part);
      b.accumulate(part);
      expect(seen(b)).toEqual(seen(a));
      start.forEach((before, i) => expect(seen(b)[i]).not.toBe(before));
    }
  });

  test("`backward` between two passes forgets nothing", async () => {
    const Plain = await load(plain, level);
    const [a, b] = [Plain.create(), Plain.create()];
    a.accumulate(rows(0, 6));
    a.accumulate(rows(6, 12));
    b.accumulate(rows(0, 6));
    const first = gradientsOf(b);
    b.backward(rows(3, 5));
    expect(gradientsOf(b)).not.toEqual(first);
    b.accumulate(rows(6, 12));
    expect(gradientsOf(b)).toEqual(gradientsOf(a));
  });

  test("`step` and `update` end an accumulation", async () => {
    const Plain = await load(plain, level);
    const [a, b] = [Plain.create(), Plain.create()];
    b.accumulate(rows(0, 6));
    expect([a.step(whole), gradientsOf(a)]).toEqual([b.step(whole), gradientsOf(b)]);
    expect(bits(b)).toBe(bits(a));
    a.step(rows(0, 6));
    b.accumulate(rows(0, 6));
    b.update();
    b.accumulate(rows(6, 12));
    a.backward(rows(6, 12));
    expect(gradientsOf(b)).toEqual(gradientsOf(a));
  });

  test("an update takes the gradients that the program left", async () => {
    const model = (await load(normalised, level)).create({ seed: 2 });
    for (const fill of ["backward", "accumulate"] as const) {
      const before = parametersOf(model);
      model[fill](whole);
      for (const path of weights) at(model.gradients, path).forEach((g, i, all) => (all[i] = g > 0 ? 1 : -1));
      const edited = gradientsOf(model);
      model.forward({ x: whole.x });
      model.evaluate(whole);
      model.update();
      expectClose(
        parametersOf(model),
        before.map((p, i) => p - 0.1 * edited[i]!),
      );
    }
  });

  test("saved between two steps, training goes on bit for bit", async () => {
    const Noisy = await load(noisy, level);
    const train = (model: AnyModel): void => {
      model.accumulate(rows(0, 6));
      model.accumulate(rows(6, 12));
      model.update();
    };
    const model = Noisy.create({ seed: 4 });
    train(model);
    const resumed = Noisy.load(model.save());
    expect([resumed.stepCount, resumed.passCount]).toEqual([1, 2]);
    train(model);
    train(resumed);
    expect(bits(resumed)).toBe(bits(model));
  });
});

describe("random numbers", () => {
  const draw = (model: AnyModel): number => model.metrics["drawn"]!;
  const part = rows(0, 4);

  test("differ between the parts of a step, and repeat with the seed", async () => {
    const Noisy = await load(noisy, 1);
    const run = (seed: number): number[] => {
      const model = Noisy.create({ seed });
      return Array.from({ length: 6 }, (_, i) => {
        if (i === 3) model.update();
        model.accumulate(part);
        return draw(model);
      });
    };
    expect(new Set(run(1)).size).toBe(6);
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  test("are the same for steps, for steps in two, and for `backward` with `update`", async () => {
    const Noisy = await load(noisy, 1);
    const models = [Noisy.create(), Noisy.create(), Noisy.create()] as const;
    for (let turn = 0; turn < 3; turn++) {
      const [a, b, c] = models;
      a.step(part);
      b.accumulate(part);
      b.update();
      c.backward(part);
      c.backward(part);
      c.update();
      expect([draw(b), draw(c)]).toEqual([draw(a), draw(a)]);
      expect(models.map((m) => m.passCount)).toEqual([turn + 1, turn + 1, turn + 1]);
    }
    expect(models.slice(1).map(bits)).toEqual([bits(models[0]), bits(models[0])]);
  });

  test("a file without the number of passes has that of steps", async () => {
    const Noisy = await load(noisy, 0);
    const model = Noisy.create();
    model.step(part);
    model.step(part);
    const old = new TextDecoder("latin1").decode(model.save()).replace('"pass":"2"', '"past":"2"');
    const resumed = Noisy.load(Uint8Array.from(old, (c) => c.charCodeAt(0)));
    expect([resumed.stepCount, resumed.passCount]).toEqual([2, 2]);
  });

  test("are counted only where some are drawn", async () => {
    const model = (await load(plain, 1)).create();
    expect("passCount" in model).toBe(false);
    expect(new TextDecoder("latin1").decode(model.save())).not.toContain('"pass"');
  });
});

test("what a model can't do, it has no method for", async () => {
  const withoutOptimizer = plain.replace(/ *optimizer.*\n/, "");
  const model = (await load(withoutOptimizer, 1)).create();
  expect("update" in model || "using" in model).toBe(false);
  const other = (await load(plain, 1)).create();
  expect("using" in other).toBe(false);
  const first = model.accumulate(whole);
  const once = gradientsOf(model);
  expect(model.accumulate(whole)).toBe(first);
  expectClose(
    gradientsOf(model),
    once.map((g) => 2 * g),
  );
  expect(model.step(whole)).toBe(first);
  expect(gradientsOf(model)).toEqual(once);
  expect(model.stepCount).toBe(1);
});
