/** What a simplification cancels: factors above and below of one line that the next has neither above nor below. */
import type { Line } from "./derivation.ts";
import type { Formula } from "./formula.ts";
import { textOf } from "./text.ts";

/** A line with the factors that cancel struck through, and each of them once. */
export interface Struck {
  readonly line: Line;
  readonly factors: readonly Formula[];
}

/** `line` as it leads to `next`: both are products, or sums of products over the same indices. */
export function struck(line: Line, next: Line): Struck {
  const [own, there] = [bodyOf(line.right), bodyOf(next.right)];
  const [before, after] = [countsOf(own), countsOf(there)];
  const strokes = { above: new Map<string, number>(), below: new Map<string, number>() };
  const factors: Formula[] = [];
  for (const [key, { formula, count }] of before.above) {
    const gone = (side: "above" | "below"): number =>
      (before[side].get(key)?.count ?? 0) - (after[side].get(key)?.count ?? 0);
    const pairs = Math.min(count, gone("above"), gone("below"));
    if (pairs <= 0) continue;
    strokes.above.set(key, pairs);
    strokes.below.set(key, pairs);
    factors.push(formula);
  }
  if (factors.length === 0) return { line, factors };
  const marked = mark(own, "above", strokes);
  const right = line.right.kind === "reduce" ? { ...line.right, body: marked } : marked;
  return { line: { ...line, right }, factors };
}

type Side = "above" | "below";
type Counts = Readonly<
  Record<Side, ReadonlyMap<string, { readonly formula: Formula; readonly count: number }>>
>;

const other = (side: Side): Side => (side === "above" ? "below" : "above");

/** The operands of products and quotients with the side of the fraction that they are on. */
function operandsOf(f: Formula, side: Side): readonly (readonly [Formula, Side])[] | null {
  if (f.kind === "prefix" && f.operator === "−") return [[f.operand, side]];
  if (f.kind !== "infix" || (f.operator !== "·" && f.operator !== "/")) return null;
  return f.operands.map((o, n) => [o, f.operator === "/" && n > 0 ? other(side) : side] as const);
}

const bodyOf = (f: Formula): Formula => (f.kind === "reduce" && f.reducer === "sum" ? f.body : f);

function countsOf(f: Formula): Counts {
  const counts = { above: new Map<string, { formula: Formula; count: number }>(), below: new Map() };
  const walk = (x: Formula, side: Side): void => {
    const operands = operandsOf(x, side);
    if (operands) return operands.forEach(([o, s]) => walk(o, s));
    if (x.kind === "number" && x.value === 1) return;
    const key = textOf(x);
    counts[side].set(key, { formula: x, count: (counts[side].get(key)?.count ?? 0) + 1 });
  };
  walk(f, "above");
  return counts;
}

function mark(f: Formula, side: Side, strokes: Readonly<Record<Side, Map<string, number>>>): Formula {
  const operands = operandsOf(f, side);
  if (operands) {
    const marked = operands.map(([o, s]) => mark(o, s, strokes));
    return f.kind === "prefix"
      ? { ...f, operand: marked[0]! }
      : { ...(f as typeof f & { kind: "infix" }), operands: marked };
  }
  const key = textOf(f);
  const left = strokes[side].get(key) ?? 0;
  if (left === 0) return f;
  strokes[side].set(key, left - 1);
  return { kind: "struck", operand: f };
}
