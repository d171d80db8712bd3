/**
 * Contractions as a GPU computes them: sums of products whose one factor depends on the rows of a result and whose other
 * one on its columns. In C[t, i, j] = Σ_k A[t, i, k]·B[t, k, j], t is a batch index, i a row, j a column. Any of them may be
 * several loops, and how the factors lie in memory does not matter: products of matrices, transposed or not, and
 * convolutions with what they become backwards all have this form.
 */
import type { Builder } from "./builder.ts";
import { isNumber } from "./builder.ts";
import { prove } from "./intervals.ts";
import type { Assign, KernelStatement, Let, Loop, Variable } from "./kernel.ts";
import { statementsIn } from "./kernel-walk.ts";
import { conjuncts, freeIndices, rewriter } from "./rewrite.ts";
import type { Affine, Expr, Index, Local } from "./types.ts";

type Block = readonly KernelStatement[];

/** Accumulators, one nest of loops that only adds to them, and what follows. */
export interface SummingLeaf {
  /** Values that are named before the loops. */
  readonly before: readonly Let[];
  readonly variables: readonly Variable[];
  /** The loops that sum, outer before inner. */
  readonly loops: readonly Loop[];
  /** Under what anything is added at all, beside the bounds of the loops. */
  readonly conditions: readonly Expr[];
  readonly terms: readonly Term[];
  /** What is done with the sums. */
  readonly after: Block;
}

/** What is added to an accumulator, without names for its parts. */
export interface Term {
  readonly local: Local;
  readonly factors: readonly Expr[];
  readonly conditions: readonly Expr[];
}

/** A leaf that sums, in its parts; `named` is what has names around it. */
export function summingLeaf(leaf: Block, named: readonly Let[], b: Builder): SummingLeaf | undefined {
  const at = leaf.findIndex((s) => s.kind === "loop" || s.kind === "if");
  if (at < 0) return undefined;
  const head = leaf.slice(0, at);
  const after = leaf.slice(at + 1);
  const before = head.filter((s) => s.kind === "let");
  const variables = head.filter((s) => s.kind === "variable");
  if (before.length + variables.length < head.length || variables.length === 0) return undefined;
  if ([...statementsIn(after)].some((s) => s.kind === "loop")) return undefined;
  const parts = new Summing([...named, ...before], b);
  if (!parts.walk(leaf[at]!) || parts.loops.length === 0) return undefined;
  const { loops, conditions } = parts;
  const terms = parts.assigns.map((s) => parts.term(s));
  const own = new Set(variables.map((s) => s.local));
  const isPlain =
    terms.length > 0 &&
    terms.every((t) => own.has(t.local) && t.local.type === "f32") &&
    new Set(terms.map((t) => t.local)).size === terms.length;
  return isPlain ? { before, variables, loops, conditions, terms, after } : undefined;
}

/** Walks from the outermost loop that sums to what is added. */
class Summing {
  readonly loops: Loop[] = [];
  readonly conditions: Expr[] = [];
  readonly assigns: Assign[] = [];
  private readonly values = new Map<Expr, Expr>();
  private readonly b: Builder;

  constructor(named: readonly Let[], b: Builder) {
    this.b = b;
    named.forEach((s) => this.name(s));
  }

  walk(s: KernelStatement): boolean {
    switch (s.kind) {
      case "if":
        this.conditions.push(...conjuncts(this.written(s.condition)));
        return s.otherwise.length === 0 && this.block(s.body);
      case "loop":
        this.loops.push(s);
        return s.role === "reduce" && s.step === undefined && this.block(s.body);
      case "assign":
        this.assigns.push(s);
        return s.reducer === "sum";
      default:
        return false;
    }
  }

  /** Names, then one thing that goes deeper, or all that is added. */
  private block(list: Block): boolean {
    const inner = list.filter((s) => s.kind !== "let");
    for (const s of list) if (s.kind === "let") this.name(s);
    return (
      (inner.length === 1 || inner.every((s) => s.kind === "assign")) && inner.every((s) => this.walk(s))
    );
  }

  term({ local, value }: Assign): Term {
    const factors: Expr[] = [];
    const conditions: Expr[] = [];
    const split = (e: Expr): void => {
      if (e.kind !== "apply") return void factors.push(e);
      const [first, second, third] = e.args;
      if (e.atom === "mul") return e.args.forEach(split);
      if (e.atom === "select" && isNumber(third!, 0)) {
        conditions.push(...conjuncts(first!));
        return split(second!);
      }
      if (e.atom !== "neg") return void factors.push(e);
      factors.push(this.b.number(-1));
      split(first!);
    };
    split(this.written(value));
    return { local, factors, conditions };
  }

  private name({ local, value }: Let): void {
    this.values.set(local, this.written(value));
  }

  /** With what the names stand for. */
  private written(e: Expr): Expr {
    return this.values.size === 0 ? e : rewriter(this.b, { node: (node) => this.values.get(node) })(e);
  }
}

// ---------------------------------------------------------------------------------------------------------------- sides

/** A loop that sums, from where to where for a whole tile. */
export interface SumRange {
  readonly index: Index;
  readonly from: Affine;
  readonly to: Affine;
}

/** What is read for a row or for a column, at one turn of the sums: the value under the conditions, else 0. */
export interface Factor {
  readonly value: Expr;
  readonly conditions: readonly Expr[];
}

/** A contraction, given which loops are rows and which are columns. */
export interface Sides {
  readonly sums: readonly SumRange[];
  readonly left: readonly Factor[];
  readonly right: readonly Factor[];
  /** What is added to each accumulator: the product of a left factor and a right one, by number. */
  readonly products: readonly { readonly local: Local; readonly left: number; readonly right: number }[];
}

/** The sides of a leaf that sums; undefined where something depends on rows and on columns at once. */
export function sidesOf(
  leaf: SummingLeaf,
  rows: readonly Index[],
  columns: readonly Index[],
  b: Builder,
): Sides | undefined {
  const sideOf = (e: Expr): Side => {
    const free = freeIndices(e);
    const [isLeft, isRight] = [rows, columns].map((list) => list.some((i) => free.has(i)));
    return isLeft ? (isRight ? "both" : "left") : isRight ? "right" : "neither";
  };
  const { sums, conditions } = rangesOf(leaf, sideOf, b);
  const left: Factor[] = [];
  const right: Factor[] = [];
  const products: { local: Local; left: number; right: number }[] = [];
  for (const term of leaf.terms) {
    const guards = [...conditions, ...term.conditions].map((c) => ({ c, side: sideOf(c) }));
    const factors = term.factors.map((f) => ({ f, side: sideOf(f) }));
    if ([...guards, ...factors].some(({ side }) => side === "both")) return undefined;
    if (!(["left", "right"] as const).every((own) => factors.some(({ side }) => side === own)))
      return undefined;
    const number = (own: "left" | "right", list: Factor[]): number => {
      const chosen = factors.filter(({ side }) => side === own || (own === "left" && side === "neither"));
      const value = chosen.map(({ f }) => f).reduce((p, f) => b.mul(p, f));
      // What depends on neither side is asked on both: it may protect what either of them reads.
      const protecting = guards.filter(({ side }) => side === own || side === "neither").map(({ c }) => c);
      return indexOf(list, { value, conditions: [...new Set(protecting)] });
    };
    products.push({ local: term.local, left: number("left", left), right: number("right", right) });
  }
  return { sums, left, right, products };
}

type Side = "left" | "right" | "both" | "neither";

function indexOf(list: Factor[], factor: Factor): number {
  const known = list.findIndex(
    ({ value, conditions }) =>
      value === factor.value &&
      conditions.length === factor.conditions.length &&
      conditions.every((c, n) => c === factor.conditions[n]),
  );
  return known >= 0 ? known : list.push(factor) - 1;
}

/**
 * The loops that sum with bounds that are the same for a whole tile. Where a bound depends on a row or a column, as the
 * window of a convolution does at an edge, the loop has all its turns, and the bound is a condition.
 */
function rangesOf(
  leaf: SummingLeaf,
  sideOf: (e: Expr) => Side,
  b: Builder,
): { readonly sums: readonly SumRange[]; readonly conditions: readonly Expr[] } {
  const conditions = [...leaf.conditions];
  const own = new Set(leaf.loops.map((l) => l.index));
  const isCommon = (e: Affine): boolean =>
    sideOf(e) === "neither" && ![...freeIndices(e)].some((i) => own.has(i));
  const sums = leaf.loops.map(({ index, from, to }): SumRange => {
    const starts = alternatives(from, "max");
    const ends = alternatives(to, "min");
    conditions.push(
      ...starts.filter((e) => !isCommon(e)).map((e) => b.nonnegative(b.minus(index, e))),
      ...ends.filter((e) => !isCommon(e)).map((e) => b.nonnegative(b.minus(b.minus(e, index), 1))),
    );
    const joined = (atom: "max" | "min", list: readonly Affine[], whole: Affine): Affine =>
      list.filter(isCommon).reduce((x, y) => {
        if (x === y || prove(b.nonnegative(atom === "max" ? b.minus(y, x) : b.minus(x, y)), [], b)) return y;
        return b.apply(atom, [x, y]) as Affine;
      }, whole);
    return { index, from: joined("max", starts, b.integer(0)), to: joined("min", ends, index.extent) };
  });
  return { sums, conditions: conditions.filter((c) => !prove(c, [], b)) };
}

/** The bounds of which the largest, or the smallest, is taken. */
function alternatives(bound: Affine, atom: "max" | "min"): readonly Affine[] {
  const [term, ...others] = bound.terms;
  if (!term || others.length > 0 || term.factor !== 1 || bound.constant !== 0) return [bound];
  const value = term.atom.kind === "opaque" ? term.atom.value : undefined;
  if (value?.kind !== "apply" || value.atom !== atom) return [bound];
  return value.args.flatMap((e) => (e.kind === "affine" ? alternatives(e, atom) : []));
}
