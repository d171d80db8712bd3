/**
 * Simplification: a short list of sub-passes, run until nothing changes. Each says in the log what it did, and which
 * of its rules hold over the real numbers only.
 */
import type { Context, Pass } from "../ir/context.ts";
import type { Graph, Tensor } from "../ir/types.ts";
import { replaceAliases } from "./simplify/alias.ts";
import { cancelAcross } from "./simplify/algebra.ts";
import { shareRepeated } from "./simplify/common.ts";
import { liveTensors, removeDead } from "./simplify/dead.ts";
import { simplifyGuards } from "./simplify/guards.ts";
import { simplifyLocally } from "./simplify/local.ts";
import { mergeContributions } from "./simplify/merge.ts";
import type { SubPass } from "./simplify/workspace.ts";
import { Workspace } from "./simplify/workspace.ts";

const subPasses: readonly SubPass[] = [
  simplifyLocally,
  simplifyGuards,
  shareRepeated,
  replaceAliases,
  mergeContributions,
  cancelAcross,
];

/** Simplification reaches its end in three or four rounds; the bound only guards against rules that undo each other. */
const mostRounds = 10;

function run(graph: Graph, context: Context): Graph {
  const work = new Workspace(context);
  const roots = definitionsToKeep(graph, work);
  let current = removeDead(graph, work, roots);
  for (let round = 0; round < mostRounds; round++) {
    const before = current;
    for (const pass of subPasses) current = pass(current, work);
    current = removeDead(current, work, roots);
    if (current === before) break;
  }
  return current;
}

/**
 * While gradients are still to be derived, what the source defines stays, though a rewrite no longer reads it: the
 * gradient is best written in terms of it (`p − y`), and what is not used then dies in the next simplification.
 */
function definitionsToKeep(graph: Graph, work: Workspace): readonly Tensor[] {
  if (!graph.statements.some((s) => s.kind === "gradient")) return [];
  const live = liveTensors(graph, work);
  return [...live].filter((t) => t.role === "definition" && t.type === "f32");
}

export const simplify: Pass = {
  name: "simplify",
  doc: "removes guards, copies, repetitions and dead code; keeps logarithms finite; cancels across equations",
  run,
};
