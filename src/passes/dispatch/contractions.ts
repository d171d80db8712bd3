/**
 * Which nests are contractions (src/ir/contraction.ts), and in tiles of which size they are computed.
 *
 * A tile of `down` by `across` cells reads down + across values for down · across products, where a cell for itself reads
 * two for each. But the cells of a tile are computed one after the other, and a device has many invocations that want work.
 */
import { maximumExtent } from "../../ir/affine.ts";
import type { Builder } from "../../ir/builder.ts";
import type { Sides, SummingLeaf } from "../../ir/contraction.ts";
import { sidesOf, summingLeaf } from "../../ir/contraction.ts";
import { Prover } from "../../ir/intervals.ts";
import type { KernelStatement } from "../../ir/kernel.ts";
import { statementsIn } from "../../ir/kernel-walk.ts";
import type { TilesLaunch } from "../../ir/launch.ts";
import { nestOf } from "../../ir/nest.ts";
import { freeIndices, readsOf } from "../../ir/rewrite.ts";
import type { Expr, Index } from "../../ir/types.ts";
import { escapeFrom } from "../../ir/verifier-ranges.ts";
import type { TileChoice } from "./tile-shapes.ts";
import { chooseTile } from "./tile-shapes.ts";

/** The launch of a nest in tiles, which is called so often; undefined where it is no contraction, or too small for tiles to pay. */
export function tilesOf(
  nest: readonly KernelStatement[],
  b: Builder,
  choice: TileChoice = {},
  calls = 1,
): TilesLaunch | undefined {
  const { loops, lets, leaf } = nestOf(nest);
  const summing = summingLeaf(leaf, lets, b);
  const chain = loops.map((l) => l.index);
  const isWhole = loops.every((l) => b.constantOf(l.from) === 0 && l.to === l.index.extent && !l.step);
  if (!summing || !isWhole || readsWhatItStores(summing)) return undefined;
  const classes = classesOf(chain, summing, b);
  if (!classes) return undefined;
  const { batch, rows, columns } = classes;
  const sums = summing.loops.map((l) => l.index);
  const tile = chooseTile(
    { batch: size(batch), rows: size(rows), columns: size(columns), sums: size(sums), calls },
    choice,
  );
  return tile && { kind: "tiles", batch, rows, columns, sums, tile };
}

type Classes = Pick<TilesLaunch, "batch" | "rows" | "columns">;

/**
 * The independent loops as rows, columns, and those that both factors depend on; the first way that is possible, with
 * the innermost loop among the columns if it can be, since its turns are neighbours where they are stored.
 */
function classesOf(chain: readonly Index[], leaf: SummingLeaf, b: Builder): Classes | undefined {
  const factors = leaf.terms.flatMap((t) => t.factors).map((f) => freeIndices(f));
  const bounds = freeIndices(...leaf.loops.flatMap((l) => [l.from, l.to]));
  // Where a loop says no more than which turns are summed, its own turns have sums of their own.
  const chunks = chain.filter((i) => bounds.has(i) && !factors.some((free) => free.has(i)));
  for (const column of chain.toReversed()) {
    const right = factors.filter((free) => free.has(column));
    const left = factors.filter((free) => !free.has(column));
    const isOf = (side: readonly ReadonlySet<Index>[], i: Index): boolean => side.some((free) => free.has(i));
    const batch = chain.filter((i) => chunks.includes(i) || (isOf(left, i) && isOf(right, i)));
    const columns = chain.filter((i) => isOf(right, i) && !isOf(left, i));
    const rows = chain.filter((i) => !isOf(right, i) && !chunks.includes(i));
    const sides = sidesOf(leaf, rows, columns, b);
    if (sides && isInRange(sides, b)) return { batch, rows, columns };
  }
  return undefined;
}

/** Whether what is read for a row or a column is in range under the conditions on that row or column alone. */
function isInRange({ left, right, sums }: Sides, b: Builder): boolean {
  const bounds = sums.flatMap(({ index, from, to }) => [
    b.nonnegative(b.minus(index, from)),
    b.nonnegative(b.minus(b.minus(to, index), 1)),
  ]);
  return [...left, ...right].every(({ value, conditions }) => {
    let prover = new Prover(b, bounds);
    const stays = (e: Expr): boolean => escapeFrom(e, prover, b) === undefined;
    return (
      conditions.every((c) => {
        const isSafe = stays(c);
        prover = prover.under(c);
        return isSafe;
      }) && stays(value)
    );
  });
}

/** Whether a tile would read for its sums what another one stores. */
function readsWhatItStores(leaf: SummingLeaf): boolean {
  const stored = new Set(
    [...statementsIn(leaf.after)].flatMap((s) => (s.kind === "store" ? [s.tensor] : [])),
  );
  const summed = leaf.terms.flatMap((t) => [...t.factors, ...t.conditions]);
  const around = [...leaf.conditions, ...leaf.loops.flatMap((l) => [l.from, l.to])];
  return readsOf(...summed, ...around).some((r) => stored.has(r.tensor));
}

const size = (list: readonly Index[]): number => list.reduce((n, i) => n * maximumExtent(i), 1);
