/**
 * How large generated modules are, compressed. Names are not shortened here, as a bundler would: rolldown makes 5.7 KB of
 * the 7.9 KB of the digits in TypeScript, and 11.3 KB of the 12.5 KB in WebAssembly.
 */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { compile } from "../../src/index.ts";

async function sizeOf(source: string, target: "typescript" | "wasm"): Promise<number> {
  const { outputs } = await compile(source, { level: 2, target, language: "javascript" });
  const options = { removeComments: true, target: ts.ScriptTarget.ES2022 };
  const text = ts.transpileModule(outputs[0]!.text, { compilerOptions: options }).outputText;
  return gzipSync(text.replace(/^ +/gm, ""), { level: 9 }).length;
}

const deep = (layers: number): string => `model Deep {
  dim batch <= 32
  input x: [batch, 50]
  input y: [batch, 1]
  h = x
  for l in 0..${layers} { h = h |> linear(50) |> sigmoid }
  output p = h |> linear(1) |> sigmoid
  loss binary_cross_entropy(p, y)
  optimizer sgd(lr = 0.1)
}`;

describe("a module is small", () => {
  const digits = readFileSync(new URL("../../examples/digits.nn", import.meta.url), "utf8");

  test.each([
    ["typescript", 8300],
    ["wasm", 13_000],
  ] as const)("the digits in %s have at most %i bytes", async (target, most) => {
    expect(await sizeOf(digits, target)).toBeLessThanOrEqual(most);
  });

  test("fifty layers are called one by one, and have their functions once", { timeout: 60_000 }, async () => {
    for (const [target, most] of [
      ["wasm", 1.5],
      ["typescript", 1.75],
    ] as const) {
      const [two, fifty] = [await sizeOf(deep(2), target), await sizeOf(deep(50), target)];
      expect(fifty / two, target).toBeLessThanOrEqual(most);
    }
  });
});
