/** Both implementations find mistakes, and only mistakes: what the tests of all shaders rely on. */
import { expect, test } from "vitest";
import { complaints, describeOnDawn } from "../support/dawn.ts";
import { describeOnNaga } from "../support/naga.ts";

const shader = (value: string): string => `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> sizes: array<vec4<i32>, 1>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = i32(id.x);
  if (i < sizes[0].x) { y[i] = ${value}; }
}`;
const right = shader("2.0 * x[i]");
const wrong = [shader("2 * i"), shader("z"), shader("1.0 / 0.0"), "fn main() {"];

describeOnDawn("dawn", (gpu) => {
  test("finds mistakes", async () => {
    const found = await complaints(gpu(), [right, ...wrong]);
    expect(found.map((c) => c !== null)).toEqual([false, true, true, true, true]);
  });
});

describeOnNaga("naga", (naga) => {
  test("finds mistakes", async () => {
    const found = await naga([right, ...wrong].map((text) => ({ text })));
    expect(found.map((c) => c !== null)).toEqual([false, true, true, true, true]);
  });

  test("finds what fits no layout", async () => {
    const found = await naga([
      { text: right, access: ["read", "read_write"] },
      { text: right, access: ["read", "read"] },
    ]);
    expect(found.map((c) => c !== null)).toEqual([false, true]);
  });
});
