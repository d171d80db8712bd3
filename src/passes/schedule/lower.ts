/** From the equations of a kernel to loops: shared loops first, then accumulators, then stores. */
import type { Builder } from "../../ir/builder.ts";
import type { KernelStatement, Loop, Store, Variable } from "../../ir/kernel.ts";
import { freeIndices, readsOf, rewriter } from "../../ir/rewrite.ts";
import type { Affine, Equation, Expr, Index, Read, Tensor } from "../../ir/types.ts";
import type { KernelGroup, Member } from "../fuse/group.ts";
import { isParallel } from "../fuse/group.ts";
import { hasValueHere } from "../fuse/readers.ts";
import { guarded, guardedLoop, rangeConditions } from "./guards.ts";
import { localName, placeName } from "./names.ts";
import type { NameSpace } from "./names.ts";
import { accumulator, constantOf, extremeOf, localValue } from "./reduction.ts";

/** The statements of one kernel, before shared values are named. */
export function lowerGroup(group: KernelGroup, names: NameSpace, b: Builder): readonly KernelStatement[] {
  return new Lowering(group, names, b).run();
}

class Lowering {
  /** What a read of a tensor computed by this kernel, at the place just stored, is replaced by. */
  private readonly forwarded = new Map<Expr, Expr>();
  private readonly group: KernelGroup;
  private readonly names: NameSpace;
  private readonly b: Builder;

  constructor(group: KernelGroup, names: NameSpace, b: Builder) {
    this.group = group;
    this.names = names;
    this.b = b;
  }

  run(): readonly KernelStatement[] {
    return this.nest(this.group.members, 0);
  }

  /** Consecutive members that share the loop at this depth share it in the kernel. */
  private nest(members: readonly Member[], depth: number): readonly KernelStatement[] {
    const out: KernelStatement[] = [];
    for (let at = 0; at < members.length;) {
      const index = members[at]!.loops[depth];
      let end = at + 1;
      if (index) while (end < members.length && members[end]!.loops[depth] === index) end++;
      else
        while (end < members.length && this.sharesReduction(members.slice(at, end), members[end]!, depth))
          end++;
      const run = members.slice(at, end);
      if (index) out.push(this.mapLoop(run, index, depth));
      else
        out.push(
          ...this.leaves(
            run.map((m) => m.equation),
            run,
          ),
        );
      at = end;
    }
    return out;
  }

  private mapLoop(run: readonly Member[], index: Index, depth: number): Loop {
    const [only] = run;
    const conditions = run.length === 1 && !storesEverywhere(only!) ? this.conditionsAt(only!, depth) : [];
    const role = run.every((m) => isParallel(m.equation, index)) ? "map" : "reduce";
    return guardedLoop(this.b, index, role, conditions, this.nest(run, depth + 1));
  }

  /** The conditions of a lone part that can be decided at this loop, and not before. */
  private conditionsAt(member: Member, depth: number): Expr[] {
    return member.equation.where.filter((c) => innermost(c, member.loops) === depth);
  }

  /** Reductions over the same indices, none of which needs the result of another, run in one loop. */
  private sharesReduction(run: readonly Member[], next: Member, depth: number): boolean {
    const head = run[0]!.equation;
    const e = next.equation;
    if (next.loops.length !== depth || head.reducer === null || e.reducer === null) return false;
    const results = new Set(run.map((m) => m.equation.tensor));
    return (
      sameItems(head.reduced, e.reduced) &&
      sameItems(head.where, e.where) &&
      readsOf(e.body, ...e.where, ...e.target).every((r) => !results.has(r.tensor))
    );
  }

  private leaves(equations: readonly Equation[], run: readonly Member[]): KernelStatement[] {
    const [first] = equations;
    if (first!.reducer === null) return this.plain(run[0]!);
    const { before, step, results } = this.accumulators(equations);
    const where = first!.where.map((c) => this.forward(c));
    const isSum = equations.every((e) => e.reducer === "sum");
    const reduced = isSum ? boundedFirst(first!.reduced, where) : first!.reduced;
    const loops = this.reduceLoops(reduced, where, step);
    const stores = run.flatMap((m, i) => this.storeResult(m, results[i]!));
    return [...before, ...loops, ...stores];
  }

  /** What the equations of one loop keep. `max` needs nothing of its own where `argmax` of the same values is kept. */
  private accumulators(equations: readonly Equation[]): {
    before: Variable[];
    step: KernelStatement[];
    results: Expr[];
  } {
    const values = equations.map((e) => this.forward(e.body));
    const fresh = (name: string): string => this.names.fresh(name, `${name}_value`);
    const tellers = equations.map((e, n) =>
      equations.findIndex((x, k) => extremeOf(x.reducer!) === e.reducer && values[k] === values[n]),
    );
    const made = equations.map((e, n) =>
      tellers[n]! < 0
        ? accumulator(this.b, e.reducer!, e.reduced, values[n]!, fresh, this.accumulatorName(e))
        : undefined,
    );
    return {
      before: made.flatMap((m) => [...(m?.before ?? [])]),
      step: made.flatMap((m) => [...(m?.step ?? [])]),
      results: made.map((m, n) => m?.result ?? made[tellers[n]!]!.best!),
    };
  }

  /** Where nothing was added up there may be no cell to add to: the conditions of the sum protected the place too. */
  private storeResult(member: Member, result: Expr): KernelStatement[] {
    const { tensor, target, accumulate, where } = member.equation;
    const stores = this.store(member, result);
    if (!accumulate || where.length === 0) return stores;
    const place = target.map((t) => this.forward(t) as Affine);
    return [...guarded(this.b, rangeConditions(this.b, tensor, place), stores)];
  }

  private reduceLoops(
    reduced: readonly Index[],
    where: readonly Expr[],
    step: readonly KernelStatement[],
  ): readonly KernelStatement[] {
    let body = step;
    for (let depth = reduced.length - 1; depth >= 0; depth--) {
      const conditions = where.filter((c) => innermost(c, reduced) === depth);
      body = [guardedLoop(this.b, reduced[depth]!, "reduce", conditions, body)];
    }
    const outside = where.filter((c) => innermost(c, reduced) < 0);
    return guarded(this.b, outside, body);
  }

  private plain(member: Member): KernelStatement[] {
    const { equation: e, fills } = member;
    const body = this.forward(e.body);
    const where = e.where.map((c) => this.forward(c));
    if (where.length === 0) return this.store(member, body);
    if (fills) {
      return this.store(member, this.b.select(this.b.and(...where), body, constantOf(this.b, body.type, 0)));
    }
    // Conditions on the loops were placed at the loops, where this part is alone in them.
    const rest = this.isAlone(member)
      ? where.filter((_, i) => innermost(e.where[i]!, member.loops) < 0)
      : where;
    return [...guarded(this.b, rest, this.store(member, body))];
  }

  private isAlone(member: Member): boolean {
    return this.group.members.every((m) => m === member || m.loops[0] !== member.loops[0]);
  }

  private store(member: Member, value: Expr): KernelStatement[] {
    const e = member.equation;
    const subscripts = e.target.map((t) => this.forward(t) as Affine);
    const read = this.b.read(e.tensor, e.target);
    const out: KernelStatement[] = [];
    let stored = value;
    this.forget(e.tensor);
    if (hasValueHere(member) && this.isReadLater(member, read)) {
      if (value.kind !== "constant" && !isLocal(value)) {
        const local = this.b.local(this.names.fresh(this.valueName(e)), value.type);
        out.push({ kind: "let", local, value });
        stored = localValue(this.b, local);
      }
      this.forwarded.set(read, stored);
    }
    if (!this.group.internal.has(e.tensor)) out.push(this.storeOf(e, subscripts, stored));
    return out;
  }

  /** What only exists in the kernel has its own name; what is stored keeps that name for the memory. */
  private accumulatorName(e: Equation): string {
    const name = localName(e.tensor);
    const says = this.group.internal.has(e.tensor) || name.endsWith(`_${e.reducer}`);
    return says ? name : `${name}_${e.reducer}`;
  }

  private valueName(e: Equation): string {
    return this.group.internal.has(e.tensor) ? localName(e.tensor) : placeName(e.tensor, e.target);
  }

  private storeOf(e: Equation, subscripts: readonly Affine[], value: Expr): Store {
    const { tensor, accumulate, origin } = e;
    return { kind: "store", tensor, subscripts, value, accumulate, origin };
  }

  /** What was known of a tensor is out of date: another part of it is stored. */
  private forget(tensor: Tensor): void {
    for (const key of this.forwarded.keys()) {
      if (readsOf(key).some((r) => r.tensor === tensor)) this.forwarded.delete(key);
    }
  }

  /** Whether a later member of the kernel reads what this one stores, at the place where it stores it. */
  private isReadLater(member: Member, read: Expr): boolean {
    const { members } = this.group;
    const later = members.slice(members.indexOf(member) + 1);
    const target = read.kind === "read" ? read : (read as Affine).terms[0]!.atom;
    const wanted = target.kind === "opaque" ? target.value : target;
    return later.some((m) =>
      readsOf(m.equation.body, ...m.equation.where, ...m.equation.target).some((r: Read) => r === wanted),
    );
  }

  private forward(e: Expr): Expr {
    if (this.forwarded.size === 0) return e;
    const whole = (node: Expr): Expr | undefined => this.forwarded.get(node);
    return rewriter(this.b, {
      node: whole,
      atom: (a) =>
        a.kind === "opaque" ? (this.forwarded.get(this.b.of(a)) as Affine | undefined) : undefined,
    })(e);
  }
}

/** Whether the member stores each of its cells whatever its conditions say. */
function storesEverywhere(member: Member): boolean {
  return member.equation.reducer !== null || member.fills;
}

/** The depth of the innermost of these loops that a condition mentions; −1 if none. */
function innermost(condition: Expr, loops: readonly Index[]): number {
  const free = freeIndices(condition);
  return loops.findLastIndex((i) => free.has(i));
}

/**
 * What a sum runs over, with what has conditions to satisfy outside of what has none: bounds are then worked out before
 * the inner loops, instead of in each of their turns.
 */
function boundedFirst(reduced: readonly Index[], where: readonly Expr[]): readonly Index[] {
  const conditions = where.filter((c) => c.kind === "condition" && readsOf(c).length === 0);
  const bounded = freeIndices(...conditions);
  return [...reduced.filter((i) => bounded.has(i)), ...reduced.filter((i) => !bounded.has(i))];
}

function isLocal(value: Expr): boolean {
  if (value.kind === "local") return true;
  if (value.kind !== "affine" || value.constant !== 0 || value.terms.length !== 1) return false;
  const [term] = value.terms;
  return term!.factor === 1 && term!.atom.kind === "opaque" && term!.atom.value.kind === "local";
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
