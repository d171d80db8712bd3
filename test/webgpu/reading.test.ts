/** A browser notices that something can be read when something is submitted: it is nudged while, and only while, a read waits. */
import { afterEach, expect, test, vi } from "vitest";
import { describeOnDawn, openDevice } from "../support/dawn.ts";
import { batchOf, digits, pairOf } from "./host.ts";

afterEach(() => vi.restoreAllMocks());

describeOnDawn("reading", () => {
  test("nothing is submitted again and again until a read is done", async () => {
    const device = await openDevice();
    const model = await (await pairOf(digits)).gpu.create({ device });
    const nudges = vi.spyOn(device.queue, "submit");
    // It takes some milliseconds, as in a browser.
    const { mapAsync } = GPUBuffer.prototype;
    vi.spyOn(GPUBuffer.prototype, "mapAsync").mockImplementation(async function (this: GPUBuffer, ...args) {
      await new Promise((later) => setTimeout(later, 20));
      return mapAsync.apply(this, args);
    });
    const empty = (): number => nudges.mock.calls.filter(([given]) => [...given].length === 0).length;
    expect(await model.step(batchOf(12, 1))).toBeGreaterThan(0);
    const found = empty();
    expect(found).toBeGreaterThan(2);
    // Nothing is left that would go on.
    await new Promise((later) => setTimeout(later, 10));
    expect(empty()).toBe(found);
    model.destroy();
    device.destroy();
  });
});
