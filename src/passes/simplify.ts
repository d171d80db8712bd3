/**
 * Simplification: a short list of sub-passes, run until nothing changes. Each says in the log what it did, and which
 * of its rules hold over the real numbers only.
 */
import type { Context, Pass } from "../ir/context.ts";
import type { Graph, Tensor } from "../ir/types.ts";
import { replaceAliases } from "./simplify/alias.ts";
import { cancelAcross } from "./simplify/algebra.ts";
import { shareRepeated } from "./simplify/common.ts";
import { askBoundedValues } from "./simplify/bounds.ts";
import { chainDecisions } from "./simplify/decisions.ts";
import { dropDemanded } from "./simplify/demand.ts";
import { hoistInvariants } from "./simplify/invariants.ts";
import { liveTensors, removeDead } from "./simplify/dead.ts";
import { simplifyGuards } from "./simplify/guards.ts";
import { simplifyLocally } from "./simplify/local.ts";
import { mergeContributions } from "./simplify/merge.ts";
import { hoistSigns } from "./simplify/signs.ts";
import { stabilise } from "./simplify/stability.ts";
import type { SubPass } from "./simplify/workspace.ts";
import { tensorsWritten } from "../ir/dependences.ts";
import { Workspace } from "./simplify/workspace.ts";

const subPasses: readonly SubPass[] = [
  simplifyLocally,
  simplifyGuards,
  shareRepeated,
  replaceAliases,
  stabilise,
  mergeContributions,
  askBoundedValues,
  hoistInvariants,
  hoistSigns,
  cancelAcross,
  chainDecisions,
  dropDemanded,
];

/** Simplification reaches its end in three or four rounds; the bound only guards against rules that undo each other. */
const mostRounds = 10;

function run(graph: Graph, context: Context): Graph {
  const work = new Workspace(context, graph.name);
  const roots = readable(graph, work);
  let current = removeDead(graph, work, roots.meanwhile);
  for (let round = 0; round < mostRounds; round++) {
    const before = current;
    for (const pass of subPasses) current = observed(pass, current, work);
    current = removeDead(current, work, roots.meanwhile);
    if (current === before) break;
  }
  return removeDead(current, work, roots.afterwards);
}

function observed(pass: SubPass, graph: Graph, work: Workspace): Graph {
  const { log, observe } = work.context;
  const start = log.length;
  const next = pass(graph, work);
  if (next !== graph) observe?.(graph, next, log.slice(start));
  return next;
}

/**
 * What the source defines stays while gradients are derived and simplified, though a rewritten loss no longer reads
 * it: the gradient is best written in terms of it (`p − y`). What is not used then dies at the end.
 */
function readable(
  graph: Graph,
  work: Workspace,
): { meanwhile: readonly Tensor[]; afterwards: readonly Tensor[] } {
  const isDefinition = (t: Tensor): boolean => t.role === "definition" && t.type === "f32";
  const asks = graph.statements.some((s) => s.kind === "gradient");
  if (asks) {
    const live = [...liveTensors(graph, work)].filter(isDefinition);
    return { meanwhile: live, afterwards: live };
  }
  const written = graph.statements.flatMap(tensorsWritten);
  const derived = written.some((t) => t.role === "adjoint");
  return { meanwhile: derived ? written.filter(isDefinition) : [], afterwards: [] };
}

export const simplify: Pass = {
  name: "simplify",
  doc: "removes guards, copies, repetitions and dead code; keeps logarithms finite; cancels across equations",
  run,
};
