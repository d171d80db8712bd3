/** How a nest is launched: by its cells, by rows that a workgroup shares, or as two nests, where its sums are split. */
import { nestOf } from "../../ir/nest.ts";
import type { Block } from "./block.ts";
import { tilesOf } from "./contractions.ts";
import type { Setting } from "./cost.ts";
import { costOf, isLess } from "./cost.ts";
import { rowsOf } from "./rows.ts";
import type { Split } from "./split-sum.ts";
import { splitSum, splittable } from "./split-sum.ts";
import type { Part } from "./table.ts";

/** Invocations of a workgroup that have nothing to do with one another. */
const workgroup = 64;
/** A sum is split into at most so many chunks. */
const mostChunks = 256;

/** An invocation for each turn of the loops. */
export function inCells(nest: Block): Part {
  const loops = nestOf(nest).loops.map((l) => l.index);
  return { body: nest, launch: { kind: "cells", loops, size: workgroup }, made: [] };
}

export function launched(nest: Block, setting: Setting): Part[] {
  const once = whole(nest, setting);
  const split = bestSplit(nest, once, setting);
  if (!split) return [once.part];
  const { first, second, made } = split;
  return [
    { ...whole(first, setting).part, made, isChunked: true },
    { ...whole(second, setting).part, made },
  ];
}

interface Whole {
  readonly part: Part;
  readonly cost: number;
  /** How many cells an invocation computes. */
  readonly together: number;
}

/** The nest in one launch, and what that costs. */
function whole(nest: Block, setting: Setting): Whole {
  const { sizes, device, tiles, b } = setting;
  const { loops, leaf } = nestOf(nest);
  const cells = loops.reduce((n, l) => n * sizes.turns(l), 1);
  const work = sizes.work(leaf);
  const inTiles = tiles && tilesOf(nest, b, tiles);
  if (inTiles) {
    const together = inTiles.tile.down * inTiles.tile.across;
    const cost = costOf(cells / together, together * work, device, together);
    return { part: { body: nest, launch: inTiles, made: [] }, cost, together };
  }
  const cost = costOf(cells, work, device);
  const rows = rowsOf(nest, setting);
  if (!rows || !isLess(rows.cost, cost, device)) return { part: inCells(nest), cost, together: 1 };
  return { part: { body: rows.nest, launch: rows.launch, made: [] }, cost: rows.cost, together: 1 };
}

/** The sums of a nest in chunks, if that costs clearly less than the nest as a whole. */
function bestSplit(nest: Block, { cost, together }: Whole, setting: Setting): Split | undefined {
  const { sizes, device, b } = setting;
  const { loops, leaf } = nestOf(nest);
  const sums = [...splittable(leaf, b)];
  if (sums.length === 0 || cost < device.dispatch) return undefined;
  const cells = loops.reduce((n, l) => n * sizes.turns(l), 1);
  const work = sums.reduce((n, [s]) => n + sizes.work([s]), 0);
  const others = sizes.work(leaf) - work;
  const folds = sums.flatMap(([, f]) => f).length;
  let best: { readonly count: number; readonly cost: number } | undefined;
  for (let count = 4; count <= mostChunks; count *= 2) {
    const first = costOf((cells * count) / together, (together * work) / count, device, together);
    const after = [
      costOf(cells, others + 2 * folds * count, device),
      costOf(cells * workgroup, others + folds * ((2 * count) / workgroup + device.meeting), device),
    ];
    const total = first + device.dispatch + Math.min(...after);
    if (total < (best?.cost ?? cost)) best = { count, cost: total };
  }
  if (!best || !isLess(best.cost, cost, device)) return undefined;
  return splitSum(nest, best.count, setting);
}
