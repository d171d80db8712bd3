/**
 * What one call of a kernel does, counted without running it: every loop is taken as often as it turns, and where a
 * condition or a bound depends on loop indices, the turns of those loops are told apart. A condition that depends on
 * data counts both of its sides, and how much of the count stands under such conditions is told.
 */
import type { AtomName } from "../ir/atoms.ts";
import { atoms } from "../ir/atoms.ts";
import { operationOf } from "../ir/cost.ts";
import { evaluateAffine } from "../ir/interpreter-expressions.ts";
import type { Assign, Kernel, KernelStatement, Loop, Store } from "../ir/kernel.ts";
import { visit } from "../ir/rewrite.ts";
import type { Dim, Expr, Index, IntegerAtom, Tensor } from "../ir/types.ts";
import { Decisions } from "./decisions.ts";

export interface Counts {
  readonly operations: number;
  readonly functions: ReadonlyMap<AtomName, number>;
  /**
   * Cells, by buffer; a cell that is read twice counts twice. Numbers passed by value count as nothing, and neither does
   * what a kernel keeps for itself: panels stay in the nearest caches.
   */
  readonly reads: ReadonlyMap<Tensor, number>;
  readonly writes: ReadonlyMap<Tensor, number>;
  /** How much of all this depends on data: it is counted, and at most so much is done less. */
  readonly conditional: number;
}

/** A sum for each thing that is counted, by its place in the table of things. */
type Tally = number[];

type Thing = "operations" | AtomName | Access;
interface Access {
  readonly tensor: Tensor;
  readonly access: "reads" | "writes";
}

/** The counts of one call, which passes these values for the dimensions of the kernel. */
export function countKernel(kernel: Kernel, dims: ReadonlyMap<Dim, number>): Counts {
  return new Counter(kernel, dims).count();
}

/** The place of what stands under conditions that depend on data; it is counted at its own place as well. */
const conditional = 0;

class Counter {
  private readonly decisions: Decisions;
  private readonly buffers: ReadonlySet<Tensor>;
  private readonly things: Thing[] = [];
  private readonly places = new Map<Tensor | string, Map<Access["access"], number>>();
  private readonly deciding = new Map<KernelStatement, ReadonlySet<Index>>();
  private readonly memo = new Map<KernelStatement, Map<string, Tally>>();

  constructor(
    private readonly kernel: Kernel,
    private readonly dims: ReadonlyMap<Dim, number>,
  ) {
    this.decisions = new Decisions(kernel.body, dims);
    this.buffers = new Set(kernel.buffers.map((b) => b.tensor));
  }

  count(): Counts {
    const tally = this.block(this.kernel.body);
    const functions = new Map<AtomName, number>();
    const [reads, writes] = [new Map<Tensor, number>(), new Map<Tensor, number>()];
    let operations = 0;
    this.things.forEach((thing, i) => {
      const count = tally[i + 1] ?? 0;
      if (count === 0) return;
      if (thing === "operations") operations = count;
      else if (typeof thing === "string") functions.set(thing, count);
      else (thing.access === "reads" ? reads : writes).set(thing.tensor, count);
    });
    return { operations, functions, reads, writes, conditional: tally[conditional] ?? 0 };
  }

  private block(list: readonly KernelStatement[]): Tally {
    const tally: Tally = [];
    for (const s of list) add(tally, this.statement(s));
    return tally;
  }

  /** What does not depend on a loop is counted once for all turns of it. */
  private statement(s: KernelStatement): Tally {
    const deciding = this.decidedBy(s);
    const { positions } = this.decisions;
    const isRepeated = [...positions.keys()].some((i) => !deciding.has(i));
    if (!isRepeated && positions.size > 0) return this.ofStatement(s);
    const key = [...deciding].map((i) => positions.get(i)).join();
    const memo = this.memo.get(s) ?? new Map<string, Tally>();
    this.memo.set(s, memo);
    const known = memo.get(key);
    if (known) return known;
    const tally = this.ofStatement(s);
    memo.set(key, tally);
    return tally;
  }

  private ofStatement(s: KernelStatement): Tally {
    const tally: Tally = [];
    switch (s.kind) {
      case "let":
      case "variable":
        this.expressions([s.value], tally);
        return tally;
      case "assign":
        this.expressions([s.value], tally);
        for (const thing of changes(s)) this.tick(tally, thing);
        return tally;
      case "store":
        this.expressions([s.value, ...s.subscripts], tally);
        for (const thing of changes(s))
          if (typeof thing === "string" || this.buffers.has(thing.tensor)) this.tick(tally, thing);
        return tally;
      case "if": {
        this.expressions([s.condition], tally);
        const holds = this.decisions.value(s.condition);
        if (holds !== undefined) add(tally, this.block(holds !== 0 ? s.body : s.otherwise));
        else for (const side of [s.body, s.otherwise]) addConditional(tally, this.block(side));
        return tally;
      }
      case "loop":
        this.loop(s, tally);
        return tally;
    }
  }

  private loop(s: Loop, tally: Tally): void {
    this.expressions([s.from, s.to], tally);
    const [from, to] = [s.from, s.to].map((e) => this.decisions.value(e));
    const isKnown = from !== undefined && to !== undefined;
    const first = isKnown ? from : 0;
    const end = isKnown ? to : evaluateAffine(s.index.extent, this.dims);
    const { step = 1, lanes = 1 } = s;
    const sum: Tally = [];
    if (s.body.some((inner) => this.decidedBy(inner).has(s.index))) {
      for (let turn = first; turn < end; turn += step) {
        for (let i = turn; i < turn + lanes; i++) {
          this.decisions.positions.set(s.index, i);
          add(sum, this.block(s.body));
        }
      }
      this.decisions.positions.delete(s.index);
    } else {
      const turns = Math.max(0, Math.ceil((end - first) / step)) * lanes;
      if (turns > 0) add(sum, this.block(s.body), turns);
    }
    if (isKnown) add(tally, sum);
    else addConditional(tally, sum);
  }

  /** Evaluates the expressions of one statement: what occurs in them several times is evaluated once. */
  private expressions(roots: readonly Expr[], tally: Tally): void {
    const seen = new Set<Expr>();
    const unsure: Expr[] = [];
    const walk = (e: Expr, into: Tally): void => {
      if (seen.has(e)) return;
      seen.add(e);
      if (e.kind === "apply") this.apply(e, into, walk, unsure);
      else if (e.kind === "condition") walk(e.form, into);
      else if (e.kind === "affine") for (const t of e.terms) walkAtom(t.atom, into);
      else if (e.kind === "read") {
        for (const subscript of e.subscripts) walk(subscript, into);
        if (this.buffers.has(e.tensor)) this.tick(into, { tensor: e.tensor, access: "reads" });
      }
    };
    const walkAtom = (atom: IntegerAtom, into: Tally): void => {
      if (atom.kind === "floor" || atom.kind === "modulo" || atom.kind === "opaque") walk(atom.value, into);
    };
    for (const root of roots) walk(root, tally);
    // Last, so that what is evaluated anyway does not count as if it depended on data.
    const perhaps: Tally = [];
    for (let e = unsure.shift(); e; e = unsure.shift()) walk(e, perhaps);
    addConditional(tally, perhaps);
  }

  private apply(
    e: Extract<Expr, { kind: "apply" }>,
    into: Tally,
    walk: (e: Expr, into: Tally) => void,
    unsure: Expr[],
  ): void {
    const { operations, called } = operationOf(e);
    if (operations > 0) this.tick(into, "operations", operations);
    if (called !== undefined) this.tick(into, called);
    const { lazy } = atoms[e.atom];
    const [first, ...rest] = e.args;
    if (!lazy) {
      for (const a of e.args) walk(a, into);
    } else if (this.decisions.value(first!) === undefined) {
      walk(first!, into);
      unsure.push(...rest);
    } else {
      const evaluated = (a: Expr) => (): number => {
        walk(a, into);
        return this.decisions.value(a) ?? 0;
      };
      lazy(...e.args.map(evaluated));
    }
  }

  /** The loops whose turns a statement tells apart, its own inner ones left out. */
  private decidedBy(s: KernelStatement): ReadonlySet<Index> {
    const known = this.deciding.get(s);
    if (known) return known;
    const all = new Set<Index>();
    const take = (indices: ReadonlySet<Index> | null): void => indices?.forEach((i) => all.add(i));
    const own = s.kind === "loop" ? [s.from, s.to] : s.kind === "if" ? [s.condition] : [s.value];
    visit(s.kind === "store" ? [...own, ...s.subscripts] : own, (e) => {
      if (e.kind === "apply" && atoms[e.atom].lazy) take(this.decisions.decidedBy(e.args[0]!));
    });
    if (s.kind === "loop") {
      for (const inner of s.body) take(this.decidedBy(inner));
      all.delete(s.index);
    }
    if (s.kind === "if") for (const inner of [...s.body, ...s.otherwise]) take(this.decidedBy(inner));
    if (s.kind === "loop" || s.kind === "if") for (const e of own) take(this.decisions.decidedBy(e));
    this.deciding.set(s, all);
    return all;
  }

  private tick(tally: Tally, thing: Thing, count = 1): void {
    const [key, access] =
      typeof thing === "string" ? [thing, "reads" as const] : [thing.tensor, thing.access];
    const places = this.places.get(key) ?? new Map<Access["access"], number>();
    this.places.set(key, places);
    let place = places.get(access);
    if (place === undefined) {
      place = this.things.push(thing);
      places.set(access, place);
    }
    tally[place] = (tally[place] ?? 0) + count;
  }
}

/** What an assignment or a store does beside evaluating its value. */
function changes(s: Assign | Store): Thing[] {
  if (s.kind === "assign") return s.reducer !== null && s.local.type === "f32" ? ["operations"] : [];
  const { tensor } = s;
  if (!s.accumulate) return [{ tensor, access: "writes" }];
  return [
    { tensor, access: "reads" },
    ...(tensor.type === "f32" ? (["operations"] as const) : []),
    { tensor, access: "writes" },
  ];
}

function add(tally: Tally, more: Tally, times = 1): void {
  for (let i = 0; i < more.length; i++) {
    const count = more[i] ?? 0;
    if (count !== 0) tally[i] = (tally[i] ?? 0) + times * count;
  }
}

/** All of it depends on data. */
function addConditional(tally: Tally, more: Tally): void {
  const [, ...counts] = more;
  const all = counts.reduce((sum, n) => sum + (n ?? 0), 0);
  if (all === 0) return;
  const certain = [...more];
  certain[conditional] = all;
  add(tally, certain);
}
