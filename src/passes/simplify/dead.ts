import type { Graph, Statement, Tensor } from "../../ir/types.ts";
import { isPersistent, tensorsWritten } from "../../ir/dependences.ts";
import type { Workspace } from "./workspace.ts";

/** The tensors that results and updates of persistent tensors depend on. */
export function liveTensors(graph: Graph, work: Workspace, roots: Iterable<Tensor> = []): Set<Tensor> {
  return walk(graph, work, roots).live;
}

/**
 * Dead code: statements that reach no result vanish. A cell is complete before it is read, so one walk from the end
 * sees every reader of a part before the part; a part behind the last reader is dead though others live. `roots` are
 * tensors to keep besides the results.
 */
export function removeDead(graph: Graph, work: Workspace, roots: Iterable<Tensor> = []): Graph {
  const { kept } = walk(graph, work, roots);
  return kept.length === graph.statements.length ? graph : { ...graph, statements: kept.reverse() };
}

function walk(
  graph: Graph,
  work: Workspace,
  roots: Iterable<Tensor>,
): { live: Set<Tensor>; kept: Statement[] } {
  const live = new Set<Tensor>([...graph.results, ...roots]);
  const kept = graph.statements.toReversed().filter((statement) => {
    const isLive = tensorsWritten(statement).some((t) => live.has(t) || isPersistent(t));
    if (isLive) for (const t of work.tensorsRead(statement)) live.add(t);
    return isLive;
  });
  return { live, kept };
}
