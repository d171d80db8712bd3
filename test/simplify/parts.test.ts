import { expect, test } from "vitest";
import { printGraph } from "../../src/ir/printer.ts";
import { build, close, model, numbers } from "../support/model.ts";

const recurrent = (output: string): string => `model Recurrent {
  dim batch <= 3
  input x: [batch, 3, 2]
  param U: [2, 4] ~ normal(0, 0.5)
  param V: [4, 4] ~ normal(0, 0.5)
  s: [4, batch, 4]
  s[0, b, j] = 0
  for t in 0..3 {
    h = tanh(x[:, t] @ U + s[t] @ V)
    s[t + 1, b, j] = h[b, j]
  }
  ${output}
  optimizer sgd(lr = 0.1)
}`;
const given = { x: numbers(18) };

test("the turns of a recurrence read each other directly; a start of zeros is no product", () => {
  const source = recurrent("loss mean(s[3]^2)");
  const text = printGraph(build(source).graphs.backward);
  expect(text).not.toMatch(/\bd?s\[/);
  // Two of three turns have a state before them, which V is multiplied with, and which it passes gradients to.
  expect(text.match(/·V\[/g)).toHaveLength(2 + 2);
  expect(model(source).gradientError(given)).toBeLessThan(1e-6);
});

test("who reads other places than parts have keeps the whole", () => {
  for (const loss of ["loss mean(s^2)", "y[b, t < 3, j] = s[t + 1, b, j] * s[3 - t, b, j]\n loss mean(y)"]) {
    const source = recurrent(loss);
    const [plain, raw] = [model(source), model(source, { simplify: false })];
    expect(plain.backward(given)).toBeCloseTo(raw.backward(given), 12);
    for (const p of ["U", "V"]) close(plain.gradient(p), raw.gradient(p), 12);
    expect(plain.gradientError(given)).toBeLessThan(1e-6);
  }
});

test("a part that something is added to, or that a gradient is asked for, stays", () => {
  const source = recurrent("u = sum(s[3]^2) + sum(s[0])\n g = grad(u, s)\n output g\n loss mean(s[3]^2)");
  const gradient = model(source).forward(given)["g"]!;
  expect(gradient.slice(0, 12).some((v) => v !== 0)).toBe(true);
  close(gradient, model(source, { simplify: false }).forward(given)["g"]!, 12);
});

test("a gradient that is differentiated again drops the parts that nothing reads", () => {
  const source = recurrent("u = sum(s^2)\n g = grad(u, s)\n loss mean(g^2)");
  const plain = model(source);
  plain.backward(given);
  const raw = model(source, { simplify: false });
  raw.backward(given);
  for (const p of ["U", "V"]) close(plain.gradient(p), raw.gradient(p), 10);
});
