/** Quotients: those that WGSL says nothing of are what IEEE says, and those that are safe stay as they are. */
import { expect, test } from "vitest";
import { helperTexts } from "../../src/codegen/webgpu/math/index.ts";
import { describeOnDawn } from "../support/dawn.ts";
import { build } from "../support/model.ts";
import { edges, gridOf, isNear } from "./edges.ts";
import { evaluated } from "./evaluate.ts";
import { onGpu } from "./gpu.ts";

/** The shaders of y = this. */
function textOf(definitions: string, y: string): string {
  const built = build(`model Quotients {
  dim batch <= 9
  input x: [batch, 5]
  input n: int[batch]
  ${definitions}
  output y[b, i] = ${y}
}`);
  return onGpu(built, 1)
    .program.shaders.map((s) => s.text)
    .join("\n");
}

describeOnDawn("on a device", (gpu) => {
  test("quotients by 0, by tiny and huge numbers, and by what is none", async () => {
    const [a, b] = gridOf([edges.f32, [...edges.f32, 1e-40, 2 ** 126, 2 ** 127, -(2 ** 126.5)]]);
    const found = await evaluated(
      gpu(),
      helperTexts(["quotient"]).join("\n"),
      "quotient(a[i], b[i])",
      [Float32Array.from(a!), Float32Array.from(b!)],
      a!.length,
    );
    // What is no normal number counts as 0, with its sign.
    const normal = (v: number): number => (Math.abs(v) < 2 ** -126 ? v / Infinity : Math.fround(v));
    const wrong = a!.flatMap((_, i) => {
      const expected = normal(a![i]!) / normal(b![i]!);
      return isNear(found[i]!, expected, [4e-7, 0]) ? [] : [`${a![i]} / ${b![i]} is ${found[i]}`];
    });
    expect(wrong).toEqual([]);
  });
});

test.each([
  ["x[b, i] / 3"],
  ["x[b, i] / batch"],
  ["x[b, i] / (1 + exp(x[b, i]))"],
  ["x[b, i] / (sqrt(x[b, 0]) + 1e-8)"],
  ["x[b, i] / max(abs(x[b, i]), 1e-6)"],
  ["x[b, i] / (1e-5 + x[b, 1] * x[b, 1])"],
  ["x[b, i] / sqrt(x[b, 1]^2 + 1e-5)"],
  ["x[b, i] / (if x[b, i] > 0 then 2 else 1 + sigmoid(x[b, i]))"],
  ["x[b, i] / (-2 - softplus(x[b, i]))"],
])("%s is divided as it stands", (y) => {
  const text = textOf("", y);
  expect(text).toContain(" / ");
  expect(text).not.toContain("quotient(");
});

test.each([
  ["x[b, i] / x[b, 0]"],
  ["x[b, i] / n[b]"],
  ["x[b, i] / 1e-38"],
  ["x[b, i] / exp(x[b, i])"],
  ["x[b, i] / abs(x[b, 0])"],
  ["x[b, i] / (1 + tanh(x[b, i]))"],
  ["x[b, i] / (1 - sigmoid(x[b, i]))"],
  ["x[b, i] / (sum[k] x[b, k] * x[b, k])"],
  ["x[b, i] / (if x[b, i] > 0 then 1 else 0)"],
])("%s is looked at", (y) => {
  expect(textOf("", y)).toContain("quotient(");
});
