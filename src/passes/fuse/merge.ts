/** Two kernels as one: the loops of the second become those of the first, as far as that is allowed and pays. */
import type { Builder } from "../../ir/builder.ts";
import { readsOf } from "../../ir/rewrite.ts";
import type { Index, Tensor } from "../../ir/types.ts";
import type { Aliases } from "./dependences.ts";
import { readsIn, sharesSafely } from "./dependences.ts";
import type { KernelGroup, Member } from "./group.ts";
import { isParallel, renameIndices, withOwnIndices } from "./group.ts";
import type { Readers } from "./readers.ts";
import { buffersOfEquation, tensorsReadBy } from "./readers.ts";
import { shapeOf } from "./shape.ts";

export interface Merged {
  readonly group: KernelGroup;
  readonly reason: string;
  /** The second uses a result of the first. */
  readonly uses: boolean;
}

export const mostMembers = 24;

export interface MergeContext {
  readonly aliases: Aliases;
  readonly readers: Readers;
  /** A kernel is passed no more tensors. */
  readonly mostBuffers: number;
  readonly b: Builder;
}

/** Why two kernels stay two; unfused.ts says it in words. */
export type Refusal = "product" | "adds" | "loops" | "tiles" | "cells" | "members" | "buffers";

/** The members of `second` behind those of `first`, or why they may or should not share a kernel. */
export function mergeGroups(
  first: KernelGroup,
  second: KernelGroup,
  { aliases, readers, mostBuffers, b }: MergeContext,
): Merged | Refusal {
  const [only] = second.members;
  const last = first.members.at(-1)!;
  if (shapeOf(only!.equation) === "contraction") return "product";
  if (!isIndependent(last) || !isIndependent(only!)) return "adds";
  const depths = depthsToShare(first, only!);
  let refusal: Refusal = hasContraction(first) ? "tiles" : "loops";
  let next: Member | undefined;
  for (const depth of depths) {
    if (!mayPay(first, last, only!, depth)) continue;
    if (!isLegal(first, only!, depth, aliases)) {
      refusal = "cells";
      continue;
    }
    next ??= withOwnIndices(first, only!, b);
    const renamed = withLoopsOf(last, next, depth, b);
    const why = whyShare(first, last, renamed, depth);
    if (!why) continue;
    const group = readers.withInternal({
      ...first,
      members: [...first.members, withReductionOf(last, renamed, depth, b)],
      clears: [...first.clears, ...second.clears],
    });
    if (group.members.length > mostMembers) return "members";
    return buffersOf(group) <= mostBuffers ? { group, ...why } : "buffers";
  }
  return refusal;
}

/** Its loops become tiles. */
function hasContraction({ members }: KernelGroup): boolean {
  return members.some((m) => shapeOf(m.equation) === "contraction");
}

/**
 * What needs no look at the subscripts: how many loops the equation might share, most first. It uses what the kernel
 * stores, or else all loops are the same and both read something.
 */
function depthsToShare(first: KernelGroup, next: Member): number[] {
  const last = first.members.at(-1)!;
  const most = commonExtents(last, next);
  const read = tensorsReadBy(next.equation);
  if (first.members.some((m) => read.has(m.equation.tensor)))
    return Array.from({ length: most + 1 }, (_, n) => most - n);
  const depth = next.loops.length;
  const whole = depth > 0 && depth === most && first.members.every((m) => m.loops.length === depth);
  const both = first.members.some((m) => [...tensorsReadBy(m.equation)].some((t) => read.has(t)));
  return whole && both ? [depth] : [];
}

/** How many of the outer loops run over the same extents. */
function commonExtents(a: Member, z: Member): number {
  const different = a.loops.findIndex((i, d) => i.extent !== z.loops[d]?.extent);
  return different < 0 ? a.loops.length : different;
}

function withLoopsOf(last: Member, next: Member, depth: number, b: Builder): Member {
  return renameIndices(next, new Map(next.loops.slice(0, depth).map((i, d) => [i, last.loops[d]!])), b);
}

/** A reduction over the same extents as the one before it takes its indices, so that both run in one loop. */
function withReductionOf(last: Member, next: Member, depth: number, b: Builder): Member {
  const [a, z] = [last.equation, next.equation];
  if (depth !== last.loops.length || depth !== next.loops.length) return next;
  if (a.reducer === null || z.reducer === null || a.reduced.length !== z.reduced.length) return next;
  if (a.reduced.some((i, d) => i.extent !== z.reduced[d]!.extent)) return next;
  const names = new Map<Index, Index>(z.reduced.map((i, d) => [i, a.reduced[d]!]));
  const renamed = renameIndices(next, names, b);
  const { where, body } = renamed.equation;
  const sameDomain = where.length === a.where.length && where.every((c, d) => c === a.where[d]);
  const known = new Set(readsOf(a.body));
  return sameDomain && readsOf(body).some((r) => known.has(r)) ? renamed : next;
}

/** Whether `whyShare` may find something once the loops have their names: what can be told without them. */
function mayPay(first: KernelGroup, last: Member, next: Member, depth: number): boolean {
  if (depth === 0 && next.loops.length + last.loops.length > 0) return false;
  const whole = depth === next.loops.length && first.members.every((m) => m.loops.length === depth);
  const read = tensorsReadBy(next.equation);
  const uses = first.members.some((m) => read.has(m.equation.tensor));
  if (hasContraction(first)) return uses && whole && shapeOf(next.equation) === "map";
  if (!uses) return whole && depth > 0;
  return whole || depth === next.loops.length || depth === last.loops.length;
}

/** What sharing this many loops is good for; undefined if nothing. */
function whyShare(
  first: KernelGroup,
  last: Member,
  next: Member,
  depth: number,
): { readonly reason: string; readonly uses: boolean } | undefined {
  const kind = shapeOf(next.equation);
  if (depth === 0 && next.loops.length + last.loops.length > 0) return undefined;
  const contracts = hasContraction(first);
  const whole = depth === next.loops.length && first.members.every((m) => m.loops.length === depth);
  const stored = new Set(first.members.map((m) => m.equation.tensor));
  const used = readsIn(next.equation).find((r) => stored.has(r.tensor))?.tensor;
  if (used) {
    // The loops of a contraction become tiles: only what follows cell by cell may stand in them.
    if (contracts && !(whole && kind === "map")) return undefined;
    if (whole) return { reason: `it uses ${used.name} in the same loops`, uses: true };
    const rows = depth === next.loops.length || depth === last.loops.length;
    return rows ? { reason: `it uses rows of ${used.name}`, uses: true } : undefined;
  }
  if (contracts || !whole || depth === 0) return undefined;
  const same = sharedRead(first, next) ?? reducedByBoth(last, next);
  return same && { reason: `both read ${same.name} in the same loops`, uses: false };
}

function sharedRead(first: KernelGroup, next: Member): Tensor | undefined {
  const known = new Set(first.members.flatMap((m) => readsIn(m.equation)));
  return readsIn(next.equation).find((r) => isBuffer(r) && known.has(r))?.tensor;
}

function isBuffer(r: { readonly tensor: Tensor }): boolean {
  return r.tensor.shape.length > 0;
}

/** A tensor that both reduce over the same extents. */
function reducedByBoth(last: Member, next: Member): Tensor | undefined {
  const [a, z] = [last.equation, next.equation];
  if (a.reducer === null || z.reducer === null || a.reduced.length !== z.reduced.length) return undefined;
  if (a.reduced.some((i, d) => i.extent !== z.reduced[d]!.extent)) return undefined;
  const known = new Set(readsOf(a.body).map((r) => r.tensor));
  return readsOf(z.body).find((r) => known.has(r.tensor))?.tensor;
}

/** Turn by turn, in the loops that are shared with each of the members before. Asked before the loops are renamed. */
function isLegal(first: KernelGroup, next: Member, depth: number, aliases: Aliases): boolean {
  const last = first.members.at(-1)!;
  return first.members.every((m) => sharesSafely(m, next, Math.min(commonLoops(m, last), depth), aliases));
}

/** An equation that adds into cells of several turns keeps its loops to itself: they are no parallel loops. */
function isIndependent(m: Member): boolean {
  return m.loops.every((i) => isParallel(m.equation, i));
}

function commonLoops(a: Member, z: Member): number {
  const different = a.loops.findIndex((i, d) => i !== z.loops[d]);
  return different < 0 ? a.loops.length : different;
}

function buffersOf(group: KernelGroup): number {
  const tensors = new Set(group.members.flatMap((m) => [...buffersOfEquation(m.equation)]));
  return tensors.size - group.internal.size;
}
