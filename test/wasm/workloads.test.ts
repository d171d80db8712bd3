/** The models of the benchmark, in their own sizes: small ones take other ways through panels, tiles and vectors. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import type { Program } from "../../src/ir/types.ts";
import type { AnyClass, Tree } from "../codegen/load.ts";
import { importCode } from "../codegen/load.ts";
import { drawInputs } from "./compare.ts";

const folder = join(import.meta.dirname, "../../bench/models");

async function load(
  name: string,
  options: { level: 1 | 2; target: "typescript" | "wasm" },
): Promise<{ Model: AnyClass; program: Program }> {
  const source = readFileSync(join(folder, name), "utf8");
  const { outputs, graphs } = await compile(source, { ...options, language: "javascript" });
  const { program } = graphs!;
  const module = await importCode(outputs.find((o) => o.kind === "module")!.text);
  return { Model: module[program.name]!, program };
}

const leaves = (tree: Tree, path = ""): [string, Float32Array][] =>
  Object.entries(tree).flatMap(([key, value]) =>
    value instanceof Float32Array ? [[path + key, value]] : leaves(value, `${path}${key}.`),
  );

const models = readdirSync(folder).filter((name) => name.endsWith(".nn"));

describe.each(models)("%s", (name) => {
  test("has the gradients of plain loops, of an odd batch, and learns alike", async () => {
    const plain = await load(name, { level: 1, target: "typescript" });
    const fast = await load(name, { level: 2, target: "wasm" });
    const counts = new Map(plain.program.dims.map((d) => [d, Math.min(d.maximum, 5)]));
    const inputs = drawInputs(plain.program, counts, 1);
    const [a, z] = [plain.Model.create({ seed: 1 }), fast.Model.create({ seed: 1 })];
    expect(z.backward(inputs)).toBeCloseTo(a.backward(inputs), 4);
    const expected = new Map(leaves(a.gradients));
    for (const [path, found] of leaves(z.gradients)) {
      const wanted = expected.get(path)!;
      const largest = wanted.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
      const off = found.reduce((most, g, n) => Math.max(most, Math.abs(g - wanted[n]!)), 0);
      expect(off, path).toBeLessThanOrEqual(1e-4 * largest + 1e-7);
    }
    for (let n = 0; n < 2; n++) expect(z.step(inputs)).toBeCloseTo(a.step(inputs), 3);
  });
});
