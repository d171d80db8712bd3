/** Walking and rewriting expressions. Every walker memoises on the node: expressions are graphs, not trees. */
import type { Builder } from "./builder.ts";
import type { Affine, Apply, Equation, Expr, Index, IntegerAtom, Read, Tensor } from "./types.ts";

/** What a rewrite may replace: loop indices (and other integer atoms) and whole nodes. */
export interface Rewriter {
  readonly atom?: (atom: IntegerAtom) => Affine | undefined;
  /** Called before descending; a result is taken as final. */
  readonly node?: (e: Expr) => Expr | undefined;
  /** Called on nodes rebuilt from rewritten children. */
  readonly after?: (e: Expr) => Expr;
  readonly tensor?: (t: Tensor) => Tensor;
}

/** A rewriting function with its memo; use one for all expressions that are rewritten alike. */
export function rewriter(b: Builder, rules: Rewriter): (e: Expr) => Expr {
  const memo = new Map<Expr, Expr>();
  const atomMemo = new Map<IntegerAtom, Affine>();

  const walk = (e: Expr): Expr => {
    const known = memo.get(e);
    if (known) return known;
    const result = rules.node?.(e) ?? finish(rebuild(e));
    memo.set(e, result);
    return result;
  };
  const finish = (e: Expr): Expr => rules.after?.(e) ?? e;
  const walkAffine = (e: Affine): Affine => {
    const result = walk(e);
    if (result.kind !== "affine") throw new Error("an integer was rewritten to something else");
    return result;
  };
  const walkAtom = (atom: IntegerAtom): Affine => {
    const known = atomMemo.get(atom);
    if (known) return known;
    const result = rules.atom?.(atom) ?? rebuildAtom(atom);
    atomMemo.set(atom, result);
    return result;
  };
  const rebuildAtom = (atom: IntegerAtom): Affine => {
    switch (atom.kind) {
      case "index":
      case "dim":
        return b.of(atom);
      case "floor":
        return b.floorDivide(walkAffine(atom.value), atom.divisor);
      case "modulo":
        return b.modulo(walkAffine(atom.value), atom.divisor);
      case "opaque": {
        const value = walk(atom.value);
        return value.kind === "affine" ? value : b.opaque(value as typeof atom.value);
      }
    }
  };
  // What is made of the same parts is the same: nothing is built again where nothing was rewritten.
  const walkAll = <T extends Expr>(list: readonly T[], step: (e: T) => T): readonly T[] => {
    const walked = list.map(step);
    return walked.every((e, i) => e === list[i]) ? list : walked;
  };
  const same = (e: Apply | Read): Expr => (e.type === "i32" ? b.opaque(e) : e);
  const rebuild = (e: Expr): Expr => {
    switch (e.kind) {
      case "constant":
      case "local":
        return e;
      case "affine": {
        const forms = e.terms.map((t) => walkAtom(t.atom));
        if (forms.every((form, i) => form === b.of(e.terms[i]!.atom))) return e;
        return b.plus(e.constant, ...forms.map((form, i) => b.times(form, e.terms[i]!.factor)));
      }
      case "read": {
        const tensor = rules.tensor?.(e.tensor) ?? e.tensor;
        const subscripts = walkAll(e.subscripts, walkAffine);
        return tensor === e.tensor && subscripts === e.subscripts ? same(e) : b.read(tensor, subscripts);
      }
      case "apply": {
        const args = walkAll(e.args, walk);
        if (args === e.args) return same(e);
        return e.atom === "cast" ? b.cast(args[0]!, e.type as "f32" | "i32") : b.apply(e.atom, args);
      }
      case "condition": {
        const form = walkAffine(e.form);
        if (form === e.form) return e;
        return e.relation === "zero" ? b.zero(form) : b.nonnegative(form);
      }
      case "reduce":
        return b.reduce(e.reducer, e.indices, e.where.map(walk), walk(e.body));
    }
  };
  return walk;
}

/** Replaces loop indices by integers. */
export function substitute(b: Builder, e: Expr, values: ReadonlyMap<Index, Affine>): Expr {
  if (values.size === 0) return e;
  return rewriter(b, { atom: (a) => (a.kind === "index" ? values.get(a) : undefined) })(e);
}

export function substituteAffine(b: Builder, e: Affine, values: ReadonlyMap<Index, Affine>): Affine {
  return substitute(b, e, values) as Affine;
}

/** Visits every node below the roots once, children first; integer atoms are passed to `atom`. */
export function visit(
  roots: Iterable<Expr>,
  node: (e: Expr) => void,
  atom: (a: IntegerAtom) => void = () => undefined,
): void {
  const seen = new Set<Expr | IntegerAtom>();
  const walkAtom = (a: IntegerAtom): void => {
    if (seen.has(a)) return;
    seen.add(a);
    if (a.kind === "floor" || a.kind === "modulo") walk(a.value);
    if (a.kind === "opaque") walk(a.value);
    atom(a);
  };
  const walk = (e: Expr): void => {
    if (seen.has(e)) return;
    seen.add(e);
    for (const child of children(e)) walk(child);
    if (e.kind === "affine") for (const t of e.terms) walkAtom(t.atom);
    node(e);
  };
  for (const root of roots) walk(root);
}

/** The expressions directly inside one; the atoms of an affine form are not expressions. */
export function children(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case "read":
      return e.subscripts;
    case "apply":
      return e.args;
    case "condition":
      return [e.form];
    case "reduce":
      return [...e.where, e.body];
    default:
      return [];
  }
}

const indicesBelow = new WeakMap<Expr, ReadonlySet<Index>>();
const readsBelow = new WeakMap<Expr, readonly Read[]>();

/** What is found below an expression, which does not change: passes ask for the same ones again and again. */
export function remembered<T>(memo: WeakMap<Expr, T>, root: Expr, find: (root: Expr) => T): T {
  const known = memo.get(root);
  if (known !== undefined) return known;
  const found = find(root);
  memo.set(root, found);
  return found;
}

/** The loop indices an expression depends on; those that a reduction inside it binds are left out. */
export function freeIndices(...roots: readonly Expr[]): ReadonlySet<Index> {
  const [only] = roots;
  return roots.length === 1
    ? remembered(indicesBelow, only!, (root) => findIndices([root]))
    : findIndices(roots);
}

function findIndices(roots: readonly Expr[]): Set<Index> {
  const found = new Set<Index>();
  const bound = new Set<Index>();
  visit(
    roots,
    (e) => {
      if (e.kind === "reduce") for (const i of e.indices) bound.add(i);
    },
    (a) => {
      if (a.kind === "index") found.add(a);
    },
  );
  for (const i of bound) found.delete(i);
  return found;
}

/** All reads below the roots, each once, in order of first appearance. */
export function readsOf(...roots: readonly Expr[]): readonly Read[] {
  if (roots.length === 1) return remembered(readsBelow, roots[0]!, findReads);
  const reads = new Set<Read>();
  for (const root of roots) for (const read of remembered(readsBelow, root, findReads)) reads.add(read);
  return [...reads];
}

function findReads(root: Expr): Read[] {
  const reads: Read[] = [];
  visit([root], (e) => {
    if (e.kind === "read") reads.push(e);
  });
  return reads;
}

/** The conditions that a conjunction consists of. */
export function conjuncts(e: Expr): Expr[] {
  return e.kind === "apply" && e.atom === "and" ? e.args.flatMap(conjuncts) : [e];
}

/** Every expression of an equation. */
export function expressionsOf(e: Equation): Expr[] {
  return [...e.target, ...e.where, e.body];
}

/** The same equation with every expression rewritten; indices stay. */
export function mapEquation(e: Equation, f: (e: Expr) => Expr, b: Builder): Equation {
  return b.equation({
    ...e,
    target: e.target.map((t) => f(t) as Affine),
    where: e.where.map(f),
    body: f(e.body),
  });
}

/** Whether the equation stores every cell of its tensor exactly once: T[i, j] = …, over the whole, without `where`. */
export function coversWhole(e: Equation): boolean {
  return !e.accumulate && targetsWhole(e) && (e.reducer !== null || e.where.length === 0);
}

/** Whether the left side is plain, distinct indices, each over the full extent of its dimension. */
export function targetsWhole(e: Equation): boolean {
  const seen = new Set<IntegerAtom>();
  return e.target.every((t, d) => {
    const atom =
      t.constant === 0 && t.terms.length === 1 && t.terms[0]!.factor === 1 ? t.terms[0]!.atom : undefined;
    if (atom?.kind !== "index" || seen.has(atom)) return false;
    seen.add(atom);
    return atom.extent === e.tensor.shape[d];
  });
}
