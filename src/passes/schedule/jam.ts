/**
 * Several turns of loops taken together (unroll and jam): every statement for each of the turns, but one loop for all,
 * so that what they read is shared and their sums do not wait for each other.
 */
import type { Builder } from "../../ir/builder.ts";
import type { KernelStatement, Loop } from "../../ir/kernel.ts";
import { mapStatement } from "../../ir/kernel-walk.ts";
import { rewriter } from "../../ir/rewrite.ts";
import type { Affine, Expr, Index, Local } from "../../ir/types.ts";
import { laneCount } from "./lanes.ts";
import type { NameSpace } from "./names.ts";
import { localValue } from "./reduction.ts";

type Block = readonly KernelStatement[];

/** One of the turns that are taken together: what the index of each tiled loop is in it. */
export type Copy = ReadonlyMap<Index, Affine>;

/** Turns that are taken together: the places of the copies, and the loop around them if there are several such groups. */
export interface Turns {
  readonly places: readonly Affine[];
  readonly around?: Pick<Loop, "index" | "from" | "to" | "step" | "lanes">;
}

/**
 * All turns of a loop: whole tiles of so many copies (in lanes: of so many vectors, then single vectors), then what is
 * left, one by one or without a loop.
 */
export function turnsOf(index: Index, copies: number, lanes: boolean, b: Builder): Turns[] {
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
    groups.push(isOnly ? { places: neighbours(done, count, 1, b) } : tiles(index, done, count, unit, b));
    done = whole;
  }
  const left = b.constantOf(b.minus(extent, done));
  if (left === undefined) {
    const single = b.index(index.name, extent);
    groups.push({ places: [b.of(single)], around: { index: single, from: done, to: extent } });
  } else if (left > 0) {
    groups.push({ places: neighbours(done, left, 1, b) });
  }
  return groups;
}

function neighbours(from: Affine, count: number, apart: number, b: Builder): Affine[] {
  return Array.from({ length: count }, (_, n) => b.plus(from, n * apart));
}

/** Groups of `count` copies, each of one turn or of a vector, from a place on as long as they fit. */
function tiles(index: Index, from: Affine, count: number, unit: number, b: Builder): Turns {
  const width = count * unit;
  const start = b.index(index.name, b.minus(index.extent, (count - 1) * unit));
  return {
    places: neighbours(b.of(start), count, unit, b),
    around: {
      index: start,
      from,
      to: b.minus(index.extent, width - 1),
      ...(width === 1 ? {} : { step: width }),
      ...(unit === laneCount ? { lanes: laneCount } : {}),
    },
  };
}

/** The body of the tiled loops, for several turns at once: a statement for each of them, but one loop for all. */
export class Jam {
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
