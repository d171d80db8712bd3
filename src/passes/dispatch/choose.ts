/** How a nest is launched: by its cells, by rows that a workgroup shares, or as two nests, where its sums are split. */
import type { Loop } from "../../ir/kernel.ts";
import type { CellsLaunch } from "../../ir/launch.ts";
import { nestOf } from "../../ir/nest.ts";
import type { Tensor } from "../../ir/types.ts";
import type { Sizes } from "../../ir/sizes.ts";
import { vectorLength } from "../../ir/summands.ts";
import type { Block } from "./block.ts";
import { tilesOf } from "./contractions.ts";
import { gather } from "./gather.ts";
import type { Setting } from "./cost.ts";
import { costOf, isLess } from "./cost.ts";
import { rowsOf } from "./rows.ts";
import type { Split } from "./split-sum.ts";
import { splitSum, splittable } from "./split-sum.ts";
import type { Part } from "./table.ts";
import { inVectorsOf } from "./vectors.ts";

/** Invocations of a workgroup that have nothing to do with one another, and where there are many of them. */
const workgroup = 64;
const largeWorkgroup = 256;
/** From so many cells on workgroups are large: a workgroup takes time to begin. */
const manyCells = 4096;
/** A sum is split into at most so many chunks. */
const mostChunks = 256;
/** The cost that twice as many chunks may have, of that of so many. */
const fewer = 0.75;

/** An invocation for each turn of the loops, of which there are so many in all. */
export function inCells(nest: Block, cells = 1, setting?: Setting): Part {
  const loops = nestOf(nest).loops.map((l) => l.index);
  const size = cells < manyCells ? workgroup : largeWorkgroup;
  const isLarge = setting?.vectors && cells >= setting.device.fewestInVectors;
  const inVectors = isLarge ? inVectorsOf(nest, setting.b) : undefined;
  const launch: CellsLaunch = { kind: "cells", loops, size, ...(inVectors && { lanes: vectorLength }) };
  return { body: inVectors ?? nest, launch, made: [] };
}

/** `isCleared`: whether a tensor holds zeros where the nest begins. */
export function launched(nest: Block, isCleared: (t: Tensor) => boolean, setting: Setting): Part[] {
  const gathered = gather(nest, isCleared, setting.b);
  if (!gathered || !paysToGather(nest, gathered.nest, setting)) return inParts(nest, setting);
  const { tensor } = gathered;
  const fills = isCleared(tensor) ? tensor : undefined;
  return inParts(gathered.nest, setting).map((part) => ({ ...part, fills }));
}

function inParts(nest: Block, setting: Setting): Part[] {
  const once = whole(nest, setting);
  const split = bestSplit(nest, once, setting);
  if (!split) return [once.part];
  const { first, second, made } = split;
  return [
    { ...whole(first, setting).part, made, isChunked: true },
    { ...whole(second, setting).part, made },
  ];
}

/** Whether all cells look at all turns in less time than the additions to them take, one after the other. */
function paysToGather(nest: Block, gathered: Block, setting: Setting): boolean {
  const { sizes, device } = setting;
  const { loops, leaf } = nestOf(nest);
  const cells = loops.reduce((n, l) => n * sizes.turns(l), 1);
  const additions = leaf.reduce((n, s) => n * (s.kind === "loop" ? turnsIn(s, sizes) : 1), 1);
  const cost = costOf(cells, sizes.work(leaf) + additions * device.addition, device);
  return isLess(whole(gathered, setting).cost, cost, device);
}

/** How often the innermost of the loops in this one turn. */
const turnsIn = (loop: Loop, sizes: Sizes): number =>
  sizes.turns(loop) * loop.body.reduce((n, s) => n * (s.kind === "loop" ? turnsIn(s, sizes) : 1), 1);

interface Whole {
  readonly part: Part;
  readonly cost: number;
  /** How many cells an invocation computes. */
  readonly together: number;
}

/** The nest in one launch, and what that costs. */
function whole(nest: Block, setting: Setting): Whole {
  const { sizes, device, tiles, calls, b } = setting;
  const { loops, leaf } = nestOf(nest);
  const cells = loops.reduce((n, l) => n * sizes.turns(l), 1);
  const work = sizes.work(leaf);
  const inTiles = tiles && tilesOf(nest, b, tiles, calls);
  if (inTiles) {
    const together = inTiles.tile.down * inTiles.tile.across;
    const cost = costOf(cells / together, together * work, device, together);
    return { part: { body: nest, launch: inTiles, made: [] }, cost, together };
  }
  const cost = costOf(cells, work, device);
  const rows = rowsOf(nest, setting);
  if (!rows || !isLess(rows.cost, cost, device))
    return { part: inCells(nest, cells, setting), cost, together: 1 };
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
    // A chunk, as a cell, is folded by one invocation, or by a workgroup.
    const folded = (n: number, operations: number, turns: number, sums = 1): number =>
      Math.min(
        costOf(n / sums, sums * (operations + turns), device, sums),
        costOf(n * workgroup, operations + turns / workgroup + folds * device.meeting, device),
      );
    const first = folded(cells * count, 0, work / count, together);
    const total = first + device.dispatch + folded(cells, others, 2 * folds * count);
    // Twice as many chunks are twice as much to store and to read again.
    if (total < (best ? best.cost * fewer : cost)) best = { count, cost: total };
  }
  if (!best || !isLess(best.cost, cost, device)) return undefined;
  return splitSum(nest, best.count, setting);
}
