/** Models on a device, trained beside the TypeScript target. */
import { describe, expect, test } from "vitest";
import { levels } from "../../src/ir/kernel.ts";
import { describeOnDawn } from "../support/dawn.ts";
import { numbers } from "../support/model.ts";
import type { AnyModel } from "../codegen/load.ts";
import { at } from "../codegen/load.ts";
import type { GpuModel } from "./host.ts";
import { bitsOf, digits, batchOf, pairOf, tensorAt } from "./host.ts";

const sizes = [12, 12, 5, 12, 1, 12, 7];
const batches = sizes.map((rows, n) => batchOf(rows, n + 3));
const pair = pairOf(digits);

const nearly = (found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-4): void => {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < found.length; i++)
    expect(Math.abs(found[i]! - expected[i]!), `value ${i}`).toBeLessThan(tolerance);
};

describeOnDawn("a model on a GPU", (device) => {
  const create = async (seed = 5): Promise<GpuModel> => (await pair).gpu.create({ device: device(), seed });
  const reference = async (): Promise<AnyModel> => (await pair).javascript.create({ seed: 5 });

  test("learns what the TypeScript target learns, with batches of any size", async () => {
    const [model, other] = [await create(), await reference()];
    for (const [n, batch] of batches.entries()) {
      const expected = other.step(batch);
      expect(Math.abs((await model.step(batch)) - expected), `step ${n + 1}`).toBeLessThan(1e-4);
      expect(model.metrics["accuracy"]).toBeCloseTo(other.metrics["accuracy"]!, 6);
    }
    nearly(await tensorAt(model.parameters, "z.linear.W").read(), at(other.parameters, "z.linear.W"), 1e-3);
    nearly(
      await tensorAt(model.states, "h.batch_norm.mean_seen").read(),
      at(other.states, "h.batch_norm.mean_seen"),
    );
    expect(model.stepCount).toBe(batches.length);
    model.destroy();
  });

  test("gives outputs and evaluations as the TypeScript target does", async () => {
    const [model, other] = [await create(), await reference()];
    const [batch] = batches;
    const [found, expected] = [await model.forward({ x: batch!.x }), other.forward({ x: batch!.x })];
    nearly(found["probability"] as Float32Array, expected["probability"] as Float32Array);
    expect(found["best"]).toEqual(Int32Array.from(expected["best"] as Int32Array));
    const [own, theirs] = [await model.evaluate(batch), other.evaluate(batch!)];
    nearly([own["loss"]!, own["accuracy"]!], [theirs["loss"]!, theirs["accuracy"]!]);
    // Arrays are the caller's own.
    const before = Float32Array.from(found["probability"] as Float32Array);
    await model.forward({ x: batchOf(12, 99).x });
    expect(found["probability"]).toEqual(before);
    model.destroy();
  });

  test("has the same bits on every run", async () => {
    const runs = await Promise.all([create(), create()]);
    const losses = await Promise.all(runs.map((model) => model.stepMany(batches)));
    expect(losses[0]).toEqual(losses[1]);
    expect(await runs[0].save()).toEqual(await runs[1].save());
    runs.forEach((model) => model.destroy());
  });

  test("steps may run ahead of their losses, further than these have room", async () => {
    const [ahead, awaited] = [await create(), await create()];
    const expected: number[] = [];
    for (let n = 0; n < 150; n++) expected.push(await awaited.step(batches[n % batches.length]));
    const losses: Promise<number>[] = [];
    for (let n = 0; n < 150; n++) losses.push(ahead.step(batches[n % batches.length]));
    expect(ahead.stepCount).toBeLessThan(150);
    expect(await Promise.all(losses)).toEqual(expected);
    expect(ahead.stepCount).toBe(150);
    expect(ahead.metrics).toEqual(awaited.metrics);
    expect(await bitsOf(ahead)).toBe(await bitsOf(awaited));
    [ahead, awaited].forEach((model) => model.destroy());
  });

  test("stepMany takes the steps that `step` takes, of which the last is smaller", async () => {
    const [together, single] = [await create(), await create()];
    const many = [...Array.from({ length: 70 }, (_, n) => batchOf(12, n + 1)), batchOf(5, 9)];
    const losses = await together.stepMany(many);
    const expected: number[] = [];
    for (const batch of many) expected.push(await single.step(batch));
    expect([...losses]).toEqual(expected);
    expect(together.stepCount).toBe(71);
    expect(await bitsOf(together)).toBe(await bitsOf(single));
    expect(await together.stepMany([])).toEqual(new Float32Array(0));
    [together, single].forEach((model) => model.destroy());
  });

  test("hypers count as they are when a step is called, also of one that waits", async () => {
    const [ahead, awaited] = [await create(), await create()];
    const losses: Promise<number>[] = [];
    for (let n = 0; n < 100; n++) {
      ahead.hyper["lr"] = awaited.hyper["lr"] = n < 80 ? 0.02 : 0;
      losses.push(ahead.step(batches[0]));
      await awaited.step(batches[0]);
    }
    await Promise.all(losses);
    expect(await bitsOf(ahead)).toBe(await bitsOf(awaited));
    const before = await tensorAt(ahead.parameters, "h.linear.W").read();
    await ahead.step(batches[0]);
    expect(await tensorAt(ahead.parameters, "h.linear.W").read()).toEqual(before);
    [ahead, awaited].forEach((model) => model.destroy());
  });

  test("accumulates parts of a batch, and scales gradients", async () => {
    const [model, other] = [await create(), await reference()];
    for (const turn of [1, 2]) {
      for (const batch of batches.slice(0, 3)) {
        const loss = await model.accumulate(batch, { upstream: 1 / 3 });
        expect(Math.abs(loss - other.accumulate(batch, { upstream: 1 / 3 })), `turn ${turn}`).toBeLessThan(
          1e-4,
        );
      }
      const path = "h.linear.W";
      nearly(await tensorAt(model.gradients, path).read(), at(other.gradients, path));
      await model.update();
      other.update();
      nearly(await tensorAt(model.parameters, path).read(), at(other.parameters, path), 1e-3);
    }
    expect(model.stepCount).toBe(2);
    await model.backward(batches[0]);
    const plain = await tensorAt(model.gradients, "z.linear.b").read();
    const before = await bitsOf(model);
    await model.backward(batches[0], { upstream: -2 });
    nearly(
      await tensorAt(model.gradients, "z.linear.b").read(),
      plain.map((v) => -2 * v),
      1e-6,
    );
    expect(await bitsOf(model)).toBe(before);
    model.destroy();
  });

  test("tensors are read and written as calls leave them", async () => {
    const model = await create();
    const bias = tensorAt(model.parameters, "z.linear.b");
    expect(bias.shape).toEqual([5]);
    const step = model.step(batches[0]);
    await bias.write([1, 2, 3, 4, 5]);
    expect([...(await bias.read())]).toEqual([1, 2, 3, 4, 5]);
    await step;
    await expect(bias.write([1, 2])).rejects.toThrow("2 values do not fill the shape [5]");
    model.destroy();
  });

  test("complains of inputs as the TypeScript target does, and goes on", async () => {
    const [model, other] = [await create(), await reference()];
    const [good] = batches;
    const wrong = [
      {},
      { x: good!.x.subarray(1), label: good!.label },
      { x: good!.x, label: good!.label.map((v, i) => (i === 3 ? 5 : v)) },
      { x: good!.x, label: good!.label.subarray(2) },
      batchOf(13, 1),
    ];
    for (const inputs of wrong) {
      let expected: unknown;
      try {
        other.step(inputs);
      } catch (error) {
        expected = error;
      }
      expect(expected).toBeInstanceOf(Error);
      await expect(model.step(inputs)).rejects.toThrow(expected as Error);
      await expect(model.stepMany([good, inputs])).rejects.toThrow(expected as Error);
    }
    expect(model.stepCount).toBe(0);
    expect(Math.abs((await model.step(good)) - other.step(good!))).toBeLessThan(1e-4);
    model.destroy();
  });
});

describeOnDawn("what models may have", (device) => {
  test.each(levels)("kernels of level %i", async (level) => {
    const { gpu, javascript } = await pairOf(digits, level);
    const [model, other] = [await gpu.create({ device: device(), seed: 6 }), javascript.create({ seed: 6 })];
    nearly(
      await model.stepMany(batches),
      batches.map((batch) => other.step(batch)),
    );
    model.destroy();
  });

  test("averaged weights take the places of the parameters while `using` runs", async () => {
    const source = `optimizer tracked(lr = 0.1) {
      state average = parameter
      update average = average + 0.25 * (parameter - average)
      update parameter = parameter - lr * gradient
    }
    model Averaged {
      dim n <= 4
      input x: [n, 2]
      y = x |> linear(3)
      output y
      loss mean(y^2)
      optimizer tracked()
    }`;
    const { gpu } = await pairOf(source);
    const model = await gpu.create({ device: device(), seed: 3 });
    const inputs = { x: numbers(8) };
    await model.stepMany([inputs, inputs, inputs]);
    const weight = tensorAt(model.parameters, "y.linear.W");
    const own = await weight.read();
    const average = await tensorAt(model.states, "y.linear.W.tracked.average").read();
    expect(average).not.toEqual(own);
    const loss = await model.using("average", async () => {
      expect(await weight.read()).toEqual(average);
      await expect(model.step(inputs)).rejects.toThrow("Averaged: step can't be called within using");
      return (await model.evaluate(inputs))["loss"];
    });
    expect(loss).not.toBe((await model.evaluate(inputs))["loss"]);
    expect(await weight.read()).toEqual(own);
    await expect(model.using("mean", async () => 0)).rejects.toThrow("using takes one of: average");
    model.destroy();
  });

  test("inputs of every type, and more of them than a shader can bind", async () => {
    const names = "abcdefghij".split("");
    const source = `model Typed {
      dim n <= 4
      dim k <= 5
      input token: int[n, 2] < 7
      input keep: bool[n]
      input scale: []
      input class: int[n] < k
      ${names.map((name) => `input ${name}: [n]`).join("\n      ")}
      param E: [7, 3] ~ normal(0, 1)
      param C: [k] ~ normal(0, 1)
      found[b] = sum[t, d] E[token[b, t], d]
      z[b] = if keep[b] then scale * C[class[b]] + found[b] else 0
      all = ${names.join(" + ")}
      output z
      output all
      output kept[b] = keep[b] and scale > 1
      output count = sum[b] (if keep[b] then 1 else 0)
      loss sum(z^2) + sum(all)
      optimizer sgd()
    }`;
    const { gpu, javascript } = await pairOf(source, 0);
    const model = await gpu.create({ device: device(), k: 5 });
    const other = javascript.create({ k: 5 });
    const given = {
      token: [0, 6, 1, 2, 3, 3],
      keep: [true, false, true],
      scale: 2,
      class: [4, 0, 1],
      ...Object.fromEntries(names.map((name, n) => [name, numbers(3, n + 1)])),
    };
    const [found, expected] = [await model.forward(given), other.forward(given)];
    nearly(found["z"] as Float32Array, expected["z"] as Float32Array);
    nearly(found["all"] as Float32Array, expected["all"] as Float32Array);
    expect(found["kept"]).toEqual(Uint8Array.from(expected["kept"] as Uint8Array));
    expect(found["count"]).toBe(2);
    const losses = await model.stepMany([given, { ...given, keep: [false, false, false] }]);
    nearly(losses, [other.step(given), other.step({ ...given, keep: [false, false, false] })]);
    nearly(await tensorAt(model.parameters, "C").read(), at(other.parameters, "C"));
    model.destroy();
  });

  test("random numbers, and a model that is asked for nothing", async () => {
    const source = `model Alone {
      param w: [40] ~ normal(0, 1)
      noisy = dropout(w, 0.5)
      loss sum(noisy^2)
      optimizer sgd(lr = 0.1)
    }`;
    const { gpu, javascript } = await pairOf(source);
    const model = await gpu.create({ device: device(), seed: 8 });
    const other = javascript.create({ seed: 8 }) as unknown as { step(): number };
    const expected = [other.step(), other.step(), other.step()];
    nearly([await model.step()], [expected[0]!], 1e-3);
    nearly(await model.stepMany(2), expected.slice(1), 1e-3);
    expect(model.passCount).toBe(3);
    model.destroy();
  });
});

describe("without a GPU", () => {
  test("the shaders are a text of their own", async () => {
    const { compile } = await import("../../src/index.ts");
    const { outputs, diagnostics } = await compile(digits, { target: "webgpu" });
    expect(diagnostics).toEqual([]);
    const text = outputs.find((o) => o.kind === "text")!.text;
    expect(text.match(/@compute/g)!.length).toBeGreaterThan(8);
    expect(text).toContain("backward: the chain rule");
  });
});
