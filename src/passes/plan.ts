/**
 * Where every tensor lives. Parameters, gradients and states are flat blocks in the order of the program; at level 2 in
 * one in which the optimizer passes over them in as few loops as possible (rows.ts). Everything
 * else has a slot in one block of values, which all procedures share, since they never run at the same time. At
 * level 1 tensors whose lives do not overlap share a slot.
 */
import type { Builder } from "../ir/builder.ts";
import type { Block, Level, Plan, Slot } from "../ir/kernel.ts";
import type { ModelGraphs } from "../ir/model.ts";
import { rewriter } from "../ir/rewrite.ts";
import type { Affine, Tensor } from "../ir/types.ts";
import type { Aliases } from "./fuse/dependences.ts";
import { isPersistent } from "../ir/dependences.ts";
import { chainsIn, inChains } from "./plan/rows.ts";
import { shareSlots } from "./plan/coloring.ts";
import type { Tenant } from "./plan/coloring.ts";
import type { Procedures } from "./plan/lives.ts";
import { livesOf } from "./plan/lives.ts";
import type { MachineFacts } from "./schedule/machine.ts";

export function plan(
  graphs: ModelGraphs,
  procedures: Procedures,
  aliases: Aliases,
  { level, machine }: { readonly level: Level; readonly machine: MachineFacts },
  b: Builder,
): Plan {
  const { program } = graphs;
  const chains = level < machine.rowsFrom ? [] : chainsIn(procedures.update);
  const fixed: [Block, readonly Tensor[]][] = [
    ["parameters", program.parameters],
    ["gradients", program.gradients],
    ["states", [...program.states, ...program.optimizerStates]],
  ];
  const classes = viewsOf(
    graphs,
    procedures,
    fixed.flatMap(([, tensors]) => tensors),
    aliases,
  );
  const { from, cells, isComplete } = machine.alignment;
  const aligned = (size: Affine): Affine =>
    level < from || (size.terms.length > 0 && !isComplete) ? size : wholeLines(b, size, cells);
  const slots: Slot[] = [];
  for (const [block, tensors] of fixed) {
    for (const t of inChains(tensors, chains)) {
      const views = classes.get(aliases.root(t))!;
      const size = aligned(sizeOf(b, t));
      slots.push({ block, type: t.type, size, tensors: [t, ...views.filter((v) => v !== t)] });
      classes.delete(aliases.root(t));
    }
  }
  const given = (t: Tensor): boolean => t.role === "input" || t.role === "hyper" || t.role === "builtin";
  const lives = livesOf(graphs, procedures, aliases);
  const tenants = [...classes]
    .filter(([, tensors]) => !tensors.some(given))
    .map(([root, tensors]): Tenant => ({
      tensors,
      size: sizeOf(b, tensors[0]!),
      lives: lives.get(root) ?? [],
    }));
  return { slots: [...slots, ...shareSlots(tenants, level > 0)], rows: [] };
}

/** A size up to where the next slot begins. */
function wholeLines(b: Builder, size: Affine, cells: number): Affine {
  return b.times(b.floorDivide(b.plus(size, cells - 1), cells), cells);
}

/** All tensors that need a place, by the memory that they are views of. */
function viewsOf(
  graphs: ModelGraphs,
  procedures: Procedures,
  fixed: readonly Tensor[],
  aliases: Aliases,
): Map<Tensor, Tensor[]> {
  const classes = new Map<Tensor, Tensor[]>();
  const seen = new Set<Tensor>();
  const add = (t: Tensor): void => {
    if (seen.has(t)) return;
    seen.add(t);
    const root = aliases.root(t);
    classes.set(root, [...(classes.get(root) ?? []), t]);
  };
  fixed.forEach(add);
  for (const { calls } of Object.values(procedures)) {
    for (const c of calls) (c.kind === "call" ? c.buffers : [c.tensor]).forEach(add);
  }
  for (const graph of graphsOf(graphs)) {
    graph.results.filter((t) => !isPersistent(t)).forEach(add);
    for (const s of graph.statements)
      if (s.kind === "reshape" && classes.has(aliases.root(s.source))) add(s.tensor);
  }
  return classes;
}

function graphsOf({
  initialise,
  forward,
  evaluate,
  backward,
  statistics,
  update,
}: ModelGraphs): ModelGraphs["forward"][] {
  return [initialise, forward, evaluate, backward, statistics, update];
}

/** The number of elements, with the maxima of the dimensions that vary by call. */
function sizeOf(b: Builder, t: Tensor): Affine {
  const largest = rewriter(b, {
    atom: (a) => (a.kind === "dim" && a.varies === "call" ? b.integer(a.maximum) : undefined),
  });
  return t.shape.reduce<Affine>((n, extent) => b.times(n, largest(extent) as Affine), b.integer(1));
}
