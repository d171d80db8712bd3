import type { Builder } from "../../ir/builder.ts";
import { printStatement } from "../../ir/printer.ts";
import { readsOf, targetsWhole } from "../../ir/rewrite.ts";
import type { Equation, Graph, Read, Statement, Tensor } from "../../ir/types.ts";
import { bodyAt } from "./alias.ts";
import { costOfEquation, volume } from "./cost.ts";
import { TooLarge } from "./fraction.ts";
import { withoutGuards } from "./guards.ts";
import { guardedBody } from "./merge.ts";
import type { Product } from "./products.ts";
import { Refolder } from "./refold.ts";
import { Translator } from "./translate.ts";
import { GraphIndex, isPersistent } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

/** Folding back one definition may make another fit. */
const mostRefolds = 4;

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

class Cancellation {
  private readonly work: Workspace;
  private readonly index: GraphIndex;
  /** The equations as they are by now. */
  private readonly current = new Map<Tensor, Equation>();
  private readonly absorbed = new Map<Tensor, boolean>();
  private readonly translator: Translator;
  private readonly refolder: Refolder;
  private position = 0;

  constructor(graph: Graph, work: Workspace) {
    this.work = work;
    this.index = new GraphIndex(graph, work);
    this.translator = new Translator(work.builder, (r) => this.inlined(r));
    this.refolder = new Refolder(this.translator);
  }

  visit(s: Statement, position: number): Statement {
    this.position = position;
    const equation = candidate(s);
    if (!equation) {
      this.learn(s, position);
      return s;
    }
    const next = this.improved(equation);
    const value =
      this.index.onlyWriter(equation.tensor) === s ? unguarded(next, this.work.builder) : undefined;
    if (value) this.current.set(equation.tensor, value);
    return next;
  }

  private learn(s: Statement, position: number): void {
    if (s.kind !== "equation" || s.tensor.role !== "definition" || s.tensor.type !== "f32") return;
    if (this.index.pointwise(s.tensor) === s) this.refolder.add(s, position);
  }

  private improved(e: Equation): Equation {
    let best: { readonly equation: Equation; readonly by: readonly Tensor[] };
    try {
      best = this.cheapest(e);
    } catch (error) {
      if (error instanceof TooLarge) return e;
      throw error;
    }
    const dying = this.dyingIn(e);
    const saved = dying.reduce((sum, d) => sum + this.shareOf(d), 0);
    if (costOfEquation(best.equation) >= costOfEquation(e) + saved) return e;
    const rule = best.by.length === 0 ? "cancel" : `cancel, by ${best.by.map((t) => t.name).join(", ")}`;
    const before = (): string => [...dying, e].map(printStatement).join("; ");
    this.work.record(rule, true, e.tensor, before, () => printStatement(best.equation));
    return best.equation;
  }

  /** The normal form, folded back into definitions as long as that makes it cheaper. */
  private cheapest(e: Equation): { equation: Equation; by: Tensor[] } {
    // A bracket under a sum may use up the loop: that counts.
    const written = (form: Product): Equation =>
      withoutGuards(this.work.builder.equation({ ...e, body: this.translator.render(form) }), this.work);
    let form = this.translator.normal(e.body);
    let equation = written(form);
    let cost = costOfEquation(equation);
    const by: Tensor[] = [];
    for (let round = 0; round < mostRefolds; round++) {
      let found: Tensor | undefined;
      for (const option of this.refolder.rewritten(form, this.position)) {
        const trial = written(option.form);
        const trialCost = costOfEquation(trial);
        if (trialCost >= cost) continue;
        [form, equation, cost, found] = [option.form, trial, trialCost, option.by];
      }
      if (!found) break;
      by.push(found);
    }
    return { equation, by };
  }

  /** Looks through adjoints that die when all their readers look through them. */
  private inlined(read: Read): ReturnType<typeof bodyAt> | undefined {
    const producer = this.producer(read.tensor);
    return producer && bodyAt(this.work.builder, producer, read.subscripts);
  }

  private producer(t: Tensor): Equation | undefined {
    const producer = this.current.get(t);
    return producer && this.diesWhenAbsorbed(producer) ? producer : undefined;
  }

  private diesWhenAbsorbed(producer: Equation): boolean {
    const known = this.absorbed.get(producer.tensor);
    if (known !== undefined) return known;
    const { index } = this;
    const t = producer.tensor;
    const loops = volume(producer.indices);
    const stays = index.results.has(t) || index.pinned.has(t) || isPersistent(t);
    const absorbs = (s: Statement): boolean => {
      const e = candidate(s);
      if (!e || readsOf(...e.where, ...e.target).some((r) => r.tensor === t)) return false;
      return e.reducer === null || volume([...e.indices, ...e.reduced]) <= loops;
    };
    const overwritten = readsOf(producer.body).some(
      (r) =>
        isPersistent(r.tensor) &&
        index.firstWrite(r.tensor) !== Infinity &&
        index.firstWrite(r.tensor) <= this.lastReader(t),
    );
    const readers = index.readers.get(t) ?? [];
    const result = !stays && !overwritten && readers.every((p) => absorbs(index.graph.statements[p]!));
    this.absorbed.set(t, result);
    return result;
  }

  private lastReader(t: Tensor): number {
    return this.index.readers.get(t)?.at(-1) ?? -1;
  }

  /** The producers that an equation looks through, directly and further up. */
  private dyingIn(e: Equation): Equation[] {
    const found = new Set<Equation>();
    const walk = (from: Equation): void => {
      for (const r of readsOf(from.body)) {
        const producer = this.producer(r.tensor);
        if (!producer || found.has(producer)) continue;
        found.add(producer);
        walk(producer);
      }
    };
    walk(e);
    return [...found].reverse();
  }

  /** What one reader may count as saved when a producer dies. */
  private shareOf(producer: Equation): number {
    return costOfEquation(producer) / Math.max(1, this.index.readers.get(producer.tensor)?.length ?? 1);
  }
}
