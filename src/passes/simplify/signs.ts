import { printStatement } from "../../ir/printer.ts";
import { mapEquation, rewriter } from "../../ir/rewrite.ts";
import type { Equation, Graph, Statement, Tensor } from "../../ir/types.ts";
import type { GraphIndex } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

/**
 * A minus sign leaves a hoisted sum: Σ −x = −Σ x. Its readers then meet their own signs, so that
 * `−(Σ −(…))/n` becomes `(Σ …)/n`. Changing signs is exact.
 */
export function hoistSigns(graph: Graph, work: Workspace): Graph {
  const b = work.builder;
  const index = work.indexOf(graph);
  const negated = new Set<Tensor>();
  const positive = graph.statements.map((s): Statement => {
    if (!isNegativeSum(s, index)) return s;
    negated.add(s.tensor);
    const next = b.equation({ ...s, body: b.neg(s.body) });
    work.record(
      "Σ −x = −Σ x",
      false,
      s.tensor,
      () => printStatement(s),
      () => printStatement(next),
    );
    return next;
  });
  if (negated.size === 0) return graph;
  const flip = rewriter(b, { after: (e) => (e.kind === "read" && negated.has(e.tensor) ? b.neg(e) : e) });
  const statements = positive.map((s) => {
    const readsOne = s.kind === "equation" && work.tensorsRead(s).some((t) => negated.has(t));
    return readsOne ? mapEquation(s, flip, b) : s;
  });
  return { ...graph, statements };
}

/** Sums that the compiler hoisted: nobody asked for their value by name. */
function isNegativeSum(s: Statement, index: GraphIndex): s is Equation {
  if (s.kind !== "equation" || s.reducer !== "sum" || s.body.kind !== "apply" || s.body.atom !== "neg")
    return false;
  const { tensor } = s;
  const free = !index.results.has(tensor) && !index.pinned.has(tensor);
  return tensor.hoistedFrom !== undefined && free && index.definition(tensor) === s;
}
