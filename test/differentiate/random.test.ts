import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rangeOf } from "../../src/ir/affine.ts";
import { interpret } from "../../src/ir/interpreter.ts";
import type { Expr, Statement, Tensor } from "../../src/ir/types.ts";
import { polyphase } from "../../src/passes/polyphase.ts";
import { contextOf, expand, Sketch } from "../support/gradcheck.ts";
import type { RandomMap } from "../support/integers.ts";
import { buildMap, compile, compileGuard, forEach, subscript } from "../support/integers.ts";

interface Condition {
  kind: "none" | "inequality" | "equality";
  map: RandomMap;
}

interface Case {
  extents: number[];
  outputs: number;
  subscripts: RandomMap[];
  condition: Condition;
  clipped: boolean;
}

const condition: fc.Arbitrary<Condition> = fc.record({
  kind: fc.constantFrom("none", "none", "inequality", "equality"),
  map: subscript,
});
const cases: fc.Arbitrary<Case> = fc.record({
  extents: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
  outputs: fc.integer({ min: 0, max: 3 }),
  subscripts: fc.array(subscript, { minLength: 1, maxLength: 2 }),
  condition,
  clipped: fc.boolean(),
});

/** z[outputs] = Σ_{others : condition} x[maps]·c[all loops]; clipped: x is too small, and reads beyond it are 0. */
function check(c: Case, transform: (m: Sketch, s: readonly Statement[]) => readonly Statement[]): void {
  const m = new Sketch();
  const { b } = m;
  const loops = c.extents.map((e, k) => b.index("ijk"[k]!, e));
  const forms = c.subscripts.map((s) => buildMap(b, loops, s));
  const places = forms.map((f) => b.minus(f, rangeOf(f).low));
  const extents = places.map((p) => Math.max(1, rangeOf(p).high + (c.clipped ? -1 : 1)));
  const x = m.input("x", extents);
  const weights = m.input(
    "c",
    loops.map((i) => i.extent),
  );
  const form = buildMap(b, loops, c.condition.map);
  const where: Expr[] =
    c.condition.kind === "none" ? [] : [c.condition.kind === "equality" ? b.zero(form) : b.nonnegative(form)];
  const read = c.clipped ? m.padded(x, places) : m.at(x, ...places);
  const outputs = loops.slice(0, c.outputs);
  const reduced = loops.slice(c.outputs);
  const body = b.mul(read, m.at(weights, ...loops));
  const sum = reduced.length > 0 ? { reducer: "sum" as const, reduced } : {};
  const z = m.define("z", outputs, body, { ...sum, where });
  const loss = m.weigh(z);
  const [dx] = m.gradient(loss, x);
  // The gradient is linear in the weights: its own gradient by them reads it where the map lands.
  const [dc] = m.gradient(m.weigh(dx!), weights);
  const values = new Map<Tensor, Float64Array>(m.given);
  interpret(transform(m, expand(m)), { dims: m.dims, values });

  const expected = new Float64Array(values.get(dx!)!.length);
  const expectedSecond = new Float64Array(values.get(dc!)!.length);
  const givenAs = (name: string): Float64Array => [...m.given].find(([t]) => t.name === name)![1];
  const upstream = givenAs("weight_z");
  const second = givenAs(`weight_${dx!.name}`);
  const cells = places.map(compile);
  const holds = where.map(compileGuard);
  forEach(loops, (v) => {
    const cell = cells.map((p) => p(v));
    if (!holds.every((h) => h(v)) || cell.some((p, d) => p >= extents[d]!)) return;
    const place = cell.reduce((sum, p, d) => sum * extents[d]! + p, 0);
    const at = (indices: typeof loops): number =>
      indices.reduce((sum, i) => sum * i.extent.constant + v.get(i)!, 0);
    expected[place]! += upstream[at(outputs)]! * m.given.get(weights)![at(loops)]!;
    expectedSecond[at(loops)]! += upstream[at(outputs)]! * second[place]!;
  });
  const actual = values.get(dx!)!;
  expected.forEach((e, i) => expect(actual[i]).toBeCloseTo(e, 9));
  expectedSecond.forEach((e, i) => expect(values.get(dc!)![i]).toBeCloseTo(e, 9));
}

describe("the adjoint of a random linear map, and its adjoint in turn, agree with a scatter", () => {
  test("as differentiated", () => {
    fc.assert(
      fc.property(cases, (c) => check(c, (_, s) => s)),
      { numRuns: 120, seed: 11 },
    );
  });
  test("after polyphase", () => {
    fc.assert(
      fc.property(cases, (c) =>
        check(
          c,
          (m, statements) =>
            polyphase.run({ name: "test", statements, results: [] }, contextOf(m)).statements,
        ),
      ),
      { numRuns: 120, seed: 12 },
    );
  });
});
