/** The factors along a path of scalars as one product: L²·z4·x. Every product is evaluated before it is shown. */
import { precedence } from "../ir/atoms.ts";
import type { Contribution, ForwardStep } from "./derivation.ts";
import type { Formula, Ref } from "./formula.ts";
import { negative, number, product, sum } from "./translate.ts";
import { textOf } from "./text.ts";

interface Product {
  readonly coefficient: number;
  /** Factors by their text, with exponents ≠ 0, in order of appearance. */
  readonly factors: ReadonlyMap<string, { readonly formula: Formula; readonly exponent: number }>;
}

const one: Product = { coefficient: 1, factors: new Map() };

function times(a: Product, b: Product, power = 1): Product {
  const factors = new Map(a.factors);
  for (const [key, { formula, exponent }] of b.factors) {
    const total = (factors.get(key)?.exponent ?? 0) + exponent * power;
    if (total === 0) factors.delete(key);
    else factors.set(key, { formula, exponent: total });
  }
  return { coefficient: a.coefficient * b.coefficient ** power, factors };
}

/** `inverses`: what a denominator is the inverse of, by its text: 1 + z4, where L = 1/(1 + z4). */
function productOf(f: Formula, inverses: ReadonlyMap<string, Formula>): Product {
  const inverse = inverses.get(textOf(f));
  if (inverse) return times(one, atomic(inverse), -1);
  if (f.kind === "number") return { coefficient: f.value, factors: new Map() };
  if (f.kind === "prefix" && f.operator === "−")
    return times({ coefficient: -1, factors: new Map() }, productOf(f.operand, inverses));
  if (f.kind === "infix" && f.operands.length === 2) {
    const [a, b] = f.operands as [Formula, Formula];
    if (f.operator === "·") return times(productOf(a, inverses), productOf(b, inverses));
    if (f.operator === "/") return times(productOf(a, inverses), productOf(b, inverses), -1);
    if (f.operator === "^" && b.kind === "number") return times(one, productOf(a, inverses), b.value);
  }
  return atomic(f);
}

const atomic = (formula: Formula): Product => ({
  coefficient: 1,
  factors: new Map([[textOf(formula), { formula, exponent: 1 }]]),
});

function formulaOf({ coefficient, factors }: Product): Formula {
  const power = (f: Formula, e: number): Formula =>
    e === 1
      ? f
      : { kind: "infix", operator: "^", binds: precedence.pow, right: true, operands: [f, number(e)] };
  const all = [...factors.values()];
  const above = all.filter((x) => x.exponent > 0).map((x) => power(x.formula, x.exponent));
  const below = all.filter((x) => x.exponent < 0).map((x) => power(x.formula, -x.exponent));
  const size = Math.abs(coefficient);
  const top = [...(size !== 1 || above.length === 0 ? [number(size)] : []), ...above].reduce(product);
  const whole: Formula =
    below.length > 0
      ? { kind: "infix", operator: "/", binds: precedence.mul, operands: [top, below.reduce(product)] }
      : top;
  return coefficient < 0 ? negative(whole) : whole;
}

export interface Collected {
  readonly contributions: ReadonlyMap<Contribution, { readonly local: Formula; readonly whole: Formula }>;
  readonly steps: ReadonlyMap<Ref, Formula>;
}

/** Products along all paths of a circuit of scalars. Where paths meet, what comes before is called by its name. */
export function collect(
  chain: readonly { readonly ref: Ref; readonly contributions: readonly Contribution[] }[],
  forward: readonly ForwardStep[],
): Collected {
  const inverses = inversesIn(forward);
  const products = new Map<Ref, Product>();
  const contributions = new Map<Contribution, { local: Formula; whole: Formula }>();
  const steps = new Map<Ref, Formula>();
  for (const { ref, contributions: own } of chain) {
    const wholes = own.map((c) => {
      if (c.kind === "seed") return one;
      if (!c.local || c.upstream?.kind !== "read") return atomic(c.line.right);
      const local = productOf(c.local, inverses);
      const whole = times(products.get(c.upstream.ref) ?? atomic(c.upstream), local);
      contributions.set(c, { local: formulaOf(local), whole: formulaOf(whole) });
      return whole;
    });
    const [only, ...more] = wholes;
    products.set(ref, more.length === 0 && only ? only : atomic({ kind: "read", ref, subscripts: [] }));
    if (more.length > 0) steps.set(ref, wholes.map(formulaOf).reduce(sum));
  }
  return { contributions, steps };
}

function inversesIn(forward: readonly ForwardStep[]): Map<string, Formula> {
  const found = new Map<string, Formula>();
  for (const { lines } of forward) {
    const right = lines[0]!.right;
    if (right.kind !== "infix" || right.operator !== "/") continue;
    const [a, b] = right.operands;
    if (a?.kind === "number" && a.value === 1 && b) found.set(textOf(b), lines[0]!.left);
  }
  return found;
}

/** The value of a formula of scalars; undefined where it holds something else. */
export function valueOf(f: Formula, values: (ref: Ref) => number | undefined): number | undefined {
  const value = (x: Formula): number => valueOf(x, values) ?? NaN;
  switch (f.kind) {
    case "number":
      return f.value;
    case "read":
      return f.subscripts.length === 0 ? values(f.ref) : undefined;
    case "prefix":
      return f.operator === "−" ? -value(f.operand) : undefined;
    case "bracket": {
      const c = f.condition;
      if (c.kind !== "infix") return undefined;
      const [x, y] = [value(c.operands[0]!), value(c.operands[1]!)];
      const holds: Readonly<Record<string, boolean>> = { "<": x < y, "≤": x <= y, "≥": x >= y, ">": x > y };
      const truth = holds[c.operator];
      return truth === undefined ? undefined : Number(truth);
    }
    case "infix": {
      const [a, b] = [value(f.operands[0]!), value(f.operands[1]!)];
      const operations: Readonly<Record<string, number>> = {
        "+": a + b,
        "−": a - b,
        "·": a * b,
        "/": a / b,
        "^": a ** b,
      };
      return operations[f.operator];
    }
    default:
      return undefined;
  }
}

/** Whether a formula has the value of its gradient at a point. */
export function agrees(f: Formula, expected: number, values: (ref: Ref) => number | undefined): boolean {
  const value = valueOf(f, values);
  return value !== undefined && Math.abs(value - expected) <= 1e-9 * Math.max(1e-3, Math.abs(expected));
}
