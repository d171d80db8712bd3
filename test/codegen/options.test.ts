import { expect, test } from "vitest";
import { compile } from "../../src/index.ts";

const source = `model Tiny {
  input x: [2]
  param w: [2] ~ ones
  loss sum[i] w[i] * x[i]
  optimizer sgd(lr = 0.1)
}`;

interface Made {
  readonly Tiny: { create(options?: object): { step(inputs: object): number } };
}

test("a module without WebAssembly refuses what only WebAssembly can do", async () => {
  const { outputs } = await compile(source, { file: "t.nn", level: 1, language: "javascript" });
  const { text } = outputs.find((o) => o.kind === "module")!;
  const made: unknown = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  const { Tiny } = made as Made;
  expect(() => Tiny.create({ threads: 2 })).toThrow(
    'Tiny: the option "threads" needs a module of WebAssembly',
  );
  expect(() => Tiny.create({ relaxed: true })).toThrow('"relaxed" needs a module of WebAssembly');
  const plain = { seed: 1, threads: 1, relaxed: false };
  for (const options of [undefined, {}, plain, { threads: undefined }]) {
    expect(Tiny.create(options).step({ x: [1, 2] })).toBe(3);
  }
});
