/** From the compiler's expressions and equations to formulas. */
import { atoms, precedence } from "../ir/atoms.ts";
import type { FormulaSpelling } from "../ir/atoms.ts";
import { nameIndices, nameParts } from "../ir/printer-formula.ts";
import type { Affine, Apply, Condition, Equation, Expr, Index, IntegerAtom, Statement } from "../ir/types.ts";
import type { Line } from "./derivation.ts";
import type { Formula } from "./formula.ts";

export const number = (value: number): Formula => ({ kind: "number", value });
export const name = (text: string): Formula => ({ kind: "name", name: text });

export const infix = (operator: string, binds: number, ...operands: Formula[]): Formula => ({
  kind: "infix",
  operator,
  binds,
  operands,
});
export const sum = (a: Formula, b: Formula): Formula => infix("+", precedence.add, a, b);
export const difference = (a: Formula, b: Formula): Formula => infix("−", precedence.add, a, b);
export const product = (a: Formula, b: Formula): Formula => infix("·", precedence.mul, a, b);
export const negative = (operand: Formula): Formula => ({ kind: "prefix", operator: "−", operand });

/** What a comparison is where it does not hold. */
const opposites: Readonly<Record<string, string>> = { "<": "≥", "≤": ">", "=": "≠" };

/** Translates expressions that belong together: an index has one name in all of them. */
export class Translator {
  private readonly indexNames: ReadonlyMap<Index, string>;
  private readonly partNames: ReadonlyMap<Expr, string>;
  private readonly memo = new Map<Expr | IntegerAtom, Formula>();

  constructor(roots: readonly Expr[], indices: readonly Index[]) {
    this.indexNames = nameIndices(roots, indices);
    this.partNames = nameParts(roots);
  }

  formula(e: Expr | IntegerAtom): Formula {
    const known = this.memo.get(e);
    if (known) return known;
    const part = this.partNames.get(e as Expr);
    const made = part === undefined ? this.build(e) : name(part);
    this.memo.set(e, made);
    return made;
  }

  index(index: Index): string {
    return this.indexNames.get(index) ?? index.name;
  }

  /** The parts that were named because a long formula repeats them. */
  get parts(): { readonly name: string; readonly value: Formula }[] {
    return [...this.partNames].map(([part, text]) => ({ name: text, value: this.build(part) }));
  }

  private build(e: Expr | IntegerAtom): Formula {
    switch (e.kind) {
      case "constant":
        return e.type === "bool" ? name(e.value === 0 ? "false" : "true") : number(e.value);
      case "affine":
        return this.affine(
          e.terms.map((t) => [t.factor, t.atom]),
          e.constant,
        );
      case "index":
        return name(this.index(e));
      case "dim":
      case "local":
        return name(e.name);
      case "floor":
        return { kind: "floor", value: this.formula(e.value), divisor: e.divisor };
      case "modulo":
        return infix("mod", precedence.mul, this.formula(e.value), number(e.divisor));
      case "opaque":
        return this.formula(e.value);
      case "condition":
        return this.condition(e);
      case "read":
        return { kind: "read", ref: e.tensor.name, subscripts: e.subscripts.map((s) => this.formula(s)) };
      case "reduce":
        return {
          kind: "reduce",
          reducer: e.reducer,
          indices: e.indices.map((i) => this.index(i)),
          where: e.where.map((w) => this.formula(w)),
          body: this.formula(e.body),
        };
      case "apply":
        return this.apply(e, atoms[e.atom].formula);
    }
  }

  private apply(e: Apply, spelling: FormulaSpelling): Formula {
    const operands = e.args.map((a) => this.formula(a));
    switch (spelling.form) {
      case "infix":
        return {
          kind: "infix",
          operator: spelling.operator === "-" ? "−" : spelling.operator,
          binds: spelling.precedence,
          ...(spelling.right ? { right: true } : {}),
          operands,
        };
      case "prefix": {
        const [operand] = operands;
        const opposite = operand?.kind === "infix" ? opposites[operand.operator] : undefined;
        if (spelling.operator === "¬" && opposite !== undefined && operand?.kind === "infix")
          return { ...operand, operator: opposite };
        return {
          kind: "prefix",
          operator: spelling.operator === "-" ? "−" : spelling.operator,
          operand: operand!,
        };
      }
      case "call": {
        const { symbol } = atoms[e.atom];
        return {
          kind: "call",
          callee: spelling.callee,
          ...(symbol === undefined ? {} : { symbol }),
          operands,
        };
      }
      case "words":
        return { kind: "choice", condition: operands[0]!, chosen: operands[1]!, otherwise: operands[2]! };
      case "iverson":
        return e.args[0]!.type === "bool" ? { kind: "bracket", condition: operands[0]! } : operands[0]!;
    }
  }

  /** Positive terms first, then what is subtracted, then the constant. */
  private affine(terms: readonly (readonly [number, IntegerAtom])[], constant: number): Formula {
    const term = ([factor, atom]: readonly [number, IntegerAtom]): Formula =>
      Math.abs(factor) === 1 ? this.formula(atom) : product(number(Math.abs(factor)), this.formula(atom));
    const positive = terms.filter(([f]) => f > 0).map(term);
    const below = terms.filter(([f]) => f < 0).map(term);
    if (constant > 0) positive.push(number(constant));
    if (constant < 0) below.push(number(-constant));
    if (positive.length === 0) {
      const [first, ...rest] = below;
      if (!first) return number(0);
      return rest.reduce(difference, first.kind === "number" ? number(-first.value) : negative(first));
    }
    return below.reduce(difference, positive.reduce(sum));
  }

  /** A comparison with positive terms on both sides. */
  private condition({ form, relation }: Condition): Formula {
    const side = (sign: 1 | -1): (readonly [number, IntegerAtom])[] =>
      form.terms.filter((t) => t.factor * sign > 0).map((t) => [t.factor * sign, t.atom]);
    const { constant } = form;
    const [left, right] = [side(1), side(-1)];
    const compare = (a: Formula, operator: string, b: Formula): Formula =>
      infix(operator, precedence.compare, a, b);
    if (right.length === 0)
      return compare(this.affine(left, 0), relation === "zero" ? "=" : "≥", number(-constant));
    if (relation === "nonnegative" && constant === -1 && left.length > 0)
      return compare(this.affine(right, 0), "<", this.affine(left, 0));
    const [a, b] = [this.affine(right, Math.max(-constant, 0)), this.affine(left, Math.max(constant, 0))];
    if (relation === "nonnegative") return compare(a, "≤", b);
    return left.length <= right.length ? compare(b, "=", a) : compare(a, "=", b);
  }
}

/** An equation as a line; a reduction stands on its right side. */
export function lineOf(e: Equation): Line {
  const t = new Translator([...e.target, ...e.where, e.body], [...e.indices, ...e.reduced]);
  const where = e.where.map((w) => t.formula(w));
  const body = t.formula(e.body);
  const shown = new Map<unknown, Affine>();
  e.target.forEach((s, d) => {
    const [term, ...more] = s.terms;
    if (s.constant === 0 && term?.factor === 1 && more.length === 0) shown.set(term.atom, e.tensor.shape[d]!);
  });
  return {
    left: { kind: "read", ref: e.tensor.name, subscripts: e.target.map((s) => t.formula(s)) },
    accumulate: e.accumulate,
    right: e.reducer
      ? { kind: "reduce", reducer: e.reducer, indices: e.reduced.map((i) => t.index(i)), where, body }
      : body,
    where: e.reducer ? [] : where,
    ranges: e.indices
      .filter((i) => shown.get(i) !== i.extent)
      .map((i) => ({ index: t.index(i), below: t.formula(i.extent) })),
    parts: t.parts,
  };
}

/** A statement as lines: what a reshape or a given gradient does is said as a call. */
export function linesOf(s: Statement): Line[] {
  switch (s.kind) {
    case "equation":
      return [lineOf(s)];
    case "reshape":
      return [callLine(s.tensor.name, "reshape", s.source.name)];
    case "override":
      return [callLine(s.tensor.name, "own_gradient", s.source.name)];
    case "gradient":
      return s.results.map((r, i) => callLine(r.name, "grad", s.of.name, s.wrt[i]!.name));
  }
}

function callLine(left: string, callee: string, ...refs: string[]): Line {
  return {
    left: { kind: "read", ref: left, subscripts: [] },
    accumulate: false,
    right: { kind: "call", callee, operands: refs.map((ref) => ({ kind: "read", ref, subscripts: [] })) },
    where: [],
    ranges: [],
    parts: [],
  };
}

/** `batch`, `64`: the extents of a tensor. */
export function shapeOf(shape: readonly Affine[], text: (f: Formula) => string): string[] {
  return shape.map((extent) => text(new Translator([extent], []).formula(extent)));
}
