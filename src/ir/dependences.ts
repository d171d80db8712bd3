/** Which tensors statements read and write, and the part of a graph that given tensors depend on. */
import { expressionsOf, readsOf } from "./rewrite.ts";
import type { Graph, Statement, Tensor } from "./types.ts";

/** The tensors whose values a statement needs. */
export function tensorsRead(s: Statement): Tensor[] {
  switch (s.kind) {
    case "equation":
      return readsOf(...expressionsOf(s)).map((r) => r.tensor);
    case "reshape":
      return [s.source];
    case "gradient":
      return [s.of, ...s.wrt];
    case "override": {
      const inside = new Set(s.equations.flatMap(tensorsWritten));
      const outside = s.equations.flatMap(tensorsRead).filter((t) => !inside.has(t) && t !== s.upstream);
      return [s.source, ...s.gradients.map((g) => g.wrt), ...outside];
    }
  }
}

/** The tensors a statement gives values to. */
export function tensorsWritten(s: Statement): readonly Tensor[] {
  return s.kind === "gradient" ? s.results : [s.tensor];
}

/** The statements whose values change where those of `tensor` do, in order; all parts of what changes. */
export function dependents(statements: readonly Statement[], tensor: Tensor): Statement[] {
  const changed = new Set<Tensor>([tensor]);
  for (const s of statements) {
    if (tensorsRead(s).some((t) => changed.has(t))) for (const t of tensorsWritten(s)) changed.add(t);
  }
  return statements.filter((s) => tensorsWritten(s).some((t) => t !== tensor && changed.has(t)));
}

/** Parameters, states and the like keep their values between runs; only definitions and adjoints are computed. */
export function isPersistent(t: Tensor): boolean {
  return t.role !== "definition" && t.role !== "adjoint";
}

/**
 * The statements that `results` depend on, in order. Updates of persistent tensors are kept only where `updates` asks
 * for them. A cell is complete before it is read, so one walk from the end sees every reader before the first part.
 */
export function slice(graph: Graph, results: readonly Tensor[], updates: "keep" | "drop"): Graph {
  const live = new Set<Tensor>(results);
  const kept: Statement[] = [];
  for (const s of graph.statements.toReversed()) {
    const written = tensorsWritten(s);
    const lasting = written.some(isPersistent);
    if (lasting ? updates === "drop" : !written.some((t) => live.has(t))) continue;
    for (const t of tensorsRead(s)) live.add(t);
    kept.push(s);
  }
  return { ...graph, statements: kept.reverse(), results };
}
