/**
 * The shape of tiles, by a model of what a product costs:
 *
 *     cells · (1 + loadCost · (1/down + 1/across)) / busy
 *
 * `cells` counts whole workgroups, so that what tiles compute past the edges of the result counts. Each product costs one,
 * and the reads that it needs in a tile of down × across cells; `busy` is how much of the device has work: the workgroups
 * there are, with chunks of long sums, of those that a device needs, at most 1. A cell for itself (cells.ts) is a tile of
 * 1 × 1.
 */
import type { TileShape } from "../../ir/launch.ts";

/** How many turns the loops of a contraction have in all, at most. */
export interface ContractionSize {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly sums: number;
}

/** How tiles are read: every invocation for itself, or into the memory of its workgroup, for all of them. */
export interface TileChoice {
  readonly tiles?: "registers" | "staged";
  /** This shape and no other. */
  readonly always?: TileShape;
}

/** A read against a multiplication and an addition. */
const loadCost = 2;
/** Workgroups that keep a device busy. */
const enoughGroups = 32;
/** Sums of more turns than this can be split into chunks, each with workgroups of its own (split-sum.ts). */
const chunk = 1024;
/** Invocations of a workgroup: what every GPU runs well, and a multiple of how many it runs in step. */
const invocations = 64;
/** Turns of the sum that are brought into the memory of a workgroup at a time. */
const stagedTurns = 8;
/** Fewer cells than this are left to workgroups that share a sum, if it has so many turns. */
const fewCells = 128;
const longSum = 64;

/** Rows and columns of one invocation. */
const shapes: readonly (readonly [down: number, across: number])[] = [
  [8, 8],
  [8, 4],
  [4, 8],
  [4, 4],
  [2, 4],
  [4, 2],
  [4, 1],
  [1, 4],
  [2, 2],
  [2, 1],
  [1, 2],
];

export function chooseTile(
  size: ContractionSize,
  { tiles = "registers", always }: TileChoice = {},
): TileShape | undefined {
  if (always) return always;
  const cells = size.batch * size.rows * size.columns;
  if (cells <= fewCells && size.sums >= longSum) return undefined;
  let best: { readonly tile: TileShape; readonly cost: number } | undefined;
  for (const [down, across] of shapes) {
    const tile = {
      down,
      across,
      workgroup: workgroupOf(size, down, across),
      staged: tiles === "staged" ? stagedTurns : 0,
    };
    const cost = costOf(size, tile);
    if (!best || cost < best.cost) best = { tile, cost };
  }
  const single = { down: 1, across: 1, workgroup: [1, invocations] as const, staged: 0 };
  const alone = costOf({ ...size, rows: 1, columns: size.rows * size.columns }, single);
  return best && best.cost < alone ? best.tile : undefined;
}

function costOf(size: ContractionSize, { down, across, workgroup }: TileShape): number {
  const [rows, columns] = [down * workgroup[0], across * workgroup[1]];
  const groups = size.batch * Math.ceil(size.rows / rows) * Math.ceil(size.columns / columns);
  const busy = Math.min(1, (groups * Math.max(1, size.sums / chunk)) / enoughGroups);
  return (groups * rows * columns * (1 + loadCost * (1 / down + 1 / across))) / busy;
}

/** A square of invocations; a narrow result has as many columns of them as it fills, and more rows. */
function workgroupOf(size: ContractionSize, down: number, across: number): readonly [number, number] {
  const fill = (count: number, most: number): number =>
    Math.min(most, 2 ** Math.ceil(Math.log2(Math.max(1, count))));
  const side = Math.sqrt(invocations);
  const columns = fill(Math.ceil(size.columns / across), side);
  const rows = fill(Math.ceil(size.rows / down), invocations / columns);
  return [rows, Math.min(invocations / rows, fill(Math.ceil(size.columns / across), invocations))];
}
