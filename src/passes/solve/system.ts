/** What is known and what is open while equations are solved (solve.ts). */
import { countOf } from "../../ir/affine.ts";
import type { Builder } from "../../ir/builder.ts";
import { freeIndices, substitute, substituteAffine } from "../../ir/rewrite.ts";
import type { Affine, Expr, Index } from "../../ir/types.ts";

export interface Solution {
  /** Every solved loop, in terms of what is given and of `loops`. */
  readonly values: ReadonlyMap<Index, Affine>;
  /** The loops that stay: those of the problem in their order, then new ones. */
  readonly loops: readonly Index[];
  /** What the solution demands besides the ranges of the solved loops: divisibility, and unsolved equations. */
  readonly guards: readonly Expr[];
  /** The equations, by position, that stayed as guards over loops. */
  readonly unsolved: readonly number[];
}

/** That solved loops keep to their ranges. */
export function rangeGuards(b: Builder, values: ReadonlyMap<Index, Affine>): Expr[] {
  return [...values].flatMap(([index, value]) => [
    b.nonnegative(value),
    b.nonnegative(b.minus(b.minus(index.extent, value), 1)),
  ]);
}

export interface PendingEquation {
  readonly form: Affine;
  /** Its position among the equations of the problem. */
  readonly number: number;
}

/** The state of one attempt: what is still to be solved, and what is known. */
export class System {
  pending: PendingEquation[];
  loops: Index[];
  private values = new Map<Index, Affine>();
  private guards: Expr[] = [];
  private readonly unsolved: number[] = [];
  readonly b: Builder;

  constructor(b: Builder, loops: readonly Index[], equations: readonly Affine[]) {
    this.b = b;
    this.loops = [...loops];
    this.pending = equations.map((form, number) => ({ form, number }));
  }

  /** Keeps what no rule solved as equality guards; a loop over one value is that value. */
  finish(): void {
    for (const { form, number } of this.pending) {
      this.unsolved.push(number);
      this.require(this.b.zero(form));
    }
    this.pending = [];
    for (const i of this.loops) if (this.b.constantOf(i.extent) === 1) this.bind(i, this.b.integer(0));
  }

  /** An equation without loops is a condition on what is given. */
  settle(): void {
    const open = this.pending.filter(({ form }) => this.loopsOf(form).length > 0);
    for (const p of this.pending) if (!open.includes(p)) this.require(this.b.zero(p.form));
    this.pending = open;
  }

  loopsOf(form: Affine): Index[] {
    const free = freeIndices(form);
    return this.loops.filter((i) => free.has(i));
  }

  loopCount(): number {
    return countOf(this.loops);
  }

  /** Removes a loop: `value` is what it equals. */
  bind(index: Index, value: Affine): void {
    const { b } = this;
    if (freeIndices(value).has(index)) throw new Error(`${index.name} is solved in terms of itself`);
    const replacement = new Map([[index, value]]);
    this.loops = this.loops.filter((i) => i !== index);
    this.pending = this.pending.map((p) => ({ ...p, form: substituteAffine(b, p.form, replacement) }));
    this.guards = this.guards.map((g) => substitute(b, g, replacement));
    this.values = new Map([...this.values].map(([i, v]) => [i, substituteAffine(b, v, replacement)]));
    this.values.set(index, value);
  }

  /** A loop that the solution introduces. */
  introduce(name: string, extent: Affine | number): Index {
    const index = this.b.index(name, extent);
    this.loops.push(index);
    return index;
  }

  replace(equation: PendingEquation, form: Affine): void {
    this.pending = this.pending.map((p) => (p === equation ? { ...p, form } : p));
  }

  discard(equation: PendingEquation): void {
    this.pending = this.pending.filter((p) => p !== equation);
  }

  require(guard: Expr): void {
    if (guard.kind === "constant" && guard.value === 1) return;
    if (!this.guards.includes(guard)) this.guards.push(guard);
  }

  solution(): Solution {
    return { values: this.values, loops: this.loops, guards: this.guards, unsolved: this.unsolved };
  }
}
