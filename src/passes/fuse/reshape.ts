/** A reshape is another view of the same memory where that is allowed; where it is not, it becomes a copying equation. */
import type { Builder } from "../../ir/builder.ts";
import type { ModelGraphs } from "../../ir/model.ts";
import type { Affine, Equation, Graph, Reshape, Tensor } from "../../ir/types.ts";
import { Aliases } from "./dependences.ts";
import { isPersistent } from "../../ir/dependences.ts";
import { statementsOf } from "./group.ts";
import { tensorsReadBy } from "./readers.ts";

/** The same graphs, where every reshape that is left is a view. */
export function copyWhereNeeded(graphs: ModelGraphs, b: Builder): { graphs: ModelGraphs; aliases: Aliases } {
  const { program, initialise, forward, evaluate, backward, statistics, update } = graphs;
  /** What has memory of its own for one graph has it for all. */
  const all = [initialise, forward, evaluate, backward, statistics, update];
  const results = new Set(all.flatMap((g) => g.results));
  const pinned = new Set([
    ...program.parameters,
    ...program.gradients,
    ...program.states,
    ...program.optimizerStates,
  ]);
  const aliases = new Aliases([]);
  const updates = [...statistics.statements, ...update.statements];
  const readInUpdates = new Set(updates.flatMap((s) => (s.kind === "equation" ? [...tensorsReadBy(s)] : [])));
  /** The tensor of each class of views that decides where it lives. */
  const owner = new Map<Tensor, Tensor>();
  const ownerOf = (t: Tensor): Tensor | undefined => {
    const root = aliases.root(t);
    return owner.get(root) ?? (pinned.has(root) || isPersistent(root) ? root : undefined);
  };
  const view = (r: Reshape, graph: Graph, at: number): boolean => {
    const [to, from] = [ownerOf(r.tensor), ownerOf(r.source)];
    if (isPersistent(r.tensor) || (to && from) || definitions(graph, r.tensor) > 1) return false;
    if (r.source.role === "hyper" || r.source.role === "builtin") return false;
    if (from?.role === "input" && (results.has(r.tensor) || pinned.has(r.tensor))) return false;
    if (from && isPersistent(from) && readInUpdates.has(r.tensor)) return false;
    const root = aliases.root(r.source);
    if (
      statementsOf(graph)
        .slice(at + 1)
        .some((s) => aliases.root(s.tensor) === root)
    )
      return false;
    aliases.join(r);
    const decides = to ?? from;
    if (decides) owner.set(aliases.root(r.source), decides);
    return true;
  };
  const walk = (graph: Graph): Graph => ({
    ...graph,
    statements: statementsOf(graph).map((s, at) =>
      s.kind !== "reshape" || view(s, graph, at) ? s : copyOf(s, b),
    ),
  });
  return {
    graphs: {
      program,
      backward: walk(backward),
      statistics: walk(statistics),
      update: walk(update),
      initialise: walk(initialise),
      forward: walk(forward),
      evaluate: walk(evaluate),
    },
    aliases,
  };
}

function definitions(graph: Graph, t: Tensor): number {
  return statementsOf(graph).filter((s) => s.tensor === t).length;
}

/** Cell for cell in row-major order. */
function copyOf({ tensor, source, origin }: Reshape, b: Builder): Equation {
  const indices = tensor.shape.map((extent, d) => b.index(`i${d === 0 ? "" : d + 1}`, extent));
  let place: Affine = b.integer(0);
  for (const i of indices) place = b.plus(b.times(place, i.extent), i);
  const subscripts: Affine[] = [];
  for (let d = source.shape.length - 1; d >= 0; d--) {
    const extent = source.shape[d]!;
    subscripts.unshift(d === 0 ? place : b.modulo(place, extent));
    place = b.floorDivide(place, extent);
  }
  const target = indices.map((i) => b.of(i));
  const body = b.read(source, subscripts);
  return b.equation({
    tensor,
    indices,
    target,
    accumulate: false,
    reducer: null,
    reduced: [],
    where: [],
    body,
    origin,
  });
}
