/**
 * Register tiling: four by four turns of two loops are taken together (unroll and jam), so that what a reduction reads
 * is shared by them, and so that their sums do not wait for each other. In Σ_k A[i, k]·B[k, j], a tile of 4×4 cells
 * reads 8 numbers for 16 products, where one cell after the other reads 32.
 *
 * Nothing here knows a matrix product: any two loops whose turns are independent may be tiled, if a read in the
 * reductions below depends on the one and not on the other, and another the other way round. The order in which a cell
 * is summed does not change, so neither do its bits.
 *
 * Lam, Rothberg and Wolf, "The cache performance and optimizations of blocked algorithms" (1991); Carr and Kennedy,
 * "Improving the ratio of memory operations to floating-point operations in loops" (1994).
 */
import type { Builder } from "../../ir/builder.ts";
import type { KernelStatement, Loop } from "../../ir/kernel.ts";
import { freeIndices, readsOf } from "../../ir/rewrite.ts";
import type { Index, Tensor } from "../../ir/types.ts";
import type { Copy } from "./jam.ts";
import { Jam, turnsOf } from "./jam.ts";
import { fitsLanes, laneCount } from "./lanes.ts";
import type { NameSpace } from "./names.ts";
import { pack } from "./pack.ts";
import { mapStatement, statementsIn } from "../../ir/kernel-walk.ts";

type Block = readonly KernelStatement[];

/** A loop whose turns are taken together: so many copies of one turn, or of four in the lanes of a vector. */
interface Cut {
  readonly loop: Loop;
  readonly copies: number;
  readonly lanes: boolean;
}

/**
 * How many turns are taken together, so that sums and what they read stay in registers: sixteen sums of numbers; of
 * vectors eight, since a processor has sixteen registers for vectors, and what is read needs some.
 */
const numbers = { outer: 4, inner: 4, single: 4 };
const vectors = { outer: 4, inner: 2, single: 4 };

/** `vector`: the target has vectors of four numbers. */
export function tile(block: Block, names: NameSpace, b: Builder, vector = false): Tiled {
  const scratch: Tensor[] = [];
  const walk = (list: Block): Block =>
    list.flatMap((s) => {
      const chain = s.kind === "loop" && s.role === "map" ? chainOf(s) : [];
      const leaf = chain.at(-1)?.body ?? [];
      const packed = vector ? pack(chain, leaf, names, b) : undefined;
      scratch.push(...(packed?.scratch ?? []));
      if (packed) return packed.body;
      const cuts = choose(chain, leaf, b, vector);
      if (cuts.length > 0) return new Tiling(chain, leaf, cuts, names, b).nest(0, []);
      return [mapStatement(s, (e) => e, walk)];
    });
  return { body: walk(block), scratch };
}

export interface Tiled {
  readonly body: Block;
  /** What the body keeps for itself. */
  readonly scratch: readonly Tensor[];
}

/** Loops of independent turns, each the only statement of the one before. */
export function chainOf(outermost: Loop): Loop[] {
  const chain = [outermost];
  for (;;) {
    const [only, ...others] = chain.at(-1)!.body;
    if (only?.kind !== "loop" || only.role !== "map" || others.length > 0) return chain;
    chain.push(only);
  }
}

// ---------------------------------------------------------------------------------------------------------- which loops

/** The loops to tile, outer before inner: two that share reads, or else one that does; none where no sum is computed. */
function choose(chain: readonly Loop[], leaf: Block, b: Builder, vector: boolean): Cut[] {
  const inside = [...statementsIn(leaf)];
  const sums = inside.flatMap((s) => (s.kind === "assign" && s.reducer === "sum" ? [s] : []));
  const nested = inside.filter((s) => s.kind === "loop");
  if (sums.length === 0 || nested.some((s) => s.role === "map")) return [];
  const bounding = freeIndices(...[...chain, ...nested].flatMap((l) => [l.from, l.to]));
  const eligible = chain.filter(
    (l) => !bounding.has(l.index) && isWhole(l, b) && b.constantOf(l.index.extent) !== 1,
  );
  const reads = readsOf(...sums.map((s) => s.value)).map((r) => freeIndices(...r.subscripts));
  const lanes = (l: Loop): boolean =>
    vector && (b.constantOf(l.index.extent) ?? laneCount) >= laneCount && fitsLanes(leaf, l.index, b);
  const sizes = vector ? vectors : numbers;
  const pair = bestPair(eligible, reads, lanes);
  if (pair) {
    const [outer, inner] = pair;
    return [
      { loop: outer, copies: sizes.outer, lanes: false },
      { loop: inner, copies: sizes.inner, lanes: lanes(inner) },
    ];
  }
  const single = eligible.filter((l) => lanes(l) || reads.some((r) => !r.has(l.index))).at(-1);
  return single ? [{ loop: single, copies: sizes.single, lanes: lanes(single) }] : [];
}

/** The two loops for which a tile reads least; of equals, the innermost, since their neighbours are near in memory. */
function bestPair(
  eligible: readonly Loop[],
  reads: readonly ReadonlySet<Index>[],
  lanes: (l: Loop) => boolean,
): readonly [Loop, Loop] | undefined {
  let best: { pair: readonly [Loop, Loop]; cost: number } | undefined;
  for (const inner of eligible) {
    for (const outer of eligible.slice(0, eligible.indexOf(inner))) {
      const [p, q] = [outer.index, inner.index];
      const shares = reads.some((r) => r.has(p) && !r.has(q)) && reads.some((r) => r.has(q) && !r.has(p));
      if (!shares) continue;
      const loads = reads.reduce((n, r) => n + (r.has(p) ? 4 : 1) * (r.has(q) ? 4 : 1), 0);
      // A vector for what is four reads otherwise is worth more than any sharing.
      const cost = lanes(inner) ? loads : laneCount * loads;
      if (cost <= (best?.cost ?? Infinity)) best = { pair: [outer, inner], cost };
    }
  }
  return best?.pair;
}

const isWhole = (l: Loop, b: Builder): boolean => b.constantOf(l.from) === 0 && l.to === l.index.extent;

// ------------------------------------------------------------------------------------------------------------ the nest

const noCopy: Copy = new Map();

class Tiling {
  constructor(
    private readonly chain: readonly Loop[],
    private readonly leaf: Block,
    private readonly cuts: readonly Cut[],
    private readonly names: NameSpace,
    private readonly b: Builder,
  ) {}

  /** The loops from a depth on, for the turns of the outer tiled loops that are taken together. */
  nest(depth: number, copies: readonly Copy[]): Block {
    const loop = this.chain[depth];
    if (!loop) return new Jam(copies, this.names, this.b).block(this.leaf);
    const cut = this.cuts.find((c) => c.loop === loop);
    if (!cut) return [{ ...loop, body: this.nest(depth + 1, copies) }];
    return turnsOf(loop.index, cut.copies, cut.lanes, this.b).flatMap(({ places, around }) => {
      const product = (copies.length > 0 ? copies : [noCopy]).flatMap((copy) =>
        places.map((place): Copy => new Map([...copy, [loop.index, place]])),
      );
      const body = this.nest(depth + 1, product);
      return around ? [{ ...loop, ...around, body }] : body;
    });
  }
}
