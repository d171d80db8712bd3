/**
 * A kernel that treats every cell alike runs over its tensors as one row: one loop, whatever their shapes. In starting
 * values and updates the number of cells, and the place that a draw of random numbers starts from, are arguments, so
 * that one kernel serves every parameter.
 */
import type { Builder } from "../../ir/builder.ts";
import { rewriter } from "../../ir/rewrite.ts";
import type { Affine, Dim, Equation, Expr, Index, IntegerAtom, Tensor } from "../../ir/types.ts";
import { partsOf } from "../schedule/facts.ts";
import { isPlain, readsIn } from "./dependences.ts";
import type { KernelGroup, Member } from "./group.ts";

/** More than one typed array holds. */
const mostCells = 2 ** 31;

export interface Flattened {
  readonly group: KernelGroup;
  /** The tensors of the kernel that stand for others of another shape. */
  readonly originals: ReadonlyMap<Tensor, Tensor>;
  /** What to pass for the dimensions that only this kernel has. */
  readonly numbers: ReadonlyMap<Dim, number>;
  /** The number of cells, where it is an argument and no value depends on where its cell stands. */
  readonly row?: Dim;
}

/** `general` names tensors of a kernel for all of their kind; its numbers become arguments, so that they can share it. */
export function flatten(group: KernelGroup, general: ((t: Tensor) => string) | null, b: Builder): Flattened {
  const numbers = new Map<Dim, number>();
  const originals = new Map<Tensor, Tensor>();
  const flat = isUniform(group, b) ? inOneRow(group, general, originals, numbers, b) : group;
  const row = lengthOf(flat, numbers);
  return {
    group: general ? withPlaces(flat, numbers, b) : flat,
    originals,
    numbers,
    ...(row && { row }),
  };
}

/** The dimension that all rows of a flat kernel have, if they can be cut anywhere and put together again. */
function lengthOf({ members }: KernelGroup, numbers: ReadonlyMap<Dim, number>): Dim | undefined {
  const [index, ...inner] = members[0]!.loops;
  const length = index?.extent.terms[0]?.atom;
  if (inner.length > 0 || length?.kind !== "dim" || !numbers.has(length)) return undefined;
  const isOutside = outside(index!, length);
  return members.every((m) => isOutside(m.equation.body)) ? length : undefined;
}

/** Tells whether an index, and how many values it has, are mentioned in the subscripts of reads at most. */
function outside(index: Index, length: Dim): (e: Expr) => boolean {
  const seen = new Set<Expr | IntegerAtom>();
  const free = (node: Expr | IntegerAtom): boolean => {
    if (node === index || node === length) return false;
    if (node.kind === "read" || seen.has(node)) return true;
    seen.add(node);
    return partsOf(node).every(free);
  };
  return free;
}

/** All members run through the same loops and touch each tensor at exactly these. */
function isUniform({ members }: KernelGroup, b: Builder): boolean {
  const { loops } = members[0]!;
  if (loops.length === 0) return false;
  const own = (t: Tensor, place: readonly Affine[]): boolean =>
    place.length === 0 ||
    (place.length === loops.length &&
      loops.every((i, d) => isPlain(place[d]!, i) && t.shape[d] === i.extent));
  return members.every(({ equation: e, loops: l }) => {
    const sameLoops = l.length === loops.length && l.every((i, d) => i === loops[d]);
    if (!sameLoops || e.reducer !== null || e.where.length > 0 || !own(e.tensor, e.target)) return false;
    return readsIn(e).every((r) => own(r.tensor, r.subscripts)) && indicesOnlyInPlaces(e, loops, b);
  });
}

/** Outside subscripts, loop indices occur only as the linear position of the cell. */
function indicesOnlyInPlaces(e: Equation, loops: readonly Index[], b: Builder): boolean {
  const linear = positionOf(loops, b);
  const memo = new Map<Expr | IntegerAtom, boolean>();
  const free = (node: Expr | IntegerAtom): boolean => {
    const known = memo.get(node);
    if (known !== undefined) return known;
    const result = test(node);
    memo.set(node, result);
    return result;
  };
  const test = (node: Expr | IntegerAtom): boolean => {
    if (node.kind === "read") return true;
    if (node.kind === "index") return !loops.includes(node);
    if (node.kind !== "affine") return partsOf(node).every(free);
    const others = node.terms.some((t) => t.atom.kind === "index") ? b.minus(node, linear) : node;
    return others.terms.every((t) => free(t.atom));
  };
  return free(e.body);
}

function positionOf(loops: readonly Index[], b: Builder): Affine {
  return loops.reduce<Affine>((p, i) => b.plus(b.times(p, i.extent), i), b.integer(0));
}

function inOneRow(
  group: KernelGroup,
  general: ((t: Tensor) => string) | null,
  originals: Map<Tensor, Tensor>,
  numbers: Map<Dim, number>,
  b: Builder,
): KernelGroup {
  const { loops } = group.members[0]!;
  const count = loops.reduce<Affine>((n, i) => b.times(n, i.extent), b.integer(1));
  if (loops.length === 1 && !(general && count.terms.length === 0)) return group;
  if (count.terms.some((t) => t.atom.kind === "opaque")) return group;
  let extent = count;
  if (general && count.terms.length === 0)
    extent = b.of(argument("count", count.constant, numbers, group, b));
  const index = b.index(loops[0]!.name, extent);
  const flat = new Map<Tensor, Tensor>();
  const asRow = (t: Tensor): Tensor => {
    if (t.shape.length === 0) return t;
    const known = flat.get(t);
    if (known) return known;
    const row = b.tensor({ ...t, name: general?.(t) ?? t.name, shape: [extent] });
    flat.set(t, row);
    originals.set(row, t);
    return row;
  };
  const walk = rowRewriter(loops, index, asRow, b);
  const members = group.members.map((m): Member => {
    const e = m.equation;
    const equation = {
      ...e,
      tensor: asRow(e.tensor),
      indices: [index],
      target: [b.of(index)],
      body: walk(e.body),
    };
    return { ...m, equation, loops: [index] };
  });
  return { ...group, members, internal: new Set([...group.internal].map(asRow)) };
}

function rowRewriter(
  loops: readonly Index[],
  index: Index,
  asRow: (t: Tensor) => Tensor,
  b: Builder,
): (e: Expr) => Expr {
  const linear = positionOf(loops, b);
  const walk: (e: Expr) => Expr = rewriter(b, {
    node: (e) => {
      if (e.kind === "read" && e.subscripts.length > 0) return b.read(asRow(e.tensor), [index]);
      if (e.kind !== "affine" || !e.terms.some((t) => t.atom.kind === "index")) return undefined;
      return b.plus(walk(b.minus(e, linear)) as Affine, index);
    },
  });
  return walk;
}

/** Constant integers among arguments of functions become arguments of the kernel. */
function withPlaces(group: KernelGroup, numbers: Map<Dim, number>, b: Builder): KernelGroup {
  const known = new Map<number, Dim>();
  const place = (value: number): Affine => {
    const dim = known.get(value) ?? argument("place", value, numbers, group, b);
    known.set(value, dim);
    return b.of(dim);
  };
  const walk = rewriter(b, {
    after: (e) => {
      if (e.kind !== "apply" || !e.args.some((a) => a.kind === "affine" && a.terms.length === 0)) return e;
      return b.apply(
        e.atom,
        e.args.map((a) => (a.kind === "affine" && a.terms.length === 0 ? place(a.constant) : a)),
      );
    },
  });
  const members = group.members.map((m): Member => {
    const body = walk(m.equation.body);
    return body === m.equation.body ? m : { ...m, equation: { ...m.equation, body } };
  });
  return { ...group, members };
}

/** A dimension of this kernel alone, whose number is passed by the call. */
function argument(
  name: string,
  value: number,
  numbers: Map<Dim, number>,
  group: KernelGroup,
  b: Builder,
): Dim {
  const { span } = group.members[0]!.equation.origin;
  // The kernel may be called with any count: nothing may be concluded from this one.
  const dim = b.dim(name, Math.min(value, 1), mostCells, span);
  numbers.set(dim, value);
  return dim;
}
