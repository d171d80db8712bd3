import type { Builder } from "../../ir/builder.ts";
import { printStatement } from "../../ir/printer.ts";
import { mapEquation, readsOf, rewriter, visit } from "../../ir/rewrite.ts";
import type { Apply, Equation, Expr, Graph, Read, Statement } from "../../ir/types.ts";
import { simplifyNode } from "./local.ts";
import { Views } from "./views.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Where y = min(1, max(−1, x)), −1 < x is −1 < y. An adjoint that reads y anyway asks y instead: x is not kept for it,
 * and the question meets others about y.
 */
export function askBoundedValues(graph: Graph, work: Workspace): Graph {
  const b = work.builder;
  let views: Views | undefined;
  let changed = false;
  const statements = graph.statements.map((s, position): Statement => {
    if (s.kind !== "equation" || s.tensor.role !== "adjoint" || work.unbounded.has(s)) return s;
    views ??= new Views(work.indexOf(graph), b);
    views.position = position;
    const next = askingBounded(s, views, b);
    work.unbounded.add(next);
    if (next === s) return s;
    changed = true;
    work.record(
      "c < x = c < min(a, x), where c < a",
      false,
      s.tensor,
      () => printStatement(s),
      () => printStatement(next),
    );
    return next;
  });
  return changed ? { ...graph, statements } : graph;
}

function askingBounded(e: Equation, views: Views, b: Builder): Equation {
  if (!comparesWithNumber(e)) return e;
  const bounded = readsOf(e.body, ...e.where).flatMap((read): [Read, Expr][] => {
    const value = read.type === "f32" ? views.through(read) : read;
    return value.kind === "apply" && (value.atom === "min" || value.atom === "max") ? [[read, value]] : [];
  });
  if (bounded.length === 0) return e;
  const rewrite = rewriter(b, {
    after: (x) => {
      if (!isBound(x)) return x;
      const [left, right] = x.args as [Expr, Expr];
      const asking = (value: Expr): Expr =>
        left.kind === "constant" ? b.less(left, value) : b.less(value, right);
      const same = ([, value]: [Read, Expr]): boolean =>
        simplifyNode(b, asking(value), false, () => undefined) === x;
      const found = bounded.find(same);
      return found ? asking(found[0]) : x;
    },
  });
  const changes = [...e.where, e.body].some((x) => rewrite(x) !== x);
  return changes ? mapEquation(e, rewrite, b) : e;
}

/** x < c or c < x, with a number c. */
function isBound(e: Expr): e is Apply {
  return e.kind === "apply" && e.atom === "lt" && e.args.some((a) => a.kind === "constant");
}

function comparesWithNumber(e: Equation): boolean {
  let found = false;
  visit([...e.where, e.body], (x) => (found ||= isBound(x)));
  return found;
}
