/** A tensor in parts may be read before all of it is defined: then what is read must be defined already. */
import { rangeOf } from "../../ir/affine.ts";
import { tensorsRead } from "../../ir/dependences.ts";
import { prove } from "../../ir/intervals.ts";
import { children, conjuncts, freeIndices, readsOf } from "../../ir/rewrite.ts";
import type { Affine, Equation, Expr, Index, IntegerAtom, Read, Statement, Tensor } from "../../ir/types.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { report } from "./environment.ts";

/** A read, and the conditions that hold wherever it is evaluated. */
interface GuardedRead {
  readonly subscripts: readonly Affine[];
  readonly conditions: readonly Expr[];
}

/** What is defined of one tensor so far. */
interface Progress {
  add(part: Equation): void;
  /** Whether every cell that the read may touch is defined. */
  covers(read: GuardedRead): boolean;
}

/** More cells than this are not looked at one by one. */
const countable = 2_000_000;

/**
 * Reports the first statement that reads cells of `tensor` that no statement before it defines. `ragged` are the
 * dimensions that the parts divide among them.
 */
export function checkOrder(
  elab: Elaboration,
  env: Environment,
  tensor: Tensor,
  ragged: readonly number[],
): void {
  const progress = ragged.every((d) => tensor.shape[d]!.terms.length === 0)
    ? new DefinedCells(tensor, ragged)
    : new DefinedStretches(elab, ragged[0]!);
  let left = env.emit.filter((s) => s.kind === "equation" && s.tensor === tensor).length;
  for (const s of env.emit) {
    if (left === 0) return;
    const early = tensorsRead(s).includes(tensor) && !isCovered(s, tensor, progress);
    if (early) return reportEarly(elab, env, s, tensor);
    if (s.kind !== "equation" || s.tensor !== tensor) continue;
    progress.add(s);
    left--;
  }
}

function isCovered(s: Statement, tensor: Tensor, progress: Progress): boolean {
  return s.kind === "equation" && guardedReads(s, tensor).every((r) => progress.covers(r));
}

function reportEarly(elab: Elaboration, env: Environment, s: Statement, tensor: Tensor): void {
  const own = s.kind === "equation" && (s.tensor === tensor || s.tensor.hoistedFrom === tensor);
  const problem = own
    ? "a part reads cells that it defines itself, or that are defined only later"
    : "it is read here before all that is read is defined";
  const help = own
    ? "a recurrence is a `for`: `for t in 0..n { s[t + 1] = … s[t] … }`, each turn after the ones before"
    : "move it below the last part";
  report(elab, env, "NN2014", s.origin.span, { name: tensor.name, problem }, { help });
}

/** Every read of the tensor in the equation. A node that is reached by several ways holds what all of them assure. */
function guardedReads(e: Equation, tensor: Tensor): GuardedRead[] {
  const assured = new Map<Expr, readonly Expr[]>();
  const walk = (node: Expr, conditions: readonly Expr[]): void => {
    const known = assured.get(node);
    const here = known ? known.filter((c) => conditions.includes(c)) : conditions;
    if (known?.length === here.length) return;
    assured.set(node, here);
    if (node.kind === "apply" && node.atom === "select") {
      const [condition, chosen, otherwise] = node.args as [Expr, Expr, Expr];
      walk(condition, here);
      walk(chosen, [...here, ...conjuncts(condition)]);
      walk(otherwise, here);
      return;
    }
    for (const child of children(node)) walk(child, here);
    if (node.kind === "affine") for (const r of readsOf(node)) walk(r, here);
  };
  const where = e.where.flatMap(conjuncts);
  where.forEach((w, k) => walk(w, where.slice(0, k)));
  walk(e.body, where);
  const reads = [...assured].filter((entry): entry is [Read, readonly Expr[]] => entry[0].kind === "read");
  return reads
    .filter(([r]) => r.tensor === tensor)
    .map(([r, conditions]) => ({ subscripts: r.subscripts, conditions }));
}

/** Where all extents are numbers: a mark for every cell. */
class DefinedCells implements Progress {
  private readonly extents: readonly number[];
  private readonly defined: Uint8Array;

  constructor(
    tensor: Tensor,
    private readonly ragged: readonly number[],
  ) {
    this.extents = ragged.map((d) => tensor.shape[d]!.constant);
    this.defined = new Uint8Array(this.extents.reduce((n, e) => n * e, 1));
  }

  add(part: Equation): void {
    this.everyCell({ subscripts: part.target, conditions: [] }, (cell) => {
      this.defined[cell] = 1;
      return true;
    });
  }

  covers(read: GuardedRead): boolean {
    return this.everyCell(read, (cell) => this.defined[cell] === 1);
  }

  /** Whether `test` holds for every cell that the subscripts reach under the conditions. */
  private everyCell(read: GuardedRead, test: (cell: number) => boolean): boolean {
    const places = this.ragged.map((d) => read.subscripts[d]!);
    const conditions = read.conditions.filter((c) => c.kind === "condition");
    const indices = [...freeIndices(...places, ...conditions)];
    const counts = indices.map((i) => rangeOf(i.extent).high);
    if (counts.reduce((n, c) => n * c, 1) > countable) return false;
    const values = new Map<Index, number>(indices.map((i) => [i, 0]));
    if (counts.some((c) => c <= 0)) return true;
    do {
      const excluded = conditions.some((c) => {
        const form = valueOf(c.form, values);
        return form !== undefined && (c.relation === "zero" ? form !== 0 : form < 0);
      });
      if (!excluded && !this.test(places, values, test)) return false;
    } while (advance(indices, counts, values));
    return true;
  }

  /** A subscript that is read from data may be anything in the range it was proved to have. */
  private test(
    places: readonly Affine[],
    at: ReadonlyMap<Index, number>,
    test: (cell: number) => boolean,
  ): boolean {
    let cells = [0];
    places.forEach((p, k) => {
      const value = valueOf(p, at);
      const extent = this.extents[k]!;
      const values = value === undefined ? Array.from({ length: extent }, (_, n) => n) : [value];
      // What a guard that is not affine keeps from being read is no cell.
      cells = cells.flatMap((c) => values.filter((v) => v >= 0 && v < extent).map((v) => c * extent + v));
    });
    return cells.every(test);
  }
}

function advance(indices: readonly Index[], counts: readonly number[], values: Map<Index, number>): boolean {
  for (let k = indices.length - 1; k >= 0; k--) {
    const next = values.get(indices[k]!)! + 1;
    values.set(indices[k]!, next < counts[k]! ? next : 0);
    if (next < counts[k]!) return true;
  }
  return false;
}

function valueOf(form: Affine, at: ReadonlyMap<Index, number>): number | undefined {
  let sum = form.constant;
  for (const { factor, atom } of form.terms) {
    const value = valueOfAtom(atom, at);
    if (value === undefined) return undefined;
    sum += factor * value;
  }
  return sum;
}

function valueOfAtom(atom: IntegerAtom, at: ReadonlyMap<Index, number>): number | undefined {
  if (atom.kind === "index") return at.get(atom);
  if (atom.kind !== "floor" && atom.kind !== "modulo") return undefined;
  const value = valueOf(atom.value, at);
  if (value === undefined) return undefined;
  const quotient = Math.floor(value / atom.divisor);
  return atom.kind === "floor" ? quotient : value - quotient * atom.divisor;
}

/** One dimension of dynamic extent: stretches from … to, joined where they meet. */
class DefinedStretches implements Progress {
  private stretches: { readonly from: Affine; readonly to: Affine }[] = [];

  constructor(
    private readonly elab: Elaboration,
    private readonly dimension: number,
  ) {}

  add(part: Equation): void {
    const { builder: b } = this.elab;
    const target = part.target[this.dimension]!;
    const index = target.terms.find((t) => t.atom.kind === "index")?.atom as Index | undefined;
    const from = index ? b.minus(target, index) : target;
    const to = b.plus(from, index ? index.extent : 1);
    const before = this.stretches.find((s) => s.to === from);
    const after = this.stretches.find((s) => s.from === to);
    const kept = this.stretches.filter((s) => s !== before && s !== after);
    this.stretches = [...kept, { from: before?.from ?? from, to: after?.to ?? to }];
  }

  covers(read: GuardedRead): boolean {
    const { builder: b } = this.elab;
    const place = read.subscripts[this.dimension]!;
    return this.stretches.some(
      ({ from, to }) =>
        prove(b.nonnegative(b.minus(place, from)), read.conditions, b) &&
        prove(b.nonnegative(b.minus(b.minus(to, place), 1)), read.conditions, b),
    );
  }
}
