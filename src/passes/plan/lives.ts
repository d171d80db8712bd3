/** From which call to which call a tensor must keep its cells. */
import type { Call, Procedure } from "../../ir/kernel.ts";
import type { ModelGraphs } from "../../ir/model.ts";
import type { Graph, Tensor } from "../../ir/types.ts";
import type { Aliases } from "../fuse/dependences.ts";

/** An interval of calls, both ends included, on one timeline. What is needed when the timeline ends has no `to`. */
export interface Life {
  readonly timeline: number;
  readonly from: number;
  readonly to: number;
}

export type Procedures = Readonly<
  Record<"initialise" | "forward" | "evaluate" | "backward" | "statistics" | "update", Procedure>
>;

/**
 * `backward`, `statistics` and `update` are one timeline, every other procedure is one of its own: between them only
 * persistent tensors keep values. Results live to the end, until the next procedure runs.
 */
export function livesOf(graphs: ModelGraphs, procedures: Procedures, aliases: Aliases): Map<Tensor, Life[]> {
  const lives = new Map<Tensor, Life[]>();
  const timelines: [readonly Procedure[], readonly Graph[]][] = [
    [[procedures.initialise], [graphs.initialise]],
    [[procedures.forward], [graphs.forward]],
    [[procedures.evaluate], [graphs.evaluate]],
    [
      [procedures.backward, procedures.statistics, procedures.update],
      [graphs.backward, graphs.statistics, graphs.update],
    ],
  ];
  timelines.forEach(([parts, ends], timeline) => {
    const calls = parts.flatMap((p) => p.calls);
    const results = new Set(ends.flatMap((g) => g.results.map((t) => aliases.root(t))));
    for (const [root, { from, to }] of livesIn(calls, aliases)) {
      const end = results.has(root) ? Infinity : to;
      lives.set(root, [...(lives.get(root) ?? []), { timeline, from, to: end }]);
    }
  });
  return lives;
}

function livesIn(calls: readonly Call[], aliases: Aliases): Map<Tensor, { from: number; to: number }> {
  const lives = new Map<Tensor, { from: number; to: number }>();
  calls.forEach((c, at) => {
    for (const t of c.kind === "call" ? c.buffers : [c.tensor]) {
      const root = aliases.root(t);
      const known = lives.get(root);
      if (known) known.to = at;
      else lives.set(root, { from: at, to: at });
    }
  });
  return lives;
}
