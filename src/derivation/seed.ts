/** Formulas with what arrives at the scalar written in: the gradient of a number by itself, which is 1. */
import { precedence } from "../ir/atoms.ts";
import type { Target } from "./derivation.ts";
import type { Formula, Ref } from "./formula.ts";
import { infix, negative, number } from "./translate.ts";

/** The gradient by the scalar, and those by numbers inside its definition, such as −1/m where the mean is. */
export function seedsOf(t: Target): ReadonlyMap<Ref, Formula> {
  const seeds = new Map<Ref, Formula>();
  const defined = new Set(t.forward.map((f) => f.ref));
  for (const s of t.backward) {
    const [c, ...more] = s.contributions;
    if (!c || more.length > 0 || s.shape.length > 0 || s.isResult) continue;
    if (c.kind === "seed") seeds.set(s.ref, number(1));
    else if (!defined.has(s.wrt) && c.upstream?.kind === "read" && seeds.has(c.upstream.ref)) {
      const value = withSeeds(c.line.right, seeds);
      if (isClosed(value)) seeds.set(s.ref, value);
    }
  }
  return seeds;
}

/** Made of numbers and sizes only. */
function isClosed(f: Formula): boolean {
  if (f.kind === "number" || f.kind === "name") return true;
  if (f.kind === "prefix") return isClosed(f.operand);
  return f.kind === "infix" && f.operands.every(isClosed);
}

export function withSeeds(f: Formula, seeds: ReadonlyMap<Ref, Formula>): Formula {
  const inner = (x: Formula): Formula => withSeeds(x, seeds);
  switch (f.kind) {
    case "read":
      return seeds.get(f.ref) ?? { ...f, subscripts: f.subscripts.map(inner) };
    case "infix": {
      const operands = f.operands.map(inner);
      return f.operator === "·" ? operands.reduce(times) : { ...f, operands };
    }
    case "prefix": {
      const operand = inner(f.operand);
      return f.operator === "−" && operand.kind === "prefix" && operand.operator === "−"
        ? operand.operand
        : { ...f, operand };
    }
    case "transposed":
    case "struck":
      return { ...f, operand: inner(f.operand) };
    case "call":
      return { ...f, operands: f.operands.map(inner) };
    case "choice":
      return { ...f, condition: inner(f.condition), chosen: inner(f.chosen), otherwise: inner(f.otherwise) };
    case "bracket":
      return { ...f, condition: inner(f.condition) };
    case "reduce":
      return { ...f, where: f.where.map(inner), body: inner(f.body) };
    case "number":
    case "name":
    case "floor":
    case "derivative":
      return f;
  }
}

const isOne = (f: Formula): boolean => f.kind === "number" && f.value === 1;
const isNegative = (f: Formula): f is Extract<Formula, { kind: "prefix" }> =>
  f.kind === "prefix" && f.operator === "−";

/** 1·a = a, (−1)·a = −a, a·(1/m) = a/m. */
function times(a: Formula, b: Formula): Formula {
  if (isNegative(a)) return negative(times(a.operand, b));
  if (isNegative(b)) return negative(times(a, b.operand));
  if (isOne(a)) return b;
  if (isOne(b)) return a;
  for (const [x, y] of [
    [a, b],
    [b, a],
  ] as const)
    if (y.kind === "infix" && y.operator === "/" && isOne(y.operands[0]!))
      return infix("/", precedence.mul, x, y.operands[1]!);
  return infix("·", precedence.mul, a, b);
}
