/**
 * Contractions: nests whose sums read something that varies with the columns of the result and not with its rows. In
 * C[t, i, j] = Σ_k A[t, i, k]·B[t, k, j], t is a batch index, i a row, j a column, and k is what is summed over. Any of
 * them may be several loops, and how the factors lie in memory does not matter: products of matrices, transposed or
 * not, and convolutions with what they become backwards are all found by what their reads depend on.
 */
import type { Builder } from "../../ir/builder.ts";
import { maximumExtent } from "../../ir/affine.ts";
import type { KernelStatement, Loop } from "../../ir/kernel.ts";
import { expressionsIn, ownExpressions, statementsIn } from "../../ir/kernel-walk.ts";
import { freeIndices, readsOf } from "../../ir/rewrite.ts";
import type { Index, Read } from "../../ir/types.ts";
import { rangeConditions } from "./guards.ts";

type Block = readonly KernelStatement[];

export interface Contraction {
  /** Loops that the right factor depends on beside the columns and what is summed over. */
  readonly batch: readonly Loop[];
  readonly columns: Loop;
  /** The loops over rows, of which `rows` is taken in tiles; outer before inner. */
  readonly others: readonly Loop[];
  readonly rows: Loop;
  /** What the sums read of the right factor. */
  readonly right: readonly Read[];
  /** The loops that sum. */
  readonly reductions: readonly Loop[];
  /** How often a value of the right factor is used, at most. */
  readonly uses: number;
}

/** All ways in which a chain of independent loops around sums is a contraction; innermost columns first. */
export function* contractionsOf(chain: readonly Loop[], leaf: Block, b: Builder): Generator<Contraction> {
  const inside = [...statementsIn(leaf)];
  const reductions = inside.filter((s) => s.kind === "loop");
  const isSum = inside.some((s) => s.kind === "assign" && s.reducer === "sum");
  const own = new Set(chain.map((l) => l.index));
  const depends = (l: Loop): boolean => [...freeIndices(l.from, l.to)].some((i) => own.has(i));
  if (!isSum || reductions.some((l) => l.role === "map") || chain.some(depends)) return;
  // What decides where a sum begins and ends, or whether it is computed, is the same for a whole tile.
  const deciding = freeIndices(
    ...inside.filter((s) => s.kind === "loop" || s.kind === "if").flatMap(ownExpressions),
  );
  const stored = new Set(inside.flatMap((s) => (s.kind === "store" ? [s.tensor] : [])));
  const whole = chain.filter(
    (l) => b.constantOf(l.from) === 0 && l.to === l.index.extent && !deciding.has(l.index),
  );
  const reads = readsOf(...reductions.flatMap((l) => [...expressionsIn(l.body)]));
  for (const columns of whole.toReversed()) {
    const right = reads.filter((r) => freeIndices(...r.subscripts).has(columns.index));
    const isPlain = right.every(
      (r) =>
        r.type === "f32" &&
        !stored.has(r.tensor) &&
        readsOf(...r.subscripts).length === 0 &&
        rangeConditions(b, r.tensor, r.subscripts).length === 0,
    );
    if (right.length === 0 || !isPlain) continue;
    const fixed = freeIndices(...right.flatMap((r) => r.subscripts));
    const isRow = (l: Loop): boolean => l !== columns && !fixed.has(l.index);
    const over = (l: Loop): boolean => reads.some((r) => freeIndices(...r.subscripts).has(l.index));
    const rows = bestRows(whole.filter((l) => isRow(l) && over(l)));
    if (!rows) continue;
    yield {
      batch: chain.filter((l) => l !== columns && fixed.has(l.index)),
      columns,
      others: chain.filter((l) => l !== rows && isRow(l)),
      rows,
      right,
      reductions,
      uses: chain.filter(isRow).reduce((n, l) => n * maximumExtent(l.index), 1),
    };
  }
}

/** Tiles of how many rows a choice is judged by. */
const tileRows = 4;

/** The loop that is filled best by whole tiles; of equals the innermost, whose turns are neighbours in memory. */
function bestRows(loops: readonly Loop[]): Loop | undefined {
  const filled = ({ index }: Loop): number => {
    const count = maximumExtent(index);
    return count / (tileRows * Math.ceil(count / tileRows));
  };
  return loops.reduce<Loop | undefined>(
    (best, l) => (best === undefined || filled(l) >= filled(best) ? l : best),
    undefined,
  );
}

/** The loops of a contraction that a place depends on, in their order. */
export const summedBy = (c: Contraction, read: Read): readonly Index[] => {
  const free = freeIndices(...read.subscripts);
  return c.reductions.map((l) => l.index).filter((i) => free.has(i));
};
