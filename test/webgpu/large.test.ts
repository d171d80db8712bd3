/** What is larger than a row of workgroups, and than what every device binds. */
import { afterEach, expect, test, vi } from "vitest";
import { dawn, describeOnDawn } from "../support/dawn.ts";
import { pairOf, tensorAt } from "./host.ts";

afterEach(() => vi.unstubAllGlobals());

describeOnDawn("large models", (device) => {
  test("more workgroups than a dispatch has in a row are folded: every element is computed, once", async () => {
    // 78,126 workgroups of 64, the last of which is not full.
    const size = 5_000_001;
    const { gpu } = await pairOf(`model Large {
      input x: [${size}]
      param w: [${size}] ~ ones
      output y = w * x + 1
      loss sum(w * x)
      optimizer sgd(lr = 0.5)
    }`);
    const model = await gpu.create({ device: device() });
    const x = Float32Array.from({ length: size }, (_, i) => (i % 1021) - 500);
    expect(await model.step({ x })).toBeCloseTo(
      x.reduce((sum, v) => sum + v, 0),
      -2,
    );
    const w = await tensorAt(model.parameters, "w").read();
    expect(w.findIndex((v, i) => v !== 1 - 0.5 * x[i]!)).toBe(-1);
    const { y } = await model.forward({ x });
    expect((y as Float32Array).findIndex((v, i) => v !== w[i]! * x[i]! + 1)).toBe(-1);
    model.destroy();
  }, 120_000);

  /** 136 MB: above the 128 MiB that every device binds. */
  const above = `model Above {
    param w: [34000000] ~ zeros
    output probe[j < 100] = w[j * 340000 + 339999]
  }`;

  test("a tensor above 128 MiB is computed where the adapter binds as much, which is asked for", async (context) => {
    const adapter = (await dawn().requestAdapter())!;
    const needed = 136_000_000;
    if (adapter.limits.maxStorageBufferBindingSize < needed) context.skip("this adapter binds less");
    let asked: GPUDeviceDescriptor | undefined;
    const requestAdapter = (): unknown =>
      Promise.resolve({
        limits: adapter.limits,
        requestDevice: (given: GPUDeviceDescriptor) => {
          asked = given;
          return adapter.requestDevice(given);
        },
      });
    vi.stubGlobal("navigator", { gpu: { requestAdapter } });
    const { gpu } = await pairOf(above);
    const model = await gpu.create();
    const limits = asked!.requiredLimits!;
    expect(limits["maxStorageBufferBindingSize"]).toBeGreaterThanOrEqual(needed);
    // No more than is needed, to the next place at which a binding may begin.
    expect(limits["maxStorageBufferBindingSize"]).toBeLessThan(needed + 256);
    const place = (i: number): number => i % 16_777_213;
    await tensorAt(model.parameters, "w").write(new Float32Array(34_000_000).map((_, i) => place(i)));
    const { probe } = await model.forward();
    expect(probe).toEqual(Float32Array.from({ length: 100 }, (_, j) => place(j * 340_000 + 339_999)));
    model.destroy();
  }, 120_000);

  test("where an adapter has less, the limit is named, and no device is asked for", async () => {
    const requestDevice = vi.fn();
    const limits = { ...limitsOf(device()), maxBufferSize: 2 ** 40, maxStorageBufferBindingSize: 2 ** 27 };
    const requestAdapter = (): unknown => Promise.resolve({ limits, requestDevice });
    vi.stubGlobal("navigator", { gpu: { requestAdapter } });
    const { gpu } = await pairOf(above);
    await expect(gpu.create()).rejects.toThrow(
      "Above: it needs maxStorageBufferBindingSize 136000000, but the adapter has 134217728",
    );
    expect(requestDevice).not.toHaveBeenCalled();
  });
});

function limitsOf({ limits }: GPUDevice): Record<string, number> {
  const names = Object.keys(Object.getPrototypeOf(limits) as object);
  return Object.fromEntries(names.map((name) => [name, Reflect.get(limits, name) as number]));
}
