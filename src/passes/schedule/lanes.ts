/**
 * Loops whose turns can be taken four at a time, in the lanes of a vector. What they read and store must lie side by
 * side in memory, or be one value for all four; what they decide on integers must be the same for all four.
 */
import type { Builder } from "../../ir/builder.ts";
import type { KernelStatement, Loop } from "../../ir/kernel.ts";
import { Lanes } from "../../ir/lanes.ts";
import type { Affine, Expr, Index, Tensor } from "../../ir/types.ts";
import { mapStatement, ownExpressions, statementsIn } from "../../ir/kernel-walk.ts";

type Block = readonly KernelStatement[];

/** Values in one vector. */
export const laneCount = 4;

/** Loops that are not tiled, in lanes where that is possible: innermost loops, and those that only sums are inside of. */
export function spreadOverLanes(block: Block, b: Builder): Block {
  return block.flatMap((s) => {
    if (s.kind !== "loop" || s.lanes !== undefined) return [inside(s, b)];
    const fits = s.step === undefined && (s.role === "map" ? mapFits(s, b) : sumFits(s, b));
    return fits ? splitLoop(s, b) : [inside(s, b)];
  });
}

/** What stands in a loop in lanes stays as it is: a vector has no vectors in it. */
function inside(s: KernelStatement, b: Builder): KernelStatement {
  if (s.kind === "loop" && s.lanes !== undefined) return s;
  return mapStatement(
    s,
    (e) => e,
    (inner) => spreadOverLanes(inner, b),
  );
}

/** Whole vectors, then the turns that are left, one by one. */
function splitLoop(loop: Loop, b: Builder): Block {
  const count = b.constantOf(b.minus(loop.to, loop.from));
  const whole = b.times(b.floorDivide(b.minus(loop.to, loop.from), laneCount), laneCount);
  const vectors: Loop = { ...loop, to: b.minus(loop.to, laneCount - 1), step: laneCount, lanes: laneCount };
  const rest: Loop = { ...loop, from: b.plus(loop.from, whole) };
  return count !== undefined && count % laneCount === 0 ? [vectors] : [vectors, rest];
}

const tooShort = (loop: Loop, b: Builder): boolean =>
  (b.constantOf(b.minus(loop.to, loop.from)) ?? laneCount) < laneCount;

function mapFits(loop: Loop, b: Builder): boolean {
  const all = [...statementsIn(loop.body)];
  if (tooShort(loop, b) || all.some((s) => s.kind === "loop" && s.role === "map")) return false;
  return all.some((s) => s.kind === "store") && fitsLanes(loop.body, loop.index, b);
}

/** A loop that only adds to sums: Σ of values that lie side by side. */
function sumFits(loop: Loop, b: Builder): boolean {
  if (tooShort(loop, b)) return false;
  const sums = loop.body.every((s) => s.kind === "let" || (s.kind === "assign" && s.reducer === "sum"));
  const fit = new Fit(loop.body, loop.index, b);
  return sums && fit.block() && loop.body.some((s) => s.kind === "assign" && fit.lanes.varies(s.value));
}

/** Whether the statements may be executed for four neighbouring values of an index at once. */
export const fitsLanes = (block: Block, index: Index, b: Builder): boolean =>
  new Fit(block, index, b).block();

class Fit {
  readonly lanes: Lanes;

  constructor(
    private readonly body: Block,
    private readonly index: Index,
    private readonly b: Builder,
  ) {
    this.lanes = new Lanes(index, body);
  }

  block(): boolean {
    return [...statementsIn(this.body)].every((s) => this.statement(s));
  }

  private statement(s: KernelStatement): boolean {
    switch (s.kind) {
      case "loop":
      case "if":
        return ownExpressions(s).every((e) => !this.lanes.varies(e));
      case "let":
      case "variable":
      case "assign":
        return this.value(s.value) && (!this.lanes.vectors.has(s.local) || s.local.type === "f32");
      case "store":
        return this.place(s.tensor, s.subscripts) === 1 && s.tensor.type === "f32" && this.value(s.value);
    }
  }

  /** Whether four of these can be computed at once. */
  private value(e: Expr): boolean {
    if (!this.lanes.varies(e)) return true;
    switch (e.kind) {
      case "local":
        return e.type === "f32";
      case "read":
        return e.tensor.type === "f32" && this.place(e.tensor, e.subscripts) === 1;
      case "apply":
        return e.atom !== "random" && e.type !== "i32" && e.args.every((a) => this.value(a));
      default:
        // An index as a number, a condition on it, a position.
        return false;
    }
  }

  /** How far apart neighbouring lanes are in memory: 0, 1, or undefined for any other distance. */
  private place(tensor: Tensor, subscripts: readonly Affine[]): number | undefined {
    if (subscripts.every((s) => !this.lanes.varies(s))) return 0;
    const strides = tensor.shape.map((_, d) => this.strideOf(tensor, d));
    // Products with extents that are no numbers are not looked into: only the last dimension is contiguous.
    const known = strides.every((stride) => stride !== undefined);
    if (!known && subscripts.slice(0, -1).some((s) => this.lanes.varies(s))) return undefined;
    const last = subscripts.length - 1;
    const address = known
      ? this.b.plus(...subscripts.map((s, d) => this.b.times(s, strides[d]!)))
      : subscripts[last]!;
    const plain = address.terms.filter((t) => t.atom === this.index);
    const others = this.b.minus(address, this.b.plus(...plain.map((t) => this.b.times(t.atom, t.factor))));
    return plain.length === 1 && plain[0]!.factor === 1 && !this.lanes.varies(others) ? 1 : undefined;
  }

  private strideOf({ shape }: Tensor, dimension: number): number | undefined {
    const inner = shape.slice(dimension + 1).map((e) => this.b.constantOf(e));
    return inner.every((n) => n !== undefined) ? inner.reduce((p, n) => p * n, 1) : undefined;
  }
}
