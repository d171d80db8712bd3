/** In 32 bits, far outside what exp can hold: losses written naively are finite, value and gradient. */
import { expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import { flatten, load } from "../support/generated.ts";

const softmax = `
  e = exp(logits)
  p[b, j] = e[b, j] / sum[k] e[b, k]
  picked[b] = log(p[b, label[b]])
  loss -mean(picked)`;
const library = "\n  loss cross_entropy(logits, label)";

test.each([
  [0, "written out", softmax],
  [1, "written out", softmax],
  [0, "of the library", library],
  [1, "of the library", library],
] as const)("-O%i: the logarithm of a softmax %s", async (level, _, loss) => {
  const source = `model M {
  dim batch <= 3
  input label: int[batch] < 3
  param z: [3, 3] ~ zeros
  logits[b < batch, j] = z[b, j]${loss}
}`;
  const { outputs, diagnostics } = await compile(source, { level, language: "javascript" });
  expect(diagnostics).toEqual([]);
  const model = (await load(outputs[0]!.text, "M")).create({});
  flatten(model.parameters).z!.set([1000, -1000, 0, -1000, 1000, 0, 89, 89, 89]);
  expect(model.backward({ label: [1, 1, 2] })).toBeCloseTo((2000 + Math.log(3)) / 3, 3);
  const expected = [1, -1, 0, 0, 0, 0, 1 / 3, 1 / 3, -2 / 3].map((g) => g / 3);
  flatten(model.gradients).z!.forEach((g, i) => expect(g).toBeCloseTo(expected[i]!, 6));
});
