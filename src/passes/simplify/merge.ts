import type { Builder } from "../../ir/builder.ts";
import { printStatement } from "../../ir/printer.ts";
import { coversWhole, readsOf, substitute, targetsWhole } from "../../ir/rewrite.ts";
import type { Equation, Expr, Graph, Statement, Tensor } from "../../ir/types.ts";
import { targetIndices } from "./alias.ts";
import { isPersistent } from "../../ir/dependences.ts";
import type { GraphIndex } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

/** A contribution without a reduction to every cell of a tensor. */
function isPlainPart(s: Statement): s is Equation {
  return s.kind === "equation" && s.reducer === null && targetsWhole(s);
}

/** What a part adds at a place: its body, or 0 where its guards say so. */
export function guardedBody(b: Builder, e: Equation): Expr {
  return e.where.length === 0 ? e.body : b.select(b.and(...e.where), e.body, b.number(0));
}

/**
 * Contributions to one adjoint that need no reduction are merged into one equation, at the place of the last of them.
 * What they read is complete by then, and is not overwritten: no persistent tensor may be updated between.
 */
export function mergeContributions(graph: Graph, work: Workspace): Graph {
  const index = work.indexOf(graph);
  const replaced = new Map<number, Equation | null>();
  for (const [tensor, positions] of index.writers) {
    if (tensor.role !== "adjoint" || tensor.type !== "f32") continue;
    if (positions.length > 1) mergeInto(tensor, positions, index, work, replaced);
    storeFirst(positions, index, work, replaced);
  }
  if (replaced.size === 0) return graph;
  const statements = graph.statements.flatMap((s, i) => {
    const next = replaced.get(i);
    return next === undefined ? [s] : next === null ? [] : [next];
  });
  return { ...graph, statements };
}

function mergeInto(
  tensor: Tensor,
  positions: readonly number[],
  index: GraphIndex,
  work: Workspace,
  replaced: Map<number, Equation | null>,
): void {
  const b = work.builder;
  const statements = index.graph.statements;
  const plain = positions.filter((p) => isPlainPart(statements[p]!));
  if (plain.length < 2) return;
  const last = plain[plain.length - 1]!;
  const parts = plain.map((p) => statements[p] as Equation);
  if (parts.some((e) => e.body.type !== "f32")) return;
  const overwritten = parts.some((e) =>
    readsOf(e.body, ...e.where).some((r) => isPersistent(r.tensor) && index.firstWrite(r.tensor) <= last),
  );
  const readBetween = (index.readers.get(tensor) ?? []).some((r) => r <= last);
  if (overwritten || readBetween) return;

  const target = parts[parts.length - 1]!;
  const indices = targetIndices(target);
  const bodies = parts.map((e) => {
    const own = targetIndices(e);
    const rename = new Map(own.map((i, d) => [i, b.of(indices[d]!)]));
    return substitute(b, guardedBody(b, e), rename);
  });
  const body = bodies.reduce((sum, next) => b.add(sum, next));
  // Parts that stay where they are and stand before it have stored already.
  const accumulate = positions.some((p) => p < last && !plain.includes(p));
  const steps = parts.flatMap((e) => e.origin.steps ?? []);
  const whole = b.equation({ ...target, accumulate, where: [], body, origin: { ...target.origin, steps } });
  for (const p of plain) replaced.set(p, null);
  replaced.set(last, whole);
  work.record(
    "merge contributions",
    false,
    tensor,
    () => parts.map(printStatement).join("; "),
    () => printStatement(whole),
  );
}

/** An adjoint is zero before its first part: a first part that covers the whole need not add. */
function storeFirst(
  positions: readonly number[],
  index: GraphIndex,
  work: Workspace,
  replaced: Map<number, Equation | null>,
): void {
  const first = positions.find((p) => replaced.get(p) !== null);
  const part = first === undefined ? undefined : (replaced.get(first) ?? index.graph.statements[first]);
  if (first === undefined || part?.kind !== "equation" || !part.accumulate) return;
  const storing = work.builder.equation({ ...part, accumulate: false });
  if (coversWhole(storing)) replaced.set(first, storing);
}
