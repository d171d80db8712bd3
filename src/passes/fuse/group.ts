/** What fusion hands to lowering: which equations share a kernel, and which loops they share in it. */
import { isPersistent } from "../../ir/dependences.ts";
import type { Builder } from "../../ir/builder.ts";
import { coversWhole, freeIndices, rewriter, targetsWhole, visit } from "../../ir/rewrite.ts";
import type { Affine, Equation, Graph, Index, Reshape, Tensor } from "../../ir/types.ts";

/** One equation in a kernel. Members whose loops start with the same index objects share those loops. */
export interface Member {
  readonly equation: Equation;
  readonly loops: readonly Index[];
  /** The first part of a tensor that stores every cell: where `where` is false it stores 0. */
  readonly fills: boolean;
  /** The equation as it stands in the graph, after those that were written into it. */
  readonly sources: readonly Equation[];
}

/** The equations of one kernel, in order of execution. */
export interface KernelGroup {
  readonly kind: "group";
  readonly members: readonly Member[];
  /** Tensors that exist only as locals of this kernel. */
  readonly internal: ReadonlySet<Tensor>;
  /** Tensors that must be zero before this kernel runs. */
  readonly clears: readonly Tensor[];
}

export interface FusedGraph {
  readonly name: string;
  readonly items: readonly (KernelGroup | Reshape)[];
  readonly results: readonly Tensor[];
  /** One line for every decision, for whoever reads a trace: finding the reasons takes as long as fusing. */
  readonly notes: () => readonly string[];
}

/** The statements of a graph in which every gradient was expanded. */
export function statementsOf(graph: Graph): (Equation | Reshape)[] {
  return graph.statements.map((s) => {
    if (s.kind === "gradient" || s.kind === "override")
      throw new Error(`${s.kind} left in the graph ${graph.name}`);
    return s;
  });
}

/** The loops of an equation in the order in which its left side mentions them; others follow. */
export function loopOrder(e: Equation): Index[] {
  const own = new Set(e.indices);
  const order = new Set<Index>();
  visit(
    e.target,
    () => undefined,
    (atom) => {
      if (atom.kind === "index" && own.has(atom)) order.add(atom);
    },
  );
  return [...order, ...e.indices.filter((i) => !order.has(i))];
}

/**
 * Tensors whose parts store every cell before anything is added to one. Each cell is stored at most once, so it is
 * enough to count them.
 */
export function storedInParts(statements: readonly (Equation | Reshape)[], b: Builder): Set<Tensor> {
  const stored = new Map<Tensor, Affine>();
  const added = new Set<Tensor>();
  const complete = new Set<Tensor>();
  const count = (extents: readonly Affine[]): Affine =>
    extents.reduce<Affine>((n, e) => b.times(n, e), b.integer(1));
  for (const s of statements) {
    if (s.kind === "reshape" || added.has(s.tensor)) continue;
    if (s.accumulate) {
      added.add(s.tensor);
    } else if (s.reducer !== null || s.where.length === 0) {
      const cells = b.plus(stored.get(s.tensor) ?? 0, count(s.indices.map((i) => i.extent)));
      stored.set(s.tensor, cells);
      if (cells === count(s.tensor.shape)) complete.add(s.tensor);
    }
  }
  return complete;
}

/**
 * A kernel of its own for one equation. `first`: nothing was stored into its tensor before. `inParts`: this and later
 * parts store all of it.
 */
export function lone(
  e: Equation,
  first: boolean,
  sources: readonly Equation[] = [e],
  inParts = false,
): KernelGroup {
  const starts = first && !isPersistent(e.tensor);
  const whole = targetsWhole(e) && e.target.length === e.indices.length;
  const member: Member = {
    equation: starts && whole && e.accumulate ? { ...e, accumulate: false } : e,
    loops: loopOrder(e),
    fills: starts && whole,
    sources,
  };
  const clears = starts && !inParts && !whole && !coversWhole(e) ? [e.tensor] : [];
  return { kind: "group", members: [member], internal: new Set(), clears };
}

/**
 * Whether different turns of a loop store into different cells. Each cell is stored at most once with `=`; an
 * accumulation is independent in an index that alone decides one of its subscripts.
 */
export function isParallel(e: Equation, index: Index): boolean {
  if (!e.accumulate) return true;
  return e.target.some((t) => {
    const free = freeIndices(t);
    return free.size === 1 && t.terms.length === 1 && t.terms[0]!.atom === index;
  });
}

/** The same member with indices replaced by others of the same extents. */
export function renameIndices(member: Member, names: ReadonlyMap<Index, Index>, b: Builder): Member {
  if ([...names].every(([from, to]) => from === to)) return member;
  const walk = rewriter(b, {
    atom: (a) => (a.kind === "index" && names.has(a) ? b.of(names.get(a)!) : undefined),
  });
  const rename = (i: Index): Index => names.get(i) ?? i;
  const e = member.equation;
  const equation: Equation = {
    ...e,
    indices: e.indices.map(rename),
    reduced: e.reduced.map(rename),
    target: e.target.map((t) => walk(t) as Affine),
    where: e.where.map(walk),
    body: walk(e.body),
  };
  return { ...member, equation, loops: member.loops.map(rename) };
}

/** Equal index objects must mean shared loops, so what is not shared yet gets new ones. */
export function withOwnIndices(group: KernelGroup, next: Member, b: Builder): Member {
  const taken = new Set(group.members.flatMap((m) => [...m.loops, ...m.equation.reduced]));
  const clashing = [...next.loops, ...next.equation.reduced].filter((i) => taken.has(i));
  return renameIndices(next, new Map(clashing.map((i) => [i, b.index(i.name, i.extent)])), b);
}
