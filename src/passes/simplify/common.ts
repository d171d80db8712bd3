import type { Builder } from "../../ir/builder.ts";
import { printStatement } from "../../ir/printer.ts";
import type { Equation, Graph, Statement, Tensor } from "../../ir/types.ts";
import { isTransparent } from "./alias.ts";
import { isPersistent } from "../../ir/dependences.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Common equations: of two that are the same but for the names of indices, the later becomes a copy of the earlier,
 * which its readers then read instead. A parameter or state that was updated in between counts as another tensor.
 */
export function shareRepeated(graph: Graph, work: Workspace): Graph {
  const index = work.indexOf(graph);
  const first = new Map<string, Tensor>();
  const versions = new Map<Tensor, number>();
  let changed = false;
  const statements = graph.statements.map((s): Statement => {
    if (s.kind !== "equation") return s;
    if (isPersistent(s.tensor)) {
      versions.set(s.tensor, (versions.get(s.tensor) ?? 0) + 1);
      return s;
    }
    if (index.definition(s.tensor) !== s || (s.reducer === null && isTransparent(s.body))) return s;
    const seen = work.tensorsRead(s).map((t) => versions.get(t) ?? 0);
    const key = `${work.alphaKey(s)} @ ${seen.join()}`;
    const known = first.get(key);
    if (!known) {
      first.set(key, s.tensor);
      return s;
    }
    changed = true;
    const copy = copyOf(s, known, work.builder);
    work.record(
      "common equation",
      false,
      s.tensor,
      () => printStatement(s),
      () => printStatement(copy),
    );
    return copy;
  });
  return changed ? { ...graph, statements } : graph;
}

function copyOf(e: Equation, source: Tensor, b: Builder): Equation {
  return b.equation({ ...e, reducer: null, reduced: [], where: [], body: b.read(source, e.target) });
}
