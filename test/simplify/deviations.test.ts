/** Deviations from a mean sum to 0, and what normalisation and variances gain by it. */
import { describe, expect, it } from "vitest";
import { compile, printStatement } from "../../src/index.ts";
import type { Graph } from "../../src/ir/types.ts";
import { simplify } from "../../src/passes/simplify.ts";
import { close, model, numbers as inputs } from "../support/model.ts";
import { Bench, expectSame, formulas, numbers } from "./helpers.ts";

interface Sum {
  /** What the total is multiplied with; 1/6 makes it the mean. */
  readonly scale: number;
  /** Whether the total is that of the same places. */
  readonly shifted?: true;
  readonly squared?: true;
}

/** out[i] = Σ_k (x[i, k] − scale·total[i]) with total[i] = Σ_k x[i, k], over 6 places. */
function deviations({ scale, shifted, squared }: Sum): {
  s: Bench;
  graph: Graph;
  given: Map<never, number[]>;
} {
  const s = new Bench();
  const { b } = s;
  const x = s.tensor("x", [3, 7], "input");
  const total = s.tensor("total", [3]);
  const out = s.tensor("out", [3]);
  const [i, k, row, column] = [s.index("i", 3), s.index("k", 6), s.index("row", 3), s.index("column", 6)];
  const element = b.read(x, [b.of(i), shifted ? b.plus(k, 1) : b.of(k)]);
  const distance = b.sub(
    b.read(
      x,
      [row, column].map((place) => b.of(place)),
    ),
    s.mul(b.number(scale), b.read(total, [b.of(row)])),
  );
  const sum = (reduced: typeof k): object => ({ reducer: "sum", reduced: [reduced] });
  const statements = [
    s.equation(total, [i], [i], squared ? s.mul(element, element) : element, sum(k)),
    s.equation(out, [row], [row], distance, sum(column)),
  ];
  return { s, graph: s.graph(statements, [out]), given: new Map([[x as never, numbers(21)]]) };
}

describe("a sum of differences from", () => {
  it("the mean is 0, over the reals", () => {
    const { s, graph, given } = deviations({ scale: 1 / 6 });
    const after = simplify.run(graph, s.context);
    expect(formulas(after)).toEqual(["out[row] = 0"]);
    expect(s.context.log.map(({ rule, realOnly }) => [rule, realOnly])).toContainEqual([
      "deviations from a mean sum to 0",
      true,
    ]);
    expectSame(graph, after, given);
    expect(formulas(simplify.run(graph, s.exact()))).toHaveLength(2);
  });

  it.each<[string, Sum]>([
    ["the total divided by another count", { scale: 1 / 5 }],
    ["the total itself", { scale: 1 }],
    ["the mean of other places", { scale: 1 / 6, shifted: true }],
    ["the mean of something else", { scale: 1 / 6, squared: true }],
  ])("%s is left", (_, sum) => {
    const { s, graph, given } = deviations(sum);
    const after = simplify.run(graph, s.context);
    expect(formulas(after)).toHaveLength(2);
    expectSame(graph, after, given);
  });
});

async function backward(body: string): Promise<string[]> {
  const { graphs, diagnostics } = await compile(`model M {\n  ${body}\n}\n`);
  expect(diagnostics).toEqual([]);
  return graphs!.backward.statements.map(printStatement);
}

const gradient = (lines: readonly string[], name: string): string[] =>
  lines.filter((line) => line.startsWith(`${name}[`));

describe("the gradient of", () => {
  it("standardised numbers is as in the literature", async () => {
    const lines = await backward(`input x: [4, 5]
  param w: [4, 5] ~ ones
  u = w * x
  m[i] = mean[k] u[i, k]
  v[i] = mean[k] (u[i, k] - m[i])^2
  y[i, j] = (u[i, j] - m[i]) / sqrt(v[i] + 0.5)
  output y
  loss sum(y^3)`);
    // (1/√(v + ε))·(dy − mean(dy) − y·mean(dy·y)), with 3·y² for dy.
    expect(gradient(lines, "du")).toEqual([
      "du[i, k] = (3·(y[i, k]·y[i, k]) - 0.2·dy.sum[i] - 0.2·dv.sum2[i]·y[i, k])/sqrt(v[i] + 0.5)",
    ]);
  });

  it("a variance is the distance from the mean, also of a batch whose size is not known", async () => {
    const lines = await backward(`dim n <= 8
  input x: [n, 3]
  param w: [3] ~ ones
  u[i, j] = x[i, j] * w[j]
  m = mean(u)
  loss mean((u - m)^2)`);
    expect(gradient(lines, "du")).toEqual(["du[i, j] = 2·(u[i, j] - m)/(3·n)"]);
  });

  it.each(["layer_norm()", "batch_norm()", "group_norm(2)", "instance_norm(affine = true)", "rms_norm()"])(
    "%s is right, and the same as without simplification",
    (layer) => {
      const source = `model M {
        input x: [3, 2, 4]
        param w: [4, 4] ~ normal(0, 1)
        y = (x @ w) |> ${layer}
        loss mean((y - x)^3)
        optimizer sgd(lr = 0.1)
      }`;
      const given = { x: inputs(24) };
      const [plain, raw] = [model(source), model(source, { simplify: false })];
      expect(plain.gradientError(given)).toBeLessThan(1e-5);
      plain.backward(given);
      raw.backward(given);
      close(plain.gradient("w"), raw.gradient("w"), 9);
    },
  );
});

it("the weights' own mean, taken before an update, is not that after it", () => {
  const source = `model M {
    param w: [4] ~ normal(0, 1)
    m = mean(w)
    loss sum((w - m)^4)
    optimizer sgd(lr = 0.1)
  }`;
  expect(model(source).gradientError()).toBeLessThan(1e-5);
});
