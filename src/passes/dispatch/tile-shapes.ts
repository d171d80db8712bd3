/**
 * The shape of tiles, by a model of what a product costs where it runs: a tile of down × across cells takes, for each turn
 * of the sum,
 *
 *     cells + read · (down + across)
 *
 * of one invocation, and up to `full` of them run at once; what tiles compute past the edges of the result counts. A GPU hides
 * the time that it waits for reads behind other invocations, if there are many: with few of them it waits longer than
 * even a large tile takes. An adapter in software runs few at once, and each read takes it as long as many products. A
 * module does not know where it will run: the shape is chosen for which the product of the two costs is least.
 */
import type { TileShape } from "../../ir/launch.ts";

/** How many turns the loops of a contraction have in all, at most. */
export interface ContractionSize {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly sums: number;
  /** How often the kernel is called: 1 where that is not told. */
  readonly calls?: number;
}

/** How tiles are read: every invocation for itself, or into the memory of its workgroup, for all of them. */
export interface TileChoice {
  readonly tiles?: "registers" | "staged";
  /** This shape and no other. */
  readonly always?: TileShape;
}

/** What runs tiles; times are those of one multiplication and addition. */
interface Runner {
  /** The time of a read. */
  readonly read: number;
  /** How long an invocation waits in each turn for what it reads, where no others run meanwhile. */
  readonly wait: number;
  /** Invocations that run at once. */
  readonly full: number;
  /** Workgroups that run at once. */
  readonly groups: number;
  /** The time to compile what is done for one cell of a tile, as a part of each of the steps in which that should pay. */
  readonly compile: number;
}

/** `software` was measured, on SwiftShader with two cores; `hardware` is of the size that GPUs of different makes have. */
const runners: readonly Runner[] = [
  { read: 8, wait: 0, full: 8, groups: 2, compile: 9_000 },
  { read: 2, wait: 100, full: 16_384, groups: 256, compile: 0 },
];
/** Sums of more turns than this can be split into chunks, each with invocations of its own (split-sum.ts). */
const chunk = 256;
/** Invocations of a workgroup: what every GPU runs well, a multiple of how many it runs in step, and less where there are few. */
const sizes = [64, 32, 16] as const;
/** With fewer workgroups than this they are smaller. */
const fewGroups = 4;
/** Turns of the sum that are brought into the memory of a workgroup at a time. */
const stagedTurns = 8;
/** Fewer cells than this are left to workgroups that share a sum, if it has so many turns. */
const fewCells = 128;
const longSum = 64;
/** Tiles side by side in a strip: near the square root of a workgroup, so that its rows and columns are few. */
const [narrowest, square, widest] = [4, 8, 16];

/** Rows and columns of one invocation. */
const shapes: readonly (readonly [down: number, across: number])[] = [
  [8, 8],
  [8, 4],
  [4, 8],
  [4, 4],
  [2, 8],
  [8, 2],
  [2, 4],
  [4, 2],
  [8, 1],
  [1, 8],
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
  const tilesOf = tiles === "staged" ? inWorkgroups : inStrips;
  const possible = [[1, 1] as const, ...shapes].map(([down, across]) => {
    const tile = tilesOf(size, down, across);
    return { tile, cost: costOf(size, tile) };
  });
  const best = possible.reduce((a, z) => (z.cost < a.cost ? z : a)).tile;
  return best.down * best.across > 1 ? best : undefined;
}

function costOf(size: ContractionSize, tile: TileShape): number {
  return runners.reduce((product, runner) => product * timeOn(runner, size, tile), 1);
}

function timeOn(
  { read, wait, full, groups, compile }: Runner,
  size: ContractionSize,
  { down, across, beside, size: invocations, staged }: TileShape,
): number {
  const chunks = Math.max(1, size.sums / chunk);
  const [rows, columns] = [staged > 0 ? (down * invocations) / beside : down, across * beside];
  const tiles =
    ((size.batch * Math.ceil(size.rows / rows) * rows * Math.ceil(size.columns / columns) * columns) /
      (down * across)) *
    chunks;
  const work = down * across + read * (down + across);
  const atOnce = Math.min(full, Math.ceil(tiles / invocations) * (full / groups));
  const once = (size.sums / chunks) * Math.max(wait + work, (work * tiles) / atOnce);
  return once + (compile * down * across) / (size.calls ?? 1);
}

/** A strip has a width that divides the columns well, and a workgroup is smaller where there would be few of them. */
function inStrips(size: ContractionSize, down: number, across: number): TileShape {
  const columns = Math.ceil(size.columns / across);
  const rows = Math.ceil(size.rows / down);
  const covered = (width: number): number => Math.ceil(columns / width) * width;
  let beside = Math.min(columns, square);
  for (let width = Math.min(columns, narrowest); width <= Math.min(columns, widest); width++) {
    const [more, now] = [covered(width), covered(beside)];
    const isNearer = Math.abs(width - square) < Math.abs(beside - square);
    if (more < now || (more === now && isNearer)) beside = width;
  }
  const tiles = size.batch * rows * covered(beside) * Math.max(1, size.sums / chunk);
  const fits = sizes.find((n) => tiles >= fewGroups * n) ?? sizes.at(-1)!;
  return { down, across, size: fits, beside, staged: 0 };
}

/** A square of invocations; a narrow result has as many columns of them as it fills, and more rows. */
function inWorkgroups(size: ContractionSize, down: number, across: number): TileShape {
  const [invocations] = sizes;
  const fill = (count: number, most: number): number =>
    Math.min(most, 2 ** Math.ceil(Math.log2(Math.max(1, count))));
  const side = Math.sqrt(invocations);
  const columns = fill(Math.ceil(size.columns / across), side);
  const rows = fill(Math.ceil(size.rows / down), invocations / columns);
  const beside = Math.min(invocations / rows, fill(Math.ceil(size.columns / across), invocations));
  return { down, across, size: rows * beside, beside, staged: stagedTurns };
}
