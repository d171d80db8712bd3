/**
 * Whether the parts of a kernel may run at the same time, each on several threads. What a part stores must not be read
 * by another one, nor in another turn of its own loop: both must name it by the index that is divided.
 */
import { rangeOf } from "../../ir/affine.ts";
import type { Builder } from "../../ir/builder.ts";
import type { KernelStatement, Loop } from "../../ir/kernel.ts";
import { expressionsIn, ownExpressions, statementsIn } from "../../ir/kernel-walk.ts";
import { readsOf } from "../../ir/rewrite.ts";
import type { Affine, Tensor } from "../../ir/types.ts";
import { isOnce } from "./parts.ts";

/** What a part does with a tensor. */
export interface Access {
  readonly loop: Loop;
  readonly subscripts: readonly Affine[];
  readonly stores: boolean;
}

/** `parts`: the loops whose turns are divided. `common`: what every thread does. `own`: what every thread has for itself. */
export function areIndependent(
  parts: readonly Loop[],
  common: readonly KernelStatement[],
  own: ReadonlySet<Tensor>,
  b: Builder,
): boolean {
  const accesses = new Map<Tensor, Access[]>();
  for (const loop of parts) {
    for (const [tensor, access] of accessesIn(loop)) {
      if (!own.has(tensor)) accesses.set(tensor, [...(accesses.get(tensor) ?? []), access]);
    }
  }
  const readByAll = new Set(readsOf(...expressionsIn(common)).map((r) => r.tensor));
  return [...accesses].every(([tensor, list]) => {
    const isStored = list.some((a) => a.stores);
    if (isStored && readByAll.has(tensor)) return false;
    const isRead = list.some((a) => !a.stores);
    // Each cell is stored once, or the same value is stored again.
    return !isStored || !isRead || tensor.shape.some((_, d) => isDividedBy(d, list, b));
  });
}

/** What is read and stored in the turns of a loop. */
export function* accessesIn(loop: Loop): Generator<readonly [Tensor, Access]> {
  for (const s of statementsIn(loop.body)) {
    for (const { tensor, subscripts } of readsOf(...ownExpressions(s)))
      yield [tensor, { loop, subscripts, stores: false }];
    if (s.kind !== "store") continue;
    const { tensor, subscripts } = s;
    yield [tensor, { loop, subscripts, stores: true }];
    if (s.accumulate) yield [tensor, { loop, subscripts, stores: false }];
  }
}

/** Whether a dimension tells the turns of all parts apart. */
function isDividedBy(dimension: number, accesses: readonly Access[], b: Builder): boolean {
  const ranges = new Map<Loop, { readonly from: Affine; readonly end: Affine }>();
  for (const { loop, subscripts } of accesses) {
    const range = rangeOfTurns(loop, subscripts[dimension]!, b);
    if (!range) return false;
    const known = ranges.get(loop);
    if (known && (known.from !== range.from || known.end !== range.end)) return false;
    ranges.set(loop, range);
  }
  const list = [...ranges.values()];
  const isBefore = (x: { end: Affine }, y: { from: Affine }): boolean =>
    rangeOf(b.minus(y.from, x.end)).low >= 0;
  return list.every((x, n) => list.slice(n + 1).every((y) => isBefore(x, y) || isBefore(y, x)));
}

/** The values that a subscript has in a loop, if each of them belongs to one turn only. */
function rangeOfTurns(loop: Loop, subscript: Affine, b: Builder): { from: Affine; end: Affine } | undefined {
  const { index, from, to, step = 1, lanes } = loop;
  if (isOnce(loop, b) && b.constantOf(subscript) !== undefined)
    return { from: subscript, end: b.plus(subscript, 1) };
  // A turn may have some places: those up to the next one.
  const within = rangeOf(b.minus(subscript, b.of(index)));
  if (within.low < 0 || within.high + (lanes ?? 1) > step) return undefined;
  const turns = b.floorDivide(b.plus(b.minus(to, from), step - 1), step);
  return { from, end: b.plus(from, b.times(turns, step)) };
}
