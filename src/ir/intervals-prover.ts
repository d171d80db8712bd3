/**
 * Proofs about integers. A goal is a lower bound of an affine form, under the ranges of its atoms and under
 * assumptions. Two methods, the cheap one first:
 *
 * - elimination: one atom after the other is replaced by its least favourable value, in terms of the atoms that its
 *   range is made of: an index by 0 or extent − 1, ⌊e/c⌋ by (e − c + 1)/c or e/c, dimensions by numbers at the end;
 * - linear programming over all facts about the atoms and all assumptions. The forms are integers, so a minimum above
 *   −1 proves ≥ 0.
 */
import { rangeOf, rangeOfAtom } from "./affine.ts";
import type { Builder } from "./builder.ts";
import type { Fact } from "./intervals-facts.ts";
import { factsOf } from "./intervals-facts.ts";
import type { Inequality } from "./intervals-program.ts";
import { minimise } from "./intervals-program.ts";
import type { Affine, Expr, IntegerAtom } from "./types.ts";

/** Proves under one set of assumptions, and remembers what it tried. */
export class Prover {
  private readonly builder: Builder;
  private readonly assumed = new Set<Expr>();
  private readonly facts: Affine[] = [];
  private readonly proved = new Map<Expr, boolean>();
  private readonly extended = new Map<Expr, Prover>();
  private readonly parent: Prover | null;
  /** Facts about atoms, shared with the provers that assume more. */
  private readonly known: Map<IntegerAtom, readonly Fact[]>;

  constructor(builder: Builder, assumptions: readonly Expr[], parent: Prover | null = null) {
    this.builder = builder;
    this.parent = parent;
    this.known = parent?.known ?? new Map();
    if (parent) {
      for (const a of parent.assumed) this.assumed.add(a);
      this.facts.push(...parent.facts);
    }
    assumptions.forEach((a) => this.assume(a));
  }

  /** The same with one more assumption. */
  under(assumption: Expr): Prover {
    if (this.assumed.has(assumption)) return this;
    const known = this.extended.get(assumption);
    if (known) return known;
    const prover = new Prover(this.builder, [assumption], this);
    this.extended.set(assumption, prover);
    return prover;
  }

  private assume(condition: Expr): void {
    if (this.assumed.has(condition)) return;
    this.assumed.add(condition);
    const b = this.builder;
    if (condition.kind === "condition") {
      this.facts.push(condition.form);
      if (condition.relation === "zero") this.facts.push(b.times(condition.form, -1));
    }
    if (condition.kind !== "apply") return;
    if (condition.atom === "and") condition.args.forEach((a) => this.assume(a));
    const [inner] = condition.args;
    if (condition.atom !== "not" || inner === undefined) return;
    if (inner.kind === "apply" && inner.atom === "or")
      inner.args.forEach((a) => this.assume(b.apply("not", [a])));
    if (inner.kind === "condition" && inner.relation === "zero") this.assumeNonzero(inner.form);
  }

  /** f ≠ 0 is f ≥ 1 where f ≥ 0. */
  private assumeNonzero(form: Affine): void {
    for (const f of [form, this.builder.times(form, -1)]) {
      if (this.lowerBound(f) >= 0) this.facts.push(this.builder.plus(f, -1));
    }
  }

  prove(condition: Expr): boolean {
    const known = this.proved.get(condition);
    if (known !== undefined) return known;
    const result = this.assumed.has(condition) || this.isKnownOutside(condition) || this.derive(condition);
    this.proved.set(condition, result);
    return result;
  }

  /** What was proved under fewer assumptions holds under more. */
  private isKnownOutside(condition: Expr): boolean {
    for (let p = this.parent; p; p = p.parent) if (p.proved.get(condition)) return true;
    return false;
  }

  /** Whether the condition is false wherever the assumptions hold. */
  refute(condition: Expr): boolean {
    return this.prove(this.builder.apply("not", [condition]));
  }

  private derive(condition: Expr): boolean {
    if (condition.kind === "constant") return condition.value === 1;
    if (condition.kind === "condition") {
      const { form, relation } = condition;
      if (relation === "zero")
        return this.nonnegative(form) && this.nonnegative(this.builder.times(form, -1));
      return eliminate(form) >= 0 || this.program(form) >= 0;
    }
    if (condition.kind !== "apply") return false;
    const [a, b] = condition.args;
    if (condition.atom === "and") return this.prove(a!) && this.prove(b!);
    if (condition.atom === "or") return this.prove(a!) || this.prove(b!);
    return condition.atom === "not" && this.deriveNot(a!);
  }

  private deriveNot(condition: Expr): boolean {
    const { builder } = this;
    if (condition.kind === "condition" && condition.relation === "zero") {
      const { form } = condition;
      return this.nonnegative(builder.plus(form, -1)) || this.nonnegative(builder.minus(-1, form));
    }
    if (condition.kind !== "apply") return false;
    const [a, b] = condition.args;
    if (condition.atom === "and") return this.refute(a!) || this.refute(b!);
    if (condition.atom === "or") return this.refute(a!) && this.refute(b!);
    return false;
  }

  /** Whether form ≥ 0. */
  nonnegative(form: Affine): boolean {
    if (rangeOf(form).low >= 0) return true;
    return this.prove(this.builder.nonnegative(form));
  }

  lowerBound(form: Affine): number {
    return Math.max(rangeOf(form).low, eliminate(form), this.program(form));
  }

  /** The least integer at or above the minimum of the form under all facts. */
  private program(form: Affine): number {
    const atoms = new Set<IntegerAtom>();
    const facts: Fact[] = [];
    const include = (f: Fact): void => {
      for (const t of f.terms) atoms.add(t.atom);
    };
    const assume = (f: Fact): void => {
      facts.push(f);
      include(f);
    };
    include(form);
    this.facts.forEach(assume);
    // The set grows while it is walked: facts bring in atoms of their own.
    for (const atom of atoms) this.factsOf(atom).forEach(assume);
    return solve(form, facts, [...atoms]);
  }

  private factsOf(atom: IntegerAtom): readonly Fact[] {
    const known = this.known.get(atom);
    if (known) return known;
    const facts = factsOf(atom, this.builder);
    this.known.set(atom, facts);
    return facts;
  }
}

/** Numbers atoms as variables that are ≥ 0: shifted by their least value; without one, as a difference. */
function solve(objective: Affine, facts: readonly Fact[], atoms: readonly IntegerAtom[]): number {
  const columns = new Map<IntegerAtom, number>();
  const lows = new Map<IntegerAtom, number>();
  const bounds: { column: number; size: number }[] = [];
  let width = 0;
  for (const atom of atoms) {
    const { low, high } = rangeOfAtom(atom);
    columns.set(atom, width);
    const symbolic = atom.kind === "index" && atom.extent.terms.length > 0;
    if (Number.isFinite(high) && Number.isFinite(low) && !symbolic)
      bounds.push({ column: width, size: high - low });
    if (Number.isFinite(low)) lows.set(atom, low);
    width += Number.isFinite(low) ? 1 : 2;
  }
  const row = (form: Fact): Inequality => {
    const coefficients = new Array<number>(width).fill(0);
    let { constant } = form;
    for (const { factor, atom } of form.terms) {
      const column = columns.get(atom)!;
      const low = lows.get(atom);
      coefficients[column]! += factor;
      if (low === undefined) coefficients[column + 1]! -= factor;
      else constant += factor * low;
    }
    return { constant, coefficients };
  };
  const numeric = bounds.map(({ column, size }): Inequality => {
    const coefficients = new Array<number>(width).fill(0);
    coefficients[column] = -1;
    return { constant: size, coefficients };
  });
  const { numerator, denominator } = minimise(row(objective), [...facts.map(row), ...numeric]);
  return Math.ceil(numerator / denominator) + 0;
}

/** Whether a condition holds wherever its indices are in their ranges: the cheap method alone finds out. */
export function holdsAlways(condition: Expr): boolean {
  return (
    condition.kind === "condition" && condition.relation === "nonnegative" && eliminate(condition.form) >= 0
  );
}

/** A lower bound by eliminating atoms, those first whose range is made of others: they were made later. */
function eliminate(form: Affine): number {
  const factors = new Map<IntegerAtom, number>(form.terms.map((t) => [t.atom, t.factor]));
  let { constant } = form;
  let scale = 1;
  const add = (f: Affine, factor: number): void => {
    constant += f.constant * factor;
    for (const t of f.terms) factors.set(t.atom, (factors.get(t.atom) ?? 0) + t.factor * factor);
  };
  for (;;) {
    let last: IntegerAtom | undefined;
    for (const [atom, factor] of factors) {
      if (factor !== 0 && (last === undefined || atom.id > last.id)) last = atom;
    }
    if (last === undefined) return Math.ceil(constant / scale) + 0;
    const factor = factors.get(last)!;
    factors.delete(last);
    if (last.kind === "floor") {
      // c·⌊e/c⌋ lies between e − c + 1 and e.
      const c = last.divisor;
      for (const [atom, f] of factors) factors.set(atom, f * c);
      constant *= c;
      scale *= c;
      add(last.value, factor);
      if (factor > 0) constant -= factor * (c - 1);
    } else if (last.kind === "index" && factor < 0) {
      add(last.extent, factor);
      constant -= factor;
    } else if (
      last.kind === "opaque" &&
      last.value.kind === "read" &&
      last.value.tensor.below &&
      factor < 0
    ) {
      add(last.value.tensor.below, factor);
      constant -= factor;
    } else {
      const { low, high } = rangeOfAtom(last);
      constant += factor > 0 ? factor * low : factor * high;
      if (constant === -Infinity) return -Infinity;
    }
  }
}
