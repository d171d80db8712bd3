/** Definitions end where their last reader does, and values, gradients and what a caller sees stay as they were. */
import { describe, expect, test } from "vitest";
import type { Graph } from "../../src/ir/types.ts";
import { build, Model } from "../support/model.ts";
import { numbers } from "../simplify/helpers.ts";

const convolutions = `
model M {
  dim batch <= 3
  input x: [batch, 16, 16, 1]
  input y: [batch, 3]
  a = x |> conv2d(2, 3) |> relu |> max_pool2d(2)
  b = a |> conv2d(3, 3) |> relu |> max_pool2d(2)
  z = b |> flatten |> linear(3)
  loss mse(z, y)
  optimizer sgd(lr = 0.1)
}`;

/** The shape of every definition of a graph that is read there, dimensions by name. */
function shapes({ statements }: Graph): Record<string, string> {
  const extent = (e: {
    constant: number;
    terms: readonly { atom: { kind: string; name?: string } }[];
  }): string =>
    e.terms.length === 0 ? String(e.constant) : e.terms.map((t) => t.atom.name ?? t.atom.kind).join();
  return Object.fromEntries(
    statements.flatMap((s) =>
      s.kind === "equation"
        ? [[s.tensor.name, s.tensor.shape.map((e) => extent(e as never)).join(" × ")]]
        : [],
    ),
  );
}

/** Loss and all gradients of a step, and what `forward` gives, with and without the pass. */
function both(
  source: string,
  inputs: Record<string, number[]>,
  dims: Record<string, number> = {},
): unknown[] {
  return [false, true].map((restrict) => {
    const model = new Model(build(source, { restrict }), dims);
    const loss = model.backward(inputs);
    const gradients = model.program.trained.map((t) => model.gradient(t.name));
    const outputs = model.program.outputs.length > 0 ? model.forward(inputs) : {};
    // A sum over nothing and a product with zero may differ in the sign of zero.
    return { loss, gradients: gradients.map((g) => g.map((v) => v + 0)), outputs };
  });
}

describe("restrict", () => {
  test("what two poolings drop is not computed, through all layers, nor is its gradient", () => {
    const whole = shapes(build(convolutions).graphs.backward);
    const short = shapes(build(convolutions, { restrict: true }).graphs.backward);
    // 16 → 14 → 7 → 5 → 2: the last row and column of the second convolution are in no window, so that the first has
    // to give 6 × 6 only.
    expect([whole["b.conv2d.sum"], whole["a"], whole["a.conv2d.sum"]]).toEqual([
      "batch × 5 × 5 × 3",
      "batch × 7 × 7 × 2",
      "batch × 14 × 14 × 2",
    ]);
    expect([short["b.conv2d.sum"], short["a"], short["a.conv2d.sum"]]).toEqual([
      "batch × 4 × 4 × 3",
      "batch × 6 × 6 × 2",
      "batch × 12 × 12 × 2",
    ]);
    expect(short["da"]).toBe("batch × 6 × 6 × 2");
    expect(Object.keys(short).sort()).toEqual(Object.keys(whole).sort());
  });

  test("values and gradients are the same, for any count of a dynamic dimension", () => {
    for (const batch of [1, 2, 3]) {
      const inputs = { x: numbers(batch * 256, 1), y: numbers(batch * 3, 2) };
      const [whole, short] = both(convolutions, inputs, { batch });
      expect(short).toEqual(whole);
    }
  });

  const chain = (rest: string): string => `
model M {
  input x: [8]
  param w: [8] ~ normal(0, 1)
  h[i] = x[i] * w[i]
  ${rest}
}`;
  const h = (source: string): string | undefined =>
    shapes(build(source, { restrict: true }).graphs.backward)["h"];

  test("the reader that goes farthest decides", () => {
    const source = chain(`
  a[i < 3] = h[i] * 2
  b[i < 2] = h[2 * i + 3] + a[i]
  loss sum(b) + sum(a)`);
    expect(h(source)).toBe("6");
    const [whole, short] = both(source, { x: numbers(8, 3) });
    expect(short).toEqual(whole);
  });

  test("an output keeps its shape, and what it reads", () => {
    const source = chain(`
  output g[i] = h[i] + 1
  loss sum[i < 2] g[i]`);
    const { graphs } = build(source, { restrict: true });
    expect(shapes(graphs.forward)["g"]).toBe("8");
    const [whole, short] = both(source, { x: numbers(8, 4) });
    expect(short).toEqual(whole);
  });

  test("a subscript that is only known when the model runs, a reshape and a read by condition read all that they may", () => {
    expect(h(chain(`input k: int[] < 5\n  loss h[k] ^ 2`))).toBe("5");
    expect(h(chain(`r = reshape(h, 2, 4)\n  loss sum[j < 2] r[0, j]`))).toBe("8");
    expect(h(chain(`loss sum[i < 4] (if h[i + 2] > 0 then x[i]^2 * h[i] else 0)`))).toBe("6");
  });

  test("a tensor of several parts keeps its shape", () => {
    const source = chain(`
  g: [3]
  g[0] = h[0]
  g[1] = h[1] * g[0]
  g[2] = h[2] * g[1]
  loss g[0] + g[1]^2`);
    expect(shapes(build(source, { restrict: true }).graphs.backward)["g"]).toBe("3");
    const [whole, short] = both(source, { x: numbers(8, 5) });
    expect(short).toEqual(whole);
  });
});
