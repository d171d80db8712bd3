/** Costs are read off the equations; what the interpreter counts while it runs them must be the same. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { costOf, iterations } from "../../src/ir/cost.ts";
import { interpret } from "../../src/ir/interpreter.ts";
import { visit } from "../../src/ir/rewrite.ts";
import type { Equation, Statement } from "../../src/ir/types.ts";
import { build, Model } from "../support/model.ts";

const examples = new URL("../../examples/", import.meta.url);
const sizes: Record<string, Record<string, number>> = {
  "deep.nn": { depth: 4, width: 5 },
  "transformer.nn": { time: 4, width: 8, heads: 2 },
  "char-rnn.nn": { time: 4, hidden: 6 },
  "cnn.nn": { filters: 2 },
};

const isEquation = (s: Statement): s is Equation => s.kind === "equation";

function dependsOnData(e: Equation): boolean {
  let found = false;
  visit(e.where, (node) => (found ||= node.kind === "read"));
  return found;
}

test.each(Object.keys(sizes))("%s: every body is counted", (name) => {
  const built = build(readFileSync(new URL(name, examples), "utf8"), { sizes: sizes[name] ?? {} });
  const model = new Model(built, { batch: 3 });
  const inputs = built.program.inputs.map((t): [string, number[]] => {
    const size = t.shape.reduce((n, e) => n * (e.terms.length > 0 ? 3 : e.constant), 1);
    return [t.name, Array.from({ length: size }, (_, i) => (t.type === "f32" ? i / size : 0))];
  });
  model.backward(Object.fromEntries(inputs));
  for (const e of built.graphs.backward.statements.filter(isEquation)) {
    const count = { bodies: 0 };
    // A later part of a tensor is run alone here: its cells are added to zeros.
    interpret([e], { dims: model.dims, values: new Map(model.values), count });
    if (dependsOnData(e)) expect(iterations(e, model.dims)).toBeGreaterThanOrEqual(count.bodies);
    else expect(iterations(e, model.dims), e.tensor.name).toBe(count.bodies);
  }
});

test("a matrix product takes a multiplication and an addition for each of its terms", () => {
  const { graphs, program } = build(`model Product {
    dim batch <= 7
    input x: [batch, 3]
    param W: [3, 5] ~ zeros
    y = x @ W
    output z = exp(y) + 1
  }`);
  const [product, elementwise] = graphs.forward.statements;
  expect(costOf([product!])).toEqual({ operations: 2 * 7 * 3 * 5, additions: 2 * 7 * 3 * 5 });
  expect(costOf([product!], new Map([[program.dims[0]!, 2]])).operations).toBe(2 * 2 * 3 * 5);
  expect(costOf([elementwise!])).toEqual({ operations: 2 * 7 * 5, additions: 11 * 7 * 5 });
});

test("terms that lie outside, subscripts and integers are free", () => {
  const { graphs } = build(`model Padded {
    input x: [5]
    input w: [3]
    output y[i < 5] = sum[u < 3] (x[i + u - 1] else 0) * w[u]
    output place = argmax(x) + 1
  }`);
  const [convolved, position] = graphs.forward.statements.filter(isEquation);
  // 15 terms, of which two lie outside.
  expect(iterations(convolved!)).toBe(13);
  expect(costOf([convolved!]).operations).toBe(2 * 13);
  expect(costOf([position!]).operations).toBe(5);
});
