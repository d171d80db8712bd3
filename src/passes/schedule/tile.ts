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
import { freeIndices, readsOf, rewriter } from "../../ir/rewrite.ts";
import type { Affine, Expr, Index, Local } from "../../ir/types.ts";
import { fitsLanes, laneCount } from "./lanes.ts";
import type { NameSpace } from "./names.ts";
import { localValue } from "./reduction.ts";
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
export function tile(block: Block, names: NameSpace, b: Builder, vector = false): Block {
  return block.flatMap((s) => {
    if (s.kind !== "loop" || s.role !== "map") return [deeper(s, names, b, vector)];
    const chain = chainOf(s);
    const leaf = chain.at(-1)!.body;
    const cuts = choose(chain, leaf, b, vector);
    return cuts.length === 0
      ? [deeper(s, names, b, vector)]
      : new Tiling(chain, leaf, cuts, names, b).nest(0, []);
  });
}

const deeper = (s: KernelStatement, names: NameSpace, b: Builder, vector: boolean): KernelStatement =>
  mapStatement(
    s,
    (e) => e,
    (inner) => tile(inner, names, b, vector),
  );

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

/** One of the turns that are taken together: what the index of each tiled loop is in it. */
type Copy = ReadonlyMap<Index, Affine>;

/** Turns that are taken together: the places of the copies, and the loop around them if there are several such groups. */
interface Turns {
  readonly places: readonly Affine[];
  readonly around?: Pick<Loop, "index" | "from" | "to" | "step" | "lanes">;
}

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
    return this.turns(cut).flatMap(({ places, around }) => {
      const product = (copies.length > 0 ? copies : [new Map<Index, Affine>()]).flatMap((copy) =>
        places.map((place): Copy => new Map([...copy, [loop.index, place]])),
      );
      const body = this.nest(depth + 1, product);
      return around ? [{ ...loop, ...around, body }] : body;
    });
  }

  /** All turns of a loop: whole tiles, then single vectors, then what is left, one by one or without a loop. */
  private turns({ loop: { index }, copies, lanes }: Cut): Turns[] {
    const { b } = this;
    const { extent } = index;
    const unit = lanes ? laneCount : 1;
    const groups: Turns[] = [];
    let done: Affine = b.integer(0);
    for (const count of lanes && copies > 1 ? [copies, 1] : [copies]) {
      const width = count * unit;
      const whole = b.times(b.floorDivide(extent, width), width);
      if (whole === done) continue;
      // A single tile needs no loop; its index is needed to say what is in the lanes.
      const isOnly = unit === 1 && b.constantOf(b.minus(whole, done)) === width;
      groups.push(isOnly ? { places: this.neighbours(done, count) } : this.tiles(index, done, count, unit));
      done = whole;
    }
    const left = b.constantOf(b.minus(extent, done));
    if (left === undefined) {
      const single = b.index(index.name, extent);
      groups.push({ places: [b.of(single)], around: { index: single, from: done, to: extent } });
    } else if (left > 0) {
      groups.push({ places: this.neighbours(done, left) });
    }
    return groups;
  }

  private neighbours(from: Affine, count: number, apart = 1): Affine[] {
    return Array.from({ length: count }, (_, n) => this.b.plus(from, n * apart));
  }

  /** Groups of `count` copies, each of one turn or of a vector, from a place on as long as they fit. */
  private tiles(index: Index, from: Affine, count: number, unit: number): Turns {
    const { b } = this;
    const width = count * unit;
    const start = b.index(index.name, b.minus(index.extent, (count - 1) * unit));
    return {
      places: this.neighbours(b.of(start), count, unit),
      around: {
        index: start,
        from,
        to: b.minus(index.extent, width - 1),
        ...(width === 1 ? {} : { step: width }),
        ...(unit === laneCount ? { lanes: laneCount } : {}),
      },
    };
  }
}

// ------------------------------------------------------------------------------------------------------------- the body

/** The body of the tiled loops, for several turns at once: a statement for each of them, but one loop for all. */
class Jam {
  private readonly locals: Map<Local, Local>[];

  constructor(
    private readonly copies: readonly Copy[],
    private readonly names: NameSpace,
    private readonly b: Builder,
  ) {
    this.locals = copies.map(() => new Map());
  }

  block(block: Block): Block {
    return block.flatMap((s) => this.statement(s));
  }

  private statement(s: KernelStatement): Block {
    if (s.kind === "loop") return [{ ...s, body: this.block(s.body) }];
    const isShared =
      s.kind === "if" && this.copies.every((_, n) => this.write(n)(s.condition) === s.condition);
    if (isShared) return [{ ...s, body: this.block(s.body), otherwise: this.block(s.otherwise) }];
    return this.copies.map((_, n) => this.copy(s, n));
  }

  private copy(s: KernelStatement, n: number): KernelStatement {
    const write = this.write(n);
    const inner = mapStatement(s, write, (block) => block.map((t) => this.copy(t, n)));
    if (inner.kind === "let" || inner.kind === "variable")
      return { ...inner, local: this.own(inner.local, n) };
    return inner.kind === "assign"
      ? { ...inner, local: this.locals[n]!.get(inner.local) ?? inner.local }
      : inner;
  }

  /** The local that stands for one of the source in the copy: `sum` is `sum_0`, `sum_1`, … */
  private own(local: Local, n: number): Local {
    if (this.copies.length === 1) return local;
    const copy = this.b.local(this.names.fresh(`${local.name}_${n}`), local.type);
    this.locals[n]!.set(local, copy);
    return copy;
  }

  private write(n: number): (e: Expr) => Expr {
    const places = this.copies[n]!;
    const locals = this.locals[n]!;
    return rewriter(this.b, {
      atom: (a) => {
        if (a.kind === "index") return places.get(a);
        const local = a.kind === "opaque" && a.value.kind === "local" ? locals.get(a.value) : undefined;
        return local && (localValue(this.b, local) as Affine);
      },
      node: (e) => (e.kind === "local" ? locals.get(e) : undefined),
    });
  }
}
