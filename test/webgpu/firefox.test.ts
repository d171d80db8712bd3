/** Firefox notices that something can be read when something is submitted: it is nudged while, and only while, a read waits. */
import { afterEach, expect, test, vi } from "vitest";
import { describeOnDawn, openDevice } from "../support/dawn.ts";
import { batchOf, digits, pairOf } from "./host.ts";

afterEach(() => vi.unstubAllGlobals());

describeOnDawn("reading", () => {
  test.each([
    ["Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0", true],
    ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0", false],
  ])("in %s", async (userAgent, isNudged) => {
    vi.stubGlobal("navigator", { userAgent });
    const device = await openDevice();
    const model = await (await pairOf(digits)).gpu.create({ device });
    const nudges = vi.spyOn(device.queue, "submit");
    // It takes some milliseconds, as in Firefox.
    const { mapAsync } = GPUBuffer.prototype;
    vi.spyOn(GPUBuffer.prototype, "mapAsync").mockImplementation(async function (this: GPUBuffer, ...args) {
      await new Promise((later) => setTimeout(later, 20));
      return mapAsync.apply(this, args);
    });
    const empty = (): number => nudges.mock.calls.filter(([given]) => [...given].length === 0).length;
    expect(await model.step(batchOf(12, 1))).toBeGreaterThan(0);
    const found = empty();
    expect(found > 2).toBe(isNudged);
    // Nothing is left that would go on.
    await new Promise((later) => setTimeout(later, 10));
    expect(empty()).toBe(found);
    vi.restoreAllMocks();
    model.destroy();
    device.destroy();
  });
});
