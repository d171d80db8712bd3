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
import type { NameSpace } from "./names.ts";
import { localValue } from "./reduction.ts";
import { mapStatement, statementsIn } from "./walk.ts";

type Block = readonly KernelStatement[];

/** Turns that are taken together along one loop: with two such loops, sixteen sums are held in registers. */
const factor = 4;

export function tile(block: Block, names: NameSpace, b: Builder): Block {
  return block.flatMap((s) => tileStatement(s, names, b));
}

function tileStatement(s: KernelStatement, names: NameSpace, b: Builder): Block {
  if (s.kind !== "loop" || s.role !== "map") return [deeper(s, names, b)];
  const chain = chainOf(s);
  const leaf = chain.at(-1)!.body;
  const chosen = choose(chain, leaf, b);
  return chosen.length === 0 ? [deeper(s, names, b)] : new Tiling(chain, leaf, chosen, names, b).nest(0, []);
}

const deeper = (s: KernelStatement, names: NameSpace, b: Builder): KernelStatement =>
  mapStatement(
    s,
    (e) => e,
    (inner) => tile(inner, names, b),
  );

/** Loops of independent turns, each the only statement of the one before. */
function chainOf(outermost: Loop): Loop[] {
  const chain = [outermost];
  for (;;) {
    const [only, ...others] = chain.at(-1)!.body;
    if (only?.kind !== "loop" || only.role !== "map" || others.length > 0) return chain;
    chain.push(only);
  }
}

// ---------------------------------------------------------------------------------------------------------- which loops

/** The loops to tile, outer before inner: two that share reads, or else one that does; none where no sum is computed. */
function choose(chain: readonly Loop[], leaf: Block, b: Builder): Loop[] {
  const inside = [...statementsIn(leaf)];
  const sums = inside.flatMap((s) => (s.kind === "assign" && s.reducer === "sum" ? [s] : []));
  const nested = inside.filter((s) => s.kind === "loop");
  if (sums.length === 0 || nested.some((s) => s.role === "map")) return [];
  const bounds = [...chain, ...nested].flatMap((l) => [l.from, l.to]);
  const bounding = freeIndices(...bounds);
  const eligible = chain.filter(
    (l) => !bounding.has(l.index) && isWhole(l, b) && b.constantOf(l.index.extent) !== 1,
  );
  const reads = readsOf(...sums.map((s) => s.value)).map((r) => freeIndices(...r.subscripts));
  let best: { loops: Loop[]; loads: number } | undefined;
  for (const outer of eligible) {
    for (const inner of eligible.slice(eligible.indexOf(outer) + 1)) {
      const [p, q] = [outer.index, inner.index];
      const shares = reads.some((r) => r.has(p) && !r.has(q)) && reads.some((r) => r.has(q) && !r.has(p));
      const loads = reads.reduce((n, r) => n + (r.has(p) ? factor : 1) * (r.has(q) ? factor : 1), 0);
      // Of equals, the innermost: its neighbours are near in memory.
      if (shares && loads <= (best?.loads ?? Infinity)) best = { loops: [outer, inner], loads };
    }
  }
  return best?.loops ?? eligible.filter((l) => reads.some((r) => !r.has(l.index))).slice(-1);
}

const isWhole = (l: Loop, b: Builder): boolean => b.constantOf(l.from) === 0 && l.to === l.index.extent;

// ------------------------------------------------------------------------------------------------------------ the nest

/** One of the turns that are taken together: what the index of each tiled loop is in it. */
type Copy = ReadonlyMap<Index, Affine>;

class Tiling {
  constructor(
    private readonly chain: readonly Loop[],
    private readonly leaf: Block,
    private readonly tiled: readonly Loop[],
    private readonly names: NameSpace,
    private readonly b: Builder,
  ) {}

  /** The loops from a depth on, for the turns of the outer tiled loops that are taken together. */
  nest(depth: number, copies: readonly Copy[]): Block {
    const loop = this.chain[depth];
    if (!loop) return new Jam(copies, this.names, this.b).block(this.leaf);
    if (!this.tiled.includes(loop)) return [{ ...loop, body: this.nest(depth + 1, copies) }];
    return this.turns(loop.index).flatMap(({ places, around }) => {
      const product = (copies.length > 0 ? copies : [new Map<Index, Affine>()]).flatMap((copy) =>
        places.map((place): Copy => new Map([...copy, [loop.index, place]])),
      );
      const body = this.nest(depth + 1, product);
      return around ? [{ ...loop, ...around, body }] : body;
    });
  }

  /** All turns of a loop in groups: whole tiles, then what is left. Without `around`, one group that needs no loop. */
  private turns(
    index: Index,
  ): { places: readonly Affine[]; around?: Pick<Loop, "index" | "from" | "to" | "step"> }[] {
    const { b } = this;
    const { extent } = index;
    const count = b.constantOf(extent);
    const from = (start: Affine, n: number): Affine[] =>
      Array.from({ length: n }, (_, i) => b.plus(start, i));
    if (count !== undefined && count <= factor) return [{ places: from(b.integer(0), count) }];
    const whole = b.times(b.floorDivide(extent, factor), factor);
    const start = b.index(index.name, b.minus(extent, factor - 1));
    const tiles = {
      places: from(b.of(start), factor),
      around: { index: start, from: b.integer(0), to: start.extent, step: factor },
    };
    if (count !== undefined) {
      const left = count % factor;
      return left === 0 ? [tiles] : [tiles, { places: from(whole, left) }];
    }
    const single = b.index(index.name, extent);
    return [tiles, { places: [b.of(single)], around: { index: single, from: whole, to: extent } }];
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
