/** What becomes of losses of the library. */
import { expect, test } from "vitest";
import { compile, printStatement } from "../../src/index.ts";

async function formulas(body: string): Promise<string[]> {
  const { graphs, diagnostics } = await compile(`model M {\n  ${body}\n}\n`);
  expect(diagnostics).toEqual([]);
  return graphs!.backward.statements.map(printStatement);
}

const gradient = (lines: readonly string[], name: string): string[] =>
  lines.filter((line) => line.startsWith(`${name}[`));

test("the exception for 0·log 0 is gone where p is a sigmoid", async () => {
  const lines = await formulas(`dim n <= 8
  input t: [n]
  input x: [n]
  param w: [] ~ zeros
  z[i] = w * x[i]
  p = sigmoid(z)
  output p
  loss binary_cross_entropy(p, t)`);
  expect(lines.join("\n")).not.toContain("if");
  expect(gradient(lines, "dz")).toEqual([expect.stringMatching(/^dz\[(.+)\] = \(p\[\1\] - t\[\1\]\)\/n$/)]);
});

test("it stays where p is any number, in the gradient too", async () => {
  const lines = await formulas(`input t: [2]
  param p: [2] ~ zeros
  loss binary_cross_entropy(p, t)`);
  expect(gradient(lines, "dp").join()).toContain("if t[i] = 0 ∧ p[i] = 0 then 0 else");
});

test("a condition stays that guards no logarithm", async () => {
  const lines = await formulas(`input t: [2]
  param z: [2] ~ zeros
  p = sigmoid(z)
  loss sum(if p == 1 then 0 else t * p)`);
  expect(lines.join("\n")).toContain("p[i] = 1");
});

test("log(1 − p) of one of two classes is that of the other", async () => {
  const lines = await formulas(`input t: [4]
  input label: int[4] < 2
  param z: [4, 2] ~ zeros
  p = softmax(z)
  output p
  loss -mean[i] (t[i] * log(p[i, label[i]]) + (1 - t[i]) * log(1 - p[i, label[i]]))`);
  expect(lines.join("\n")).toContain("z[i, 1 - label[i]] - p.e.max[i] - log(p.sum[i])");
  expect(lines.join("\n")).not.toContain("1 - p[");
});

test("a smoothing of 0 leaves nothing behind", async () => {
  const declarations = "input label: int[4] < 3\n  param z: [4, 3] ~ zeros\n  p = softmax(z)\n  output p";
  const plain = await formulas(`${declarations}\n  loss -mean[i] log(p[i, label[i]])`);
  expect(await formulas(`${declarations}\n  loss cross_entropy(z, label)`)).toEqual(plain);
});
