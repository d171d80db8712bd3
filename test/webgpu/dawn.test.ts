import { expect, test } from "vitest";
import { describeOnDawn } from "../support/dawn.ts";

describeOnDawn("dawn", (gpu) => {
  test("has the limits that every device has", () => {
    expect(gpu().limits.maxStorageBuffersPerShaderStage).toBe(8);
  });
});
