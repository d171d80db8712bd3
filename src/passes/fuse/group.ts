/** What fusion hands to lowering: which equations share a kernel, and which loops they share in it. */
import { coversWhole, targetsWhole, visit } from "../../ir/rewrite.ts";
import type { Equation, Graph, Index, Reshape, Tensor } from "../../ir/types.ts";

/** One equation in a kernel. Members whose loops start with the same index objects share those loops. */
export interface Member {
  readonly equation: Equation;
  readonly loops: readonly Index[];
  /** The first part of a tensor that stores every cell: where `where` is false it stores 0. */
  readonly fills: boolean;
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
}

/** Owned by the model or the caller: cells keep their values, nothing is cleared. */
export function isPersistent(t: Tensor): boolean {
  return t.role !== "definition" && t.role !== "adjoint";
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

/** A kernel of its own for one equation. `first`: nothing was stored into its tensor before. */
export function lone(e: Equation, first: boolean): KernelGroup {
  const starts = first && !isPersistent(e.tensor);
  const whole = targetsWhole(e) && e.target.length === e.indices.length;
  const member: Member = {
    equation: starts && whole && e.accumulate ? { ...e, accumulate: false } : e,
    loops: loopOrder(e),
    fills: starts && whole,
  };
  const clears = starts && !whole && !coversWhole(e) ? [e.tensor] : [];
  return { kind: "group", members: [member], internal: new Set(), clears };
}

/** One kernel per equation, in graph order. */
export function separate(graph: Graph): FusedGraph {
  const stored = new Set<Tensor>();
  const items = graph.statements.map((s) => {
    if (s.kind === "gradient" || s.kind === "override")
      throw new Error(`${s.kind} left in the graph ${graph.name}`);
    const first = !stored.has(s.tensor);
    stored.add(s.tensor);
    return s.kind === "reshape" ? s : lone(s, first);
  });
  return { name: graph.name, items, results: graph.results };
}
