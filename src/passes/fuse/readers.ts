/** Who reads what, in a whole graph: a tensor that only its own kernel reads, where it is stored, needs no memory. */
import type { Affine, Equation, Reshape, Tensor } from "../../ir/types.ts";
import { readsIn } from "./dependences.ts";
import type { KernelGroup, Member } from "./group.ts";
import { isPersistent } from "../../ir/dependences.ts";
import { isScalar } from "../schedule/assemble.ts";

export class Readers {
  private readonly counts = new Map<Tensor, number>();
  private readonly parts = new Map<Tensor, number>();
  private readonly kept: Set<Tensor>;

  /** `kept`: what must stand in memory when the graph is done. */
  constructor(statements: readonly (Equation | Reshape)[], kept: Iterable<Tensor>) {
    this.kept = new Set(kept);
    for (const s of statements) {
      increment(this.parts, s.tensor);
      // A reshape is the same memory as its source, so both need some.
      if (s.kind === "reshape") this.kept.add(s.source).add(s.tensor);
      else for (const t of tensorsReadBy(s)) increment(this.counts, t);
    }
  }

  count(t: Tensor): number {
    return this.counts.get(t) ?? 0;
  }

  /** Defined by one equation, and not looked at from outside the graph. */
  isPrivate(t: Tensor): boolean {
    return !isPersistent(t) && !this.kept.has(t) && this.parts.get(t) === 1;
  }

  internalTo(members: readonly Member[]): Set<Tensor> {
    const internal = new Set<Tensor>();
    members.forEach((m, at) => {
      const t = m.equation.tensor;
      if (!this.isPrivate(t) || !hasValueHere(m)) return;
      const readers = members.slice(at + 1).filter((r) => tensorsReadBy(r.equation).has(t));
      if (readers.length === this.count(t) && readers.every((r) => readsOnlyHere(r, m))) internal.add(t);
    });
    return internal;
  }

  withInternal(group: KernelGroup): KernelGroup {
    return { ...group, internal: this.internalTo(group.members) };
  }
}

/** Whether what is stored is known whenever the loops pass: it is neither an addition nor skipped by a condition. */
export function hasValueHere(m: Member): boolean {
  const { equation: e, fills } = m;
  return !e.accumulate && (fills || e.reducer !== null || e.where.length === 0);
}

function readsOnlyHere(reader: Member, writer: Member): boolean {
  const { tensor, target } = writer.equation;
  const inScope = writer.loops.every((i, d) => reader.loops[d] === i);
  return (
    inScope && readsIn(reader.equation).every((r) => r.tensor !== tensor || sameAffines(r.subscripts, target))
  );
}

function sameAffines(a: readonly Affine[], b: readonly Affine[]): boolean {
  return a.every((e, d) => e === b[d]);
}

const tensors = new WeakMap<Equation, ReadonlySet<Tensor>>();

export function tensorsReadBy(e: Equation): ReadonlySet<Tensor> {
  const known = tensors.get(e);
  if (known) return known;
  const found = new Set(readsIn(e).map((r) => r.tensor));
  tensors.set(e, found);
  return found;
}

/** The tensors that a kernel of this equation alone is passed. */
export function buffersOfEquation(e: Equation): Set<Tensor> {
  return new Set([e.tensor, ...[...tensorsReadBy(e)].filter((t) => !isScalar(t))]);
}

function increment(counts: Map<Tensor, number>, t: Tensor): void {
  counts.set(t, (counts.get(t) ?? 0) + 1);
}
