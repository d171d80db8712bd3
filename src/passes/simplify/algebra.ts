import { countOf } from "../../ir/affine.ts";
import type { Builder } from "../../ir/builder.ts";
import { printStatement } from "../../ir/printer.ts";
import { freeIndices, readsOf, targetsWhole } from "../../ir/rewrite.ts";
import type { Equation, Expr, Graph, Read, Statement, Tensor } from "../../ir/types.ts";
import { bodyAt } from "./alias.ts";
import { TooLarge } from "./fraction.ts";
import type { Neighbourhood } from "./likeness.ts";
import { likenessOf } from "./likeness.ts";
import { guardedBody } from "./merge.ts";
import { isPersistent } from "../../ir/dependences.ts";
import type { GraphIndex } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";
import { Writing } from "./writing.ts";

/** Formulas that grow by no more than this many symbols count as short. */
const slightlyLonger = 4;

/** Equations that are longer than this together are left as they are. */
const longest = 60;

/** What is left of the arithmetic where much cancels, at most. */
const muchCheaper = 0.6;

/**
 * Algebra across equations: each adjoint is written out over the pointwise adjoints it is made of, brought to normal
 * form, and folded back into the definitions of the source. It is kept where the total cost falls, that of equations
 * which die included. Cancelling holds over the reals only.
 */
export function cancelAcross(graph: Graph, work: Workspace): Graph {
  if (!work.realOnly || !graph.statements.some((s) => isAdjoint(s))) return graph;
  const pass = new Cancellation(graph, work);
  let changed = false;
  const statements = graph.statements.map((s, position) => {
    const next = pass.visit(s, position);
    changed ||= next !== s;
    return next;
  });
  return changed ? { ...graph, statements } : graph;
}

function isAdjoint(s: Statement): s is Equation {
  return s.kind === "equation" && s.tensor.role === "adjoint" && s.tensor.type === "f32";
}

/** The equation of an adjoint that algebra may rewrite. */
function candidate(s: Statement): Equation | undefined {
  if (!isAdjoint(s) || s.body.type !== "f32") return undefined;
  return s.reducer === null || s.reducer === "sum" ? s : undefined;
}

/** The equation of a whole tensor without a reduction, its guards as a selection; undefined for all others. */
function unguarded(e: Equation, b: Builder): Equation | undefined {
  if (e.reducer !== null || !targetsWhole(e)) return undefined;
  return e.where.length === 0 ? e : b.equation({ ...e, where: [], body: guardedBody(b, e) });
}

/** How far adjoints are looked through: those that are constants and sizes only, or all that die by it. */
type Reach = "closed" | "all";

/** What one way of writing an equation out found. */
interface Finding {
  readonly equation: Equation;
  readonly by: readonly Tensor[];
  /** The producers that are looked through, and what they cost. */
  readonly dying: readonly Equation[];
  readonly saved: number;
}

class Cancellation implements Neighbourhood {
  private readonly work: Workspace;
  private readonly index: GraphIndex;
  /** The equations as they are by now. */
  private readonly current = new Map<Tensor, Equation>();
  /** The definitions that were met, by the tensors that they read. */
  private readonly definitions = new Map<Tensor, Equation[]>();
  private readonly absorbed = new Map<Tensor, boolean>();
  private readonly writings: Readonly<Record<Reach, Writing>>;

  constructor(graph: Graph, work: Workspace) {
    this.work = work;
    this.index = work.indexOf(graph);
    const writing = (reach: Reach): Writing => new Writing(work, (r) => this.inlined(r, reach));
    this.writings = { closed: writing("closed"), all: writing("all") };
  }

  visit(s: Statement, position: number): Statement {
    const equation = candidate(s);
    if (!equation) {
      this.learn(s, position);
      return s;
    }
    const next = this.improved(equation, position);
    const value =
      this.index.onlyWriter(equation.tensor) === s ? unguarded(next, this.work.builder) : undefined;
    if (value) this.current.set(equation.tensor, value);
    return next;
  }

  private learn(s: Statement, position: number): void {
    if (s.kind !== "equation" || s.tensor.role !== "definition" || s.tensor.type !== "f32") return;
    if (this.index.pointwise(s.tensor) !== s) return;
    for (const t of this.work.tensorsRead(s)) {
      const known = this.definitions.get(t);
      if (known) known.push(s);
      else this.definitions.set(t, [s]);
    }
    for (const writing of Object.values(this.writings)) writing.refolder.add(s, position);
  }

  private improved(e: Equation, position: number): Equation {
    const all = this.dyingIn(e, "all");
    const tried = all.map((d) => d.id).join();
    if (this.work.settled.get(e) === tried) return e;
    // Where both ways look through the same, the second finds what the first has found.
    const found =
      this.cancelled(e, position) ??
      (all.every(isClosed) ? undefined : this.rewritten(e, position, "closed"));
    if (!found) {
      this.work.settled.set(e, tried);
      return e;
    }
    const rule = found.by.length === 0 ? "cancel" : `cancel, by ${found.by.map((t) => t.name).join(", ")}`;
    const before = (): string => [...found.dying, e].map(printStatement).join("; ");
    this.work.record(rule, true, e.tensor, before, () => printStatement(found.equation));
    return found.equation;
  }

  definitionsReading(t: Tensor): readonly Equation[] {
    return this.definitions.get(t) ?? [];
  }

  readersOf(t: Tensor): number {
    return this.index.readers.get(t)?.length ?? 0;
  }

  /**
   * Adjoints between are worth dissolving where much cancels, or where the formula stays about as short as it was:
   * otherwise they are steps that a reader wants to see, and fusion saves their memory anyway.
   */
  private cancelled(e: Equation, position: number): Finding | undefined {
    const found = this.rewritten(e, position, "all");
    if (!found || found.dying.every(isClosed)) return found;
    const before = this.work.cost(e).body + found.saved;
    const short = this.work.length(found.equation) <= this.work.length(e) + slightlyLonger;
    return short || this.work.cost(found.equation).body <= muchCheaper * before ? found : undefined;
  }

  /** The cheapest way to write an equation, if it is cheaper than what there is. */
  private rewritten(e: Equation, position: number, reach: Reach): Finding | undefined {
    const seen = this.dyingIn(e, reach);
    if ([...seen, e].reduce((sum, d) => sum + this.work.length(d), 0) > longest) return undefined;
    // What one turn of a recurrence does not allow, the others don't either.
    const likeness = likenessOf([...seen, e], this, this.work.texts);
    if (likeness !== undefined && this.work.hopeless.has(`${reach} ${likeness}`)) return undefined;
    const found = this.cheaper(e, position, reach, seen);
    if (!found && likeness !== undefined) this.work.hopeless.add(`${reach} ${likeness}`);
    return found;
  }

  private cheaper(
    e: Equation,
    position: number,
    reach: Reach,
    seen: readonly Equation[],
  ): Finding | undefined {
    try {
      const { equation, by } = this.writings[reach].cheapest(e, position);
      // What is still read does not die: a condition, say, is not looked into.
      const stays = new Set(equation === e ? seen : this.dyingIn(equation, reach));
      const dying = seen.filter((d) => !stays.has(d));
      const saved = dying.reduce((sum, d) => sum + this.shareOf(d, e), 0);
      const cheaper = this.work.cost(equation).whole < this.work.cost(e).whole + saved;
      return cheaper ? { equation, by, dying, saved } : undefined;
    } catch (error) {
      if (error instanceof TooLarge) return undefined;
      throw error;
    }
  }

  private inlined(read: Read, reach: Reach): Expr | undefined {
    const producer = this.producer(read.tensor, reach);
    return producer && bodyAt(this.work.builder, producer, read.subscripts);
  }

  /** The equation of an adjoint that dies when all its readers look through it. */
  private producer(t: Tensor, reach: Reach): Equation | undefined {
    const producer = this.current.get(t);
    if (!producer || (reach === "closed" && !isClosed(producer))) return undefined;
    return this.diesWhenAbsorbed(producer) ? producer : undefined;
  }

  private diesWhenAbsorbed(producer: Equation): boolean {
    const known = this.absorbed.get(producer.tensor);
    if (known !== undefined) return known;
    const { index } = this;
    const t = producer.tensor;
    const loops = countOf(producer.indices);
    const readers = index.readers.get(t) ?? [];
    const stays = index.results.has(t) || index.pinned.has(t) || isPersistent(t);
    const absorbs = (s: Statement): boolean => {
      const e = candidate(s);
      if (!e || readsOf(...e.where, ...e.target).some((r) => r.tensor === t)) return false;
      return e.reducer === null || countOf([...e.indices, ...e.reduced]) <= loops;
    };
    const last = readers.at(-1) ?? -1;
    const overwritten = readsOf(producer.body).some(
      (r) => isPersistent(r.tensor) && index.firstWrite(r.tensor) <= last,
    );
    const result = !stays && !overwritten && readers.every((p) => absorbs(index.graph.statements[p]!));
    this.absorbed.set(t, result);
    return result;
  }

  /** The producers that an equation looks through, directly and further up. */
  private dyingIn(e: Equation, reach: Reach): Equation[] {
    const found = new Set<Equation>();
    const walk = (from: Equation): void => {
      for (const r of readsOf(from.body)) {
        const producer = this.producer(r.tensor, reach);
        if (!producer || found.has(producer)) continue;
        found.add(producer);
        walk(producer);
      }
    };
    walk(e);
    return [...found].reverse();
  }

  /** What one reader may count as saved when a producer dies: arithmetic, since fusion saves the memory anyway. */
  private shareOf(producer: Equation, reader: Equation): number {
    const readers = Math.max(1, this.index.readers.get(producer.tensor)?.length ?? 1);
    const cost = this.work.cost(producer);
    if (isClosed(producer)) return cost.whole / readers;
    const direct = readsOf(reader.body).filter((r) => r.tensor === producer.tensor);
    const loops = [...reader.indices, ...reader.reduced];
    const repeats = (r: Read): number => countOf(reader.reducer === null ? freeIndices(r) : loops);
    return cost.body / readers - direct.reduce((sum, r) => sum + repeats(r), 0);
  }
}

/** A body of constants, sizes and indices only. */
function isClosed(e: Equation): boolean {
  return readsOf(e.body).every((r) => r.type !== "f32");
}
