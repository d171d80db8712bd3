import type { Context } from "../ir/context.ts";
import { expressionsOf, mapEquation, rewriter } from "../ir/rewrite.ts";
import type { Graph, Program, Statement } from "../ir/types.ts";

/**
 * Fixes the builtin `training`: each specialisation of a model knows whether it trains, so that dropout and running
 * statistics cost nothing where they do nothing. Selections by it are folded at once.
 */
export function specialise(graph: Graph, training: boolean, program: Program, context: Context): Graph {
  const b = context.builder;
  const builtin = program.builtins.training;
  const rewrite = rewriter(b, {
    node: (e) => (e.kind === "read" && e.tensor === builtin ? b.bool(training) : undefined),
  });
  const fix = (s: Statement): Statement => {
    if (s.kind === "override") {
      const equations = s.equations.map(fix);
      return equations.some((e, i) => e !== s.equations[i]) ? { ...s, id: b.id(), equations } : s;
    }
    if (s.kind !== "equation" || expressionsOf(s).every((e) => rewrite(e) === e)) return s;
    return mapEquation(s, rewrite, b);
  };
  return { ...graph, statements: graph.statements.map(fix) };
}
