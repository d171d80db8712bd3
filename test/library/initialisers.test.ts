/** What starting values are drawn from: moments, bounds and shares of many draws, and what matrices must satisfy. */
import { levels } from "../../src/ir/kernel.ts";
import { describe, expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import { load } from "../support/generated.ts";
import { model } from "../support/model.ts";

/** The parameter `W` of this shape, as the interpreter draws it. */
function drawn(initialiser: string, shape = "[200, 100]", seed = 1): Float64Array {
  const source = `model Start { input x: []\nparam W: ${shape} ~ ${initialiser}\nloss x * sum(W) }`;
  return model(source, { seed }).parameter("W");
}

const mean = (cells: Float64Array): number => cells.reduce((sum, v) => sum + v, 0) / cells.length;
const deviation = (cells: Float64Array): number => {
  const centre = mean(cells);
  return Math.sqrt(cells.reduce((sum, v) => sum + (v - centre) ** 2, 0) / cells.length);
};
const shareBelow = (cells: Float64Array, bound: number): number =>
  cells.filter((v) => v < bound).length / cells.length;

/** P(Z < z), from Abramowitz and Stegun, Handbook of Mathematical Functions (1964), formula 26.2.17, error below 1e-7. */
function normalShare(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const polynomial =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
  return z < 0 ? tail : 1 - tail;
}

// 20,000 draws: the mean is within 4 deviations of a mean, deviations within 4 %, shares within 0.015.
describe("moments", () => {
  test.each([
    ["uniform(-1, 3)", 1, 4 / Math.sqrt(12)],
    ["normal(2, 0.5)", 2, 0.5],
    ["truncated_normal(1, 0.5)", 1, 0.5 * 0.8796],
    ["he_uniform", 0, Math.sqrt(2 / 200)],
    ["he_normal", 0, Math.sqrt(2 / 200)],
    ["xavier_uniform", 0, Math.sqrt(2 / 300)],
    ["xavier_normal(2)", 0, 2 * Math.sqrt(2 / 300)],
    ["lecun_uniform", 0, Math.sqrt(1 / 200)],
    ["lecun_normal", 0, Math.sqrt(1 / 200)],
  ])("%s has mean %d and deviation %d", (initialiser, centre, spread) => {
    const cells = drawn(initialiser);
    expect(Math.abs(mean(cells) - centre)).toBeLessThan((4 * spread) / Math.sqrt(cells.length));
    expect(Math.abs(deviation(cells) / spread - 1)).toBeLessThan(0.04);
  });

  test("the fans of a convolution count its window, as PyTorch counts them", () => {
    const cells = drawn("xavier_normal", "[3, 5, 20, 60]");
    expect(Math.abs(deviation(cells) / Math.sqrt(2 / (15 * 20 + 15 * 60)) - 1)).toBeLessThan(0.04);
  });
});

describe("distributions", () => {
  test.each([-2, -1, -0.3, 0, 0.5, 1.5, 2.5])("the share of normal draws below %d", (z) => {
    expect(Math.abs(shareBelow(drawn("normal()"), z) - normalShare(z))).toBeLessThan(0.015);
  });

  test.each([-1.8, -1, 0, 0.7, 1.9])("the share of truncated normal draws below %d", (z) => {
    const [low, high] = [normalShare(-2), normalShare(2)];
    const wanted = (normalShare(z) - low) / (high - low);
    expect(Math.abs(shareBelow(drawn("truncated_normal()"), z) - wanted)).toBeLessThan(0.015);
  });

  test.each([1, 2, 3])("nothing is drawn beyond %d deviations", (limit) => {
    const cells = drawn(`truncated_normal(0, 1, limit = ${limit})`);
    expect(Math.max(...cells.map(Math.abs))).toBeLessThanOrEqual(limit * (1 + 1e-6));
    expect(Math.max(...cells)).toBeGreaterThan(limit * 0.97);
  });

  test("the bounds of uniform draws", () => {
    const cells = drawn("uniform(2, 3)");
    expect(Math.min(...cells)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...cells)).toBeLessThan(3);
    for (const tenth of [0.1, 0.4, 0.9])
      expect(Math.abs(shareBelow(cells, 2 + tenth) - tenth)).toBeLessThan(0.015);
  });

  test("the quantile of a normal share is where that share is", () => {
    const shares = [1e-6, 1e-3, 0.02, 0.07, 0.08, 0.3, 0.5, 0.6, 0.924, 0.926, 0.999];
    const m = model(`model Q { input q: [11]\noutput z = normal_quantile(q) }`);
    m.forward({ q: shares }).z!.forEach((z, i) => expect(normalShare(z)).toBeCloseTo(shares[i]!, 6));
  });
});

describe("matrices", () => {
  test.each([
    [30, 12],
    [12, 30],
    [16, 16],
    [1, 5],
  ])("an orthogonal matrix of %d × %d", (rows, columns) => {
    const cells = drawn("orthogonal(3)", `[${rows}, ${columns}]`);
    const byRows = rows <= columns;
    const count = Math.min(rows, columns);
    const at = (vector: number, k: number): number =>
      byRows ? cells[vector * columns + k]! : cells[k * columns + vector]!;
    for (let a = 0; a < count; a++) {
      for (let c = 0; c < count; c++) {
        let product = 0;
        for (let k = 0; k < Math.max(rows, columns); k++) product += at(a, k) * at(c, k);
        expect(product).toBeCloseTo(a === c ? 9 : 0, 9);
      }
    }
  });

  test("the identity of a square, of a rectangle, of a stack", () => {
    expect([...drawn("identity", "[2, 2]")]).toEqual([1, 0, 0, 1]);
    expect([...drawn("identity", "[2, 3]")]).toEqual([1, 0, 0, 0, 1, 0]);
    expect([...drawn("identity", "[2, 2, 2]")]).toEqual([1, 0, 0, 1, 1, 0, 0, 1]);
  });

  test("an orthogonal vector is an error with a place", async () => {
    const { diagnostics } = await compile("model M { param W: [3] ~ orthogonal\nloss sum(W) }");
    expect(diagnostics.map((d) => d.code)).toEqual(["NN2005"]);
  });
});

describe("seeds", () => {
  test("the same seed draws the same, another draws others, and so does another parameter", () => {
    const once = drawn("normal()", "[50]", 7);
    expect(drawn("normal()", "[50]", 7)).toEqual(once);
    expect(drawn("normal()", "[50]", 8).some((v, i) => v === once[i])).toBe(false);
    const two = model("model T { param a: [50] ~ normal()\nparam b: [50] ~ normal()\nloss sum(a * b) }");
    expect(two.parameter("a").some((v, i) => v === two.parameter("b")[i])).toBe(false);
  });

  test.each(levels)("a module of level %i starts where the interpreter does", async (level) => {
    const source = `model Start {
      param a: [3, 4] ~ truncated_normal(0, 0.1)
      param b: [4, 3] ~ orthogonal
      param c: [3, 3, 2, 2] ~ he_normal
      loss sum(a) + sum(b) + sum(c)
    }`;
    const { outputs } = await compile(source, { level, language: "javascript" });
    const module = (await load(outputs[0]!.text, "Start")).create({ seed: 5 });
    const reference = model(source, { seed: 5 });
    for (const name of ["a", "b", "c"]) {
      const cells = (module.parameters as Record<string, Float32Array>)[name]!;
      reference.parameter(name).forEach((v, i) => expect(cells[i]).toBeCloseTo(v, 5));
    }
  });
});
