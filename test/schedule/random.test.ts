import fc from "fast-check";
import { expect, test } from "vitest";
import { levels } from "../../src/ir/kernel.ts";
import { compare } from "./build.ts";
import { generate, statements } from "./random-graphs.ts";

test("a schedule of any graph computes what the graph means, at every level and as one kernel", () => {
  const property = fc.property(statements, (choices) => {
    for (const level of levels) {
      const { s, results } = generate(choices);
      expect(compare(s, s.graphs(results), level).differences).toEqual([]);
    }
    const { s, results } = generate(choices);
    expect(compare(s, s.graphs(results), 2, new Map(), new Map(), { isStraight: true }).differences).toEqual(
      [],
    );
  });
  fc.assert(property, { numRuns: 60 });
});
