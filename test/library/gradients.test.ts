/**
 * Every documented example of the library: its gradients are those of central differences, by every parameter and
 * every input of floats, and the generated modules compute and learn what the interpreter says.
 */
import { levels } from "../../src/ir/kernel.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { declarationsOf } from "../../scripts/library/documentation.ts";
import { library } from "../../src/std/index.ts";
import type { Built } from "../support/model.ts";
import { build } from "../support/model.ts";
import { checkGradients, checkModule, modelsOf } from "./check.ts";

const examples = declarationsOf(library).flatMap(({ file, name, example }) =>
  example === undefined ? [] : [{ title: `${name} (${file})`, example }],
);

test("there are examples", () => expect(examples.length).toBeGreaterThan(0));

test("a wrong derivative is found", () => {
  const wrong = "fn twice(x) = 2 * x with gradient(x, dy) = dy";
  const model = (loss: string): string => `model Example { param x: [3] ~ ones; loss sum(${loss}) }`;
  checkGradients(build(`${wrong}\n${model("2 * x")}`), 1);
  expect(() => checkGradients(build(`${wrong}\n${model("twice(x)")}`), 1)).toThrow("with seed 1");
});

describe.each(examples)("$title", ({ example }) => {
  let sources: string[];
  let built: Built[];

  beforeAll(() => {
    sources = modelsOf(example);
    built = sources.map((source) => build(source));
  });

  test("has the gradients of central differences", () => {
    for (const b of built) for (const seed of [1, 2, 3]) checkGradients(b, seed);
  });

  test("has them without simplification", () => {
    for (const source of sources) checkGradients(build(source, { simplify: false }), 4);
  });

  test.each(levels)("computes and learns the same as a module of level %i", async (level) => {
    for (const b of built) await checkModule(b, level);
  });
});
