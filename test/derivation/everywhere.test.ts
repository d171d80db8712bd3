/** The derivation of every model of the examples and courses holds, and prints within 100 columns in every notation. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { explain, failures, printDerivation } from "../../src/index.ts";

const examples = new URL("../../examples/", import.meta.url);
/** Seconds each: test/cli/explain.test.ts and scripts/check-latex.sh have them. */
const large = /cnn|convolutions|transformer|char-rnn|mnist/;
const notations = ["index", "matrix", "delta", "steps", "table"] as const;

const files = readdirSync(examples, { recursive: true, encoding: "utf8" })
  .filter((f) => f.endsWith(".nn") && !f.includes("build") && !large.test(f))
  .sort();

const models = files.flatMap((file) => {
  const source = readFileSync(new URL(file, examples), "utf8");
  return [...source.matchAll(/^model (\w+)/gm)].map(([, model]) => ({ file, model: model!, source }));
});

describe("every derivation holds", () => {
  test("there are models", () => expect(models.length).toBeGreaterThan(50));

  test.each(models)("$file $model", ({ file, model, source }) => {
    const { derivation, problem, diagnostics } = explain(source, { file, model });
    expect(diagnostics.filter((d) => d.severity === "error")).toEqual([]);
    // Some show an equation and derive nothing.
    if (derivation === null) return expect(problem).toContain("no loss");
    expect(failures(derivation)).toEqual([]);
    const lines = notations.flatMap((as) => printDerivation(derivation, { as }).split("\n"));
    expect(lines.filter((l) => [...l].length > 100)).toEqual([]);
  });
});
