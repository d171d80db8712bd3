/**
 * Tests that execute WGSL: Dawn, the implementation of Chrome, in this process, on the software adapter that
 * `dawn-setup.ts` makes known. Where there is none, tests are skipped with a warning; with `CI=true` they fail.
 */
import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { create, globals } from "webgpu";

/** A group of tests with a device of their own. */
export function describeOnDawn(name: string, define: (gpu: () => GPUDevice) => void): void {
  describe(name, () => {
    let device: GPUDevice | undefined;
    let reason = "";
    beforeAll(async () => {
      try {
        device = await openDevice();
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        if (process.env.CI === "true") throw error;
        console.warn(`SKIPPED, since no WebGPU adapter is found here: ${name}\n${reason}`);
      }
    });
    beforeEach((context) => {
      if (!device) context.skip(`no adapter: ${reason}`);
    });
    afterAll(() => device?.destroy());
    define(() => device!);
  });
}

/** What a page has as `navigator.gpu`. One for each process: it must live as long as its devices. */
let gpu: GPU | undefined;

export function dawn(): GPU {
  Object.assign(globalThis, globals);
  return (gpu ??= create([]));
}

/** A device with the limits that every device has, unless others are asked for; mistakes that nobody awaits are thrown. */
export async function openDevice(requiredLimits: Record<string, number> = {}): Promise<GPUDevice> {
  const adapter = await dawn().requestAdapter();
  if (!adapter) throw new Error("`requestAdapter` gave none");
  const device = await adapter.requestDevice({ requiredLimits });
  device.addEventListener("uncapturederror", (event) => {
    throw new Error((event as GPUUncapturedErrorEvent).error.message);
  });
  return device;
}

/** What is wrong with each of these shaders, `null` where nothing is. No pipeline is made, so it takes less than a millisecond. */
export function complaints(device: GPUDevice, texts: readonly string[]): Promise<(string | null)[]> {
  return Promise.all(
    texts.map(async (code) => {
      device.pushErrorScope("validation");
      const module = device.createShaderModule({ code });
      const failure = device.popErrorScope();
      const { messages } = await module.getCompilationInfo();
      const errors = messages.filter((m) => m.type === "error");
      const found = errors.map((m) => `${m.lineNum}:${m.linePos}: ${m.message}`).join("\n");
      return found || ((await failure)?.message ?? null);
    }),
  );
}
