/** What depends on scalars alone is computed once, by the host, where it is dear. */
import { expect, test } from "vitest";
import { compile } from "../../src/index.ts";

async function moduleOf(optimizer: string): Promise<string> {
  const source = `model M {
    dim batch <= 4
    input x: [batch, 3]
    input y: [batch, 2]
    loss mse(x |> linear(2), y)
    optimizer ${optimizer}
  }`;
  const { outputs, diagnostics } = await compile(source, {
    file: "m.nn",
    language: "javascript",
    level: 1,
    target: "webgpu",
  });
  expect(diagnostics).toEqual([]);
  return outputs.find((o) => o.kind === "module")!.text;
}

/** The shader of this name. */
const shader = (text: string, name: string): string =>
  text.slice(text.indexOf(`const ${name} = {`)).split("\n};")[0]!;

test("the powers of Adam are numbers of the uniform", async () => {
  const text = await moduleOf("adam(lr = 1e-3)");
  expect(shader(text, "adam")).not.toContain("power(");
  expect(shader(text, "adam")).toMatch(/flush\(call\.beta1 \* m/);
  expect(text).toContain("bits(1 - Math.pow(hyper.beta1, step))");
});

test("what costs little, or depends on a cell, stays where it is", async () => {
  const text = await moduleOf("momentum(lr = 0.1)");
  expect(text).not.toMatch(/bits\([^)]*[-+*/]/);
});
