/**
 * The derivation of every model of the examples and courses holds, and prints in every notation with the numbers of a
 * sample: as text within 100 columns, as LaTeX (which scripts/check-latex.sh has set) and as a page.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { randomPoint } from "../../src/derivation/points.ts";
import { notations } from "../../src/derivation/print.ts";
import { explain, failures, printDerivation } from "../../src/index.ts";
import { extentsOf } from "../../src/ir/interpreter.ts";
import { build } from "../support/model.ts";

const examples = new URL("../../examples/", import.meta.url);

const files = readdirSync(examples, { recursive: true, encoding: "utf8" })
  .filter((f) => f.endsWith(".nn") && !f.includes("build"))
  .sort();

const models = files.flatMap((file) => {
  const source = readFileSync(new URL(file, examples), "utf8");
  return [...source.matchAll(/^model (\w+)/gm)].map(([, model]) => ({ file, model: model!, source }));
});

type Nested = number | Nested[];

/** What `--at` reads: random values for the inputs, and the model's own starting values. */
function sampleFor(source: string, model: string): Record<string, Nested> {
  const { program } = build(source, { model });
  const { values, dims } = randomPoint(program, [], 7);
  const nested = (cells: ArrayLike<number>, [count, ...inner]: readonly number[], from = 0): Nested => {
    if (count === undefined) return cells[from]!;
    const size = inner.reduce((n, e) => n * e, 1);
    return Array.from({ length: count }, (_, i) => nested(cells, inner, from + i * size));
  };
  return Object.fromEntries(program.inputs.map((t) => [t.name, nested(values.get(t)!, extentsOf(t, dims))]));
}

describe("every derivation holds", () => {
  test("there are models", () => expect(models.length).toBeGreaterThan(60));

  test.each(models)("$file $model", ({ file, model, source }) => {
    const { derivation, problem, diagnostics } = explain(source, {
      file,
      model,
      sample: sampleFor(source, model),
    });
    expect(diagnostics.filter((d) => d.severity === "error")).toEqual([]);
    // Some show an equation and derive nothing.
    if (derivation === null) return expect(problem).toContain("no loss");
    expect(failures(derivation)).toEqual([]);
    for (const { ref, numbers, differences } of derivation.targets.flatMap((t) => t.backward)) {
      if (!differences) continue;
      // A bend below 1e-4 is not told from a curve.
      const scale = Math.max(1, ...numbers!.cells.map(Math.abs));
      expect(differences.deviation / scale, ref).toBeLessThan(1e-4);
    }
    for (const as of notations) {
      for (const detail of [1, 2, 3] as const) {
        const lines = printDerivation(derivation, { as, detail }).split("\n");
        expect(
          lines.filter((l) => [...l].length > 100),
          `${as} ${detail}`,
        ).toEqual([]);
      }
      for (const format of ["latex", "html"] as const)
        expect(printDerivation(derivation, { as, format, detail: 3 }).trimEnd()).toMatch(
          /(<\/html>|\\end\{document\})$/,
        );
    }
  });
});
