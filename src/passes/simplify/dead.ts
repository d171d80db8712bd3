import type { Graph, Tensor } from "../../ir/types.ts";
import { isPersistent, tensorsWritten } from "../../ir/dependences.ts";
import type { Workspace } from "./workspace.ts";

/** The tensors that results and updates of persistent tensors depend on, all parts of a tensor alike. */
export function liveTensors(graph: Graph, work: Workspace, roots: Iterable<Tensor> = []): Set<Tensor> {
  const live = new Set<Tensor>([...graph.results, ...roots]);
  for (let i = graph.statements.length - 1; i >= 0; i--) {
    const statement = graph.statements[i]!;
    if (!tensorsWritten(statement).some((t) => live.has(t) || isPersistent(t))) continue;
    for (const t of work.tensorsRead(statement)) live.add(t);
  }
  return live;
}

/**
 * Dead code: statements whose tensors reach no result vanish. A cell is complete before it is read, so one walk from
 * the end sees every reader of a tensor before its first part. `roots` are tensors to keep besides the results.
 */
export function removeDead(graph: Graph, work: Workspace, roots: Iterable<Tensor> = []): Graph {
  const live = liveTensors(graph, work, roots);
  const statements = graph.statements.filter((s) =>
    tensorsWritten(s).some((t) => live.has(t) || isPersistent(t)),
  );
  if (statements.length === graph.statements.length) return graph;
  return { ...graph, statements };
}
