/** Files go from one target to another and back, to the bit. */
import { expect, test, vi } from "vitest";
import { describeOnDawn, openDevice } from "../support/dawn.ts";
import { batchOf, digits, pairOf, tensorAt } from "./host.ts";

describeOnDawn("saved models", (device) => {
  const pair = pairOf(digits);
  const on = (): { device: GPUDevice } => ({ device: device() });
  const [batch, next] = [batchOf(12, 1), batchOf(7, 2)];

  test("of a GPU are what the TypeScript target reads and writes again", async () => {
    const { gpu, javascript } = await pair;
    const model = await gpu.create({ ...on(), seed: 3 });
    await model.stepMany([batch, next, batch]);
    model.hyper["lr"] = 0.005;
    const bytes = await model.save();
    const other = javascript.load(bytes);
    expect([other.stepCount, other.seed, other.hyper["lr"]]).toEqual([3, 3, 0.005]);
    expect(other.save()).toEqual(bytes);
    expect(Math.abs((await model.step(next)) - other.step(next))).toBeLessThan(1e-5);
    model.destroy();
  });

  test("of the TypeScript target are what a GPU reads and writes again", async () => {
    const { gpu, javascript } = await pair;
    const other = javascript.create({ seed: 4 });
    for (const inputs of [batch, next]) other.step(inputs);
    const bytes = other.save();
    const model = await gpu.load(bytes, on());
    expect(model.stepCount).toBe(2);
    expect(await model.save()).toEqual(bytes);
    expect(Math.abs((await model.step(next)) - other.step(next))).toBeLessThan(1e-5);
    model.destroy();
  });

  test("go on as if training had not stopped", async () => {
    const { gpu } = await pair;
    const whole = await gpu.create({ ...on(), seed: 3 });
    await whole.stepMany([batch, next, batch, next]);
    const first = await gpu.create({ ...on(), seed: 3 });
    await first.stepMany([batch, next]);
    const second = await gpu.load(await first.save(), on());
    await second.stepMany([batch, next]);
    expect(await second.save()).toEqual(await whole.save());
    [whole, first, second].forEach((model) => model.destroy());
  });

  test("say the dimensions of creation; what does not fit is told before a device is asked for", async () => {
    const source = `model Counts {
      dim n <= 4
      dim k <= 90
      input class: int[n] < k
      state seen: [k] = 0
      param C: [k, 3] ~ normal(0, 1)
      param D: [k] ~ normal(0, 1)
      update seen[j] = seen[j] + (if j == class[0] then 1 else 0)
      loss sum[b, d] C[class[b], d]^2 + sum[b] D[class[b]]^2
      optimizer sgd()
    }`;
    const { gpu, javascript } = await pairOf(source);
    const model = await gpu.create({ ...on(), k: 70 });
    const other = javascript.create({ k: 70 });
    const inputs = { class: [65, 2] };
    expect(Math.abs((await model.step(inputs)) - other.step(inputs))).toBeLessThan(1e-4);
    const bytes = await model.save();
    const back = javascript.load(bytes);
    expect(back.save()).toEqual(bytes);
    const seen = await tensorAt(model.states, "seen").read();
    expect([...seen.keys()].filter((i) => seen[i] === 1)).toEqual([65]);
    const again = await gpu.load(bytes, on());
    expect(await again.save()).toEqual(bytes);
    const nowhere = { limits: {} } as unknown as GPUDevice;
    await expect(gpu.load(bytes.subarray(0, 900), { device: nowhere })).rejects.toThrow("Counts");
    await expect(gpu.create({ ...on(), k: 91 })).rejects.toThrow(
      "Counts: k is 91, but it must be an integer",
    );
    [model, again].forEach((m) => m.destroy());
  });

  test("whose counts are damaged leave no device and no memory behind", async () => {
    const { gpu, javascript } = await pair;
    const other = javascript.create({ seed: 4 });
    other.step(batch);
    const bytes = other.save();
    const text = Buffer.from(bytes).toString("latin1").replace('"step":"1"', '"step":"?"');
    const damaged = Uint8Array.from(Buffer.from(text, "latin1"));
    const own = await openDevice();
    const destroyed = vi.spyOn(own, "destroy");
    let made = 0;
    const alive = new Set<GPUBuffer>();
    const real = own.createBuffer.bind(own);
    vi.spyOn(own, "createBuffer").mockImplementation((given) => {
      const buffer = real(given);
      made++;
      alive.add(buffer);
      vi.spyOn(buffer, "destroy").mockImplementation(() => void alive.delete(buffer));
      return buffer;
    });
    const refused = 'Digits: the metadata "step" is ?, not a number';
    await expect(gpu.load(damaged, { device: own })).rejects.toThrow(refused);
    expect([made > 5, alive.size]).toEqual([true, 0]);
    expect(destroyed).not.toHaveBeenCalled();
    const adapter = { limits: own.limits, requestDevice: () => Promise.resolve(own) };
    vi.stubGlobal("navigator", { gpu: { requestAdapter: () => Promise.resolve(adapter) } });
    await expect(gpu.load(damaged)).rejects.toThrow(refused);
    vi.unstubAllGlobals();
    expect(destroyed).toHaveBeenCalledTimes(1);
  });

  test("of weights alone are loaded, and the optimizer starts afresh", async () => {
    const { gpu, javascript } = await pair;
    const bytes = javascript.create({ seed: 9 }).save();
    const text = new TextDecoder().decode(bytes);
    const renamed = new TextEncoder().encode(text.slice(8, 200).replace('"step"', '"stop"'));
    const weights = Uint8Array.from(bytes);
    weights.set(renamed, 8);
    const model = await gpu.load(weights, on());
    expect(model.stepCount).toBe(0);
    const expected = javascript.load(weights);
    expect(await model.save()).toEqual(expected.save());
    model.destroy();
  });
});
