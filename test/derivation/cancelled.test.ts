/** Which factors cancel is seen from two lines, not from the names of rules. */
import { expect, test } from "vitest";
import { precedence } from "../../src/ir/atoms.ts";
import { struck } from "../../src/derivation/cancelled.ts";
import type { Line } from "../../src/derivation/derivation.ts";
import type { Formula } from "../../src/derivation/formula.ts";
import { partsOf } from "../../src/derivation/formula.ts";
import { textOf } from "../../src/derivation/text.ts";
import { infix, number } from "../../src/derivation/translate.ts";

const [a, b, c]: Formula[] = ["a", "b", "c"].map((ref) => ({ kind: "read", ref, subscripts: [] }));
const times = (x: Formula, y: Formula): Formula => infix("·", precedence.mul, x, y);
const over = (x: Formula, y: Formula): Formula => infix("/", precedence.mul, x, y);
const sum = (body: Formula): Formula => ({ kind: "reduce", reducer: "sum", indices: ["i"], where: [], body });
const line = (right: Formula): Line => ({
  left: { kind: "read", ref: "y", subscripts: [] },
  accumulate: false,
  right,
  where: [],
  ranges: [],
  parts: [],
});

/** The factors that are named, and all strokes in the formula. */
function cancelled(from: Formula, to: Formula): { named: string[]; strokes: number } {
  const found = struck(line(from), line(to));
  expect(textOf(found.line.right)).toBe(textOf(from));
  const strokes = partsOf(found.line.right).filter((p) => p.kind === "struck").length;
  return { named: found.factors.map((f) => textOf(f)), strokes };
}

test("a factor above and below that is in neither place afterwards", () => {
  expect(cancelled(times(over(a!, times(b!, c!)), b!), over(a!, c!))).toEqual({ named: ["b"], strokes: 2 });
  expect(cancelled(sum(over(times(a!, b!), b!)), sum(a!))).toEqual({ named: ["b"], strokes: 2 });
});

test("as often as it is gone: of b·b/b one b stays", () => {
  expect(cancelled(over(times(b!, b!), b!), b!)).toEqual({ named: ["b"], strokes: 2 });
});

test("nothing where a factor stays, moves, is 1, or stands on one side alone", () => {
  const nothing = { named: [], strokes: 0 };
  expect(cancelled(over(times(a!, b!), b!), over(times(a!, b!), b!))).toEqual(nothing);
  expect(cancelled(times(a!, b!), a!)).toEqual(nothing);
  expect(cancelled(over(times(number(1), a!), number(1)), a!)).toEqual(nothing);
});
