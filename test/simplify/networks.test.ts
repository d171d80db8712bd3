import { describe, expect, it } from "vitest";
import type { Tensor } from "../../src/ir/types.ts";
import { simplify } from "../../src/passes/simplify.ts";
import { differentiate } from "../../src/passes/differentiate.ts";
import { expectSame, numbers } from "./helpers.ts";
import { gradients, Training } from "./training.ts";

interface Network {
  readonly s: Training;
  readonly parameters: Tensor[];
  readonly inputs: Map<Tensor, number[]>;
  readonly loss: Tensor;
}

/** Layers of equal width with one activation, and half the squared error. */
function perceptron(layers: number, width: number, activation: "sigmoid" | "tanh"): Network {
  const s = new Training();
  const batch = 2;
  const x = s.tensor("x", [batch, width], "input");
  const t = s.tensor("t", [batch, width], "input");
  const inputs = new Map([
    [x, numbers(batch * width)],
    [t, numbers(batch * width, 2)],
  ]);
  const parameters: Tensor[] = [];
  let h = x;
  for (let l = 1; l <= layers; l++) {
    const [w, bias, below] = [
      s.tensor(`W${l}`, [width, width], "parameter"),
      s.tensor(`b${l}`, [width], "parameter"),
      h,
    ];
    parameters.push(w, bias);
    inputs.set(w, numbers(width * width, l + 3)).set(bias, numbers(width, l + 4));
    const product = s.reduce("sum", `a${l}`, [batch, width], width, (b, j, k) =>
      s.mul(s.at(below, b!, k!), s.at(w, k!, j!)),
    );
    const z = s.define(`z${l}`, [batch, width], (b, j) => s.add(s.at(product, b!, j!), s.at(bias, j!)));
    h = s.define(`h${l}`, [batch, width], (b, j) => s.fn(activation, s.at(z, b!, j!)));
  }
  const last = h;
  const error = s.define("r", [batch, width], (b, j) => s.sub(s.at(last, b!, j!), s.at(t, b!, j!)));
  const rows = s.reduce("sum", "rows", [batch], width, (b, j) => s.b.pow(s.at(error, b!, j!), s.num(2)));
  const total = s.reduce("sum", "total", [], batch, (b) => s.at(rows, b!));
  const loss = s.define("L", [], () => s.mul(s.num(0.5), s.at(total)));
  return { s, parameters, inputs, loss };
}

describe("a network of layers", () => {
  it("has the gradients of the textbook", () => {
    const { s, parameters, inputs, loss } = perceptron(2, 3, "sigmoid");
    const { raw, simple } = s.train(loss, parameters);
    expect(gradients(simple)).toEqual([
      "dz2[b, j] = r[b, j]·h2[b, j]·(1 - h2[b, j])",
      "db2[j] = Σ_b dz2[b, j]",
      "dh1[b, k] = Σ_j dz2[b, j]·W2[k, j]",
      "dW2[k, j] = Σ_b h1[b, k]·dz2[b, j]",
      "dz1[b, j] = dh1[b, j]·h1[b, j]·(1 - h1[b, j])",
      "db1[j] = Σ_b dz1[b, j]",
      "dW1[k, j] = Σ_b x[b, k]·dz1[b, j]",
    ]);
    expectSame(raw, simple, inputs);
  });

  it("of hyperbolic tangents keeps 1 − h²", () => {
    const { s, parameters, inputs, loss } = perceptron(2, 3, "tanh");
    const { raw, simple } = s.train(loss, parameters);
    expect(gradients(simple)).toContain("dz1[b, j] = dh1[b, j]·(1 - h1[b, j]·h1[b, j])");
    expectSame(raw, simple, inputs);
  });

  it("of fifty layers is simplified in a moment", () => {
    const { s, parameters, loss } = perceptron(50, 4, "sigmoid");
    const asked = s.asking(loss, parameters);
    const first = simplify.run(asked, s.context);
    const raw = differentiate.run(first, s.context);
    const start = process.cpuUsage();
    const simple = simplify.run(raw, s.context);
    const { user, system } = process.cpuUsage(start);
    expect(simple.statements.length).toBeLessThan(raw.statements.length);
    expect(gradients(simple)).toContain("dz25[b, j] = dh25[b, j]·h25[b, j]·(1 - h25[b, j])");
    // A tenth of a second, warm; what would be quadratic takes many.
    expect((user + system) / 1e6).toBeLessThan(1.5);
  });
});
