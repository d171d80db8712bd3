/** What can go wrong with a device, and how a program hears of it. */
import { afterEach, expect, test, vi } from "vitest";
import { dawn, describeOnDawn, openDevice } from "../support/dawn.ts";
import { batchOf, digits, pairOf } from "./host.ts";

const pair = pairOf(digits);
const [batch, next] = [batchOf(12, 1), batchOf(7, 2)];
const lost =
  /^Digits: the GPU device was lost \(destroyed\): .*; load the last saved state on another device$/;

afterEach(() => vi.restoreAllMocks());

describeOnDawn("a device", (device) => {
  test("that is lost: calls and what waits fail, and the last saved state goes on elsewhere", async () => {
    const { gpu } = await pair;
    const own = await openDevice();
    const model = await gpu.create({ device: own, seed: 3 });
    await model.step(batch);
    const bytes = await model.save();
    // More than there is room for, so that some wait for their turns.
    const running = Array.from({ length: 80 }, () => model.step(batch));
    const reading = model.forward({ x: batch.x });
    own.destroy();
    const outcomes = await Promise.allSettled([...running, reading]);
    const reasons = outcomes.flatMap((o) => (o.status === "rejected" ? [o.reason as Error] : []));
    expect(reasons.length).toBeGreaterThan(16);
    for (const { message } of reasons) expect(message).toMatch(lost);
    for (const call of [model.step(batch), model.save(), model.update()])
      await expect(call).rejects.toThrow(lost);
    const again = await gpu.load(bytes, { device: device() });
    const whole = await gpu.create({ device: device(), seed: 3 });
    await whole.step(batch);
    expect(await again.step(next)).toBe(await whole.step(next));
    [again, whole].forEach((m) => m.destroy());
  });

  test("that was given outlives its models; one of a model's own goes with it", async () => {
    const { gpu } = await pair;
    const model = await gpu.create({ device: device() });
    const running = model.step(batch);
    model.destroy();
    await expect(running).rejects.toThrow("Digits: the model was destroyed");
    await expect(model.step(batch)).rejects.toThrow("Digits: the model was destroyed");
    const another = await gpu.create({ device: device() });
    expect(await another.step(batch)).toBeGreaterThan(0);
    another.destroy();

    vi.stubGlobal("navigator", { gpu: dawn() });
    const alone = await gpu.create();
    expect(await alone.step(batch)).toBeGreaterThan(0);
    alone.destroy();
    vi.unstubAllGlobals();
  });

  test("that reports an error that nobody awaits", async () => {
    const { gpu } = await pair;
    const own = (await (await dawn().requestAdapter())!.requestDevice()) as GPUDevice;
    const model = await gpu.create({ device: own });
    await model.step(batch);
    own.createBuffer({ size: 12, usage: 1 << 20 });
    await own.queue.onSubmittedWorkDone();
    await expect(model.step(batch)).rejects.toThrow("Digits: the GPU reports an error:");
    own.destroy();
  });

  test("whose limits are too low is refused before anything is made", async () => {
    const { gpu } = await pair;
    const limits = Object.fromEntries(
      Object.keys(Object.getPrototypeOf(device().limits) as object).map((name) => [
        name,
        Reflect.get(device().limits, name) as number,
      ]),
    );
    const given = (own: object): GPUDevice => ({ limits: { ...limits, ...own } }) as unknown as GPUDevice;
    await expect(gpu.create({ device: given({ maxBufferSize: 100 }) })).rejects.toThrow(
      /^Digits: it needs maxBufferSize \d+, but the device has 100$/,
    );
    await expect(gpu.create({ device: given({ maxStorageBuffersPerShaderStage: 1 }) })).rejects.toThrow(
      /^Digits: it needs maxStorageBuffersPerShaderStage [2-8], but the device has 1$/,
    );
    await expect(gpu.create({ device: given({ maxComputeInvocationsPerWorkgroup: 32 }) })).rejects.toThrow(
      /^Digits: it needs maxComputeInvocationsPerWorkgroup \d+, but the device has 32$/,
    );
  });

  test("that has no room is told apart from one that has", async () => {
    const { gpu } = await pair;
    const small = {
      limits: device().limits,
      queue: device().queue,
      lost: device().lost,
      addEventListener: (): void => undefined,
      pushErrorScope: (): void => undefined,
      popErrorScope: (): Promise<unknown> => Promise.resolve({ message: "not enough memory" }),
      createBuffer: (): object => ({ destroy: (): void => undefined }),
      createBindGroupLayout: (): object => ({}),
      createShaderModule: (): object => ({}),
      createPipelineLayout: (): object => ({}),
      createComputePipelineAsync: (): Promise<object> => Promise.resolve({}),
    } as unknown as GPUDevice;
    await expect(gpu.create({ device: small })).rejects.toThrow(
      /^Digits: no room for "parameters" \(\d+ bytes\): not enough memory$/,
    );
  });

  test("that refuses a shader: its name is told", async () => {
    const { gpu } = await pair;
    const real = device();
    let first: string | undefined;
    const broken = new Proxy(real, {
      get: (target, name) => {
        if (name === "createShaderModule")
          return ({ label, code }: GPUShaderModuleDescriptor) => {
            first ??= label;
            return target.createShaderModule({ label: label!, code: label === first ? "nonsense" : code });
          };
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? (value as () => unknown).bind(target) : value;
      },
    });
    await expect(gpu.create({ device: broken })).rejects.toThrow(
      /^Digits: the shader "\w+" does not compile: .*nonsense/s,
    );
  });
});

describeOnDawn("a loss that is no number", (device) => {
  test("is told once, with its step", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const { gpu } = await pair;
    const model = await gpu.create({ device: device() });
    await model.stepMany([batch, next]);
    expect(model.nonFiniteStep).toBeUndefined();
    const broken = { x: batch.x.map((v, i) => (i === 4 ? NaN : v)), label: batch.label };
    const losses = await model.stepMany([batch, broken, batch]);
    expect([...losses].map(Number.isFinite)).toEqual([true, false, false]);
    expect(model.nonFiniteStep).toBe(4);
    expect(warn.mock.calls).toEqual([["Digits: the loss of step 4 is NaN"]]);
    model.destroy();
  });
});

test("where there is no WebGPU, that is said", async () => {
  const { gpu } = await pair;
  vi.stubGlobal("navigator", {});
  await expect(gpu.create()).rejects.toThrow("Digits: there is no WebGPU here (`navigator.gpu` is missing)");
  vi.stubGlobal("navigator", { gpu: { requestAdapter: () => Promise.resolve(null) } });
  await expect(gpu.create()).rejects.toThrow("Digits: WebGPU finds no adapter");
  vi.unstubAllGlobals();
});
