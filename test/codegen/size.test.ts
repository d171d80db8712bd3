/** How large generated modules are as an application brings them along: minified and compressed. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { describe, expect, test } from "vitest";
import { compile } from "../../src/index.ts";

async function sizeOf(source: string, target: "typescript" | "wasm"): Promise<number> {
  const { outputs } = await compile(source, { level: 2, target, language: "javascript" });
  const load = (): string => outputs.find((o) => o.kind === "module")!.text;
  const bundle = await rolldown({
    input: "model.js",
    plugins: [{ name: "model", resolveId: (id) => id, load }],
  });
  const { output } = await bundle.generate({ minify: true });
  await bundle.close();
  return gzipSync(output[0].code, { level: 9 }).length;
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
    ["typescript", 6000],
    ["wasm", 12_000],
  ] as const)("the digits in %s have at most %i bytes", async (target, most) => {
    expect(await sizeOf(digits, target)).toBeLessThanOrEqual(most);
  });

  test("fifty layers are called one by one, and have their functions once", { timeout: 60_000 }, async () => {
    for (const target of ["wasm", "typescript"] as const) {
      const [two, fifty] = [await sizeOf(deep(2), target), await sizeOf(deep(50), target)];
      expect(fifty / two, target).toBeLessThanOrEqual(1.5);
    }
  });
});
