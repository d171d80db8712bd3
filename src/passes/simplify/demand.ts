/**
 * Conditions that hold wherever an adjoint is read need not be asked where it is computed: in
 * `de[i, j] = (if j ≤ i then d[i, j] else 0) − s[i]`, of which only `ds[i, j] = de[i, j] where j ≤ i` reads, de is d − s.
 */
import type { Builder } from "../../ir/builder.ts";
import { isPersistent } from "../../ir/dependences.ts";
import { prove } from "../../ir/intervals.ts";
import { printStatement } from "../../ir/printer.ts";
import { conjuncts, freeIndices, readsOf, substitute } from "../../ir/rewrite.ts";
import type { Affine, Equation, Expr, Graph, Index, Read, Statement, Tensor } from "../../ir/types.ts";
import { targetIndices } from "./alias.ts";
import { Decisions } from "./decisions.ts";
import type { GraphIndex } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

export function dropDemanded(graph: Graph, work: Workspace): Graph {
  if (!graph.statements.some((s) => s.kind === "equation" && s.where.length > 0)) return graph;
  const demand = new Demand(graph, work);
  let changed = false;
  const statements = graph.statements
    .toReversed()
    .map((s): Statement => {
      const next = s.kind === "equation" ? demand.visit(s) : s;
      changed ||= next !== s;
      return next;
    })
    .reverse();
  return changed ? { ...graph, statements } : graph;
}

class Demand {
  private readonly index: GraphIndex;
  private readonly work: Workspace;
  /** What holds wherever a tensor is read, over the indices of its definition. Readers come before what they read. */
  private readonly holds = new Map<Tensor, readonly Expr[]>();

  constructor(graph: Graph, work: Workspace) {
    this.work = work;
    this.index = work.indexOf(graph);
  }

  visit(e: Equation): Equation {
    const conditions = this.conditionsFor(e);
    if (conditions.length === 0) return e;
    this.holds.set(e.tensor, conditions);
    const body = new Decisions(this.work.builder, false).under(e.body, conditions);
    if (body === e.body || !readsOf(body).every((r) => isInRange(r, this.work.builder))) return e;
    const next = this.work.builder.equation({ ...e, body });
    this.work.record(
      "a condition that holds for every reader",
      false,
      e.tensor,
      () => printStatement(e),
      () => printStatement(next),
    );
    return next;
  }

  private conditionsFor(e: Equation): readonly Expr[] {
    const { index } = this;
    const t = e.tensor;
    if (t.role !== "adjoint" || index.results.has(t) || index.pinned.has(t)) return [];
    if (index.pointwise(t) !== e) return [];
    const readers = (index.readers.get(t) ?? []).map((position) => index.graph.statements[position]!);
    const [first, ...others] = readers.map((reader) => this.conditionsOf(reader, e));
    return (first ?? []).filter((c) => others.every((conditions) => conditions.includes(c)));
  }

  /** What holds where a statement reads the tensor of an equation, in terms of the equation's own indices. */
  private conditionsOf(reader: Statement, e: Equation): readonly Expr[] {
    const b = this.work.builder;
    if (reader.kind !== "equation") return [];
    const outside = readsOf(...reader.where, ...reader.target).some((r) => r.tensor === e.tensor);
    const [read, ...more] = readsOf(reader.body).filter((r) => r.tensor === e.tensor);
    if (outside || !read || more.length > 0) return [];
    const loops = [...reader.indices, ...reader.reduced];
    const places = read.subscripts.map((s) => loops.find((i) => b.of(i) === s));
    if (places.includes(undefined) || new Set(places).size < places.length) return [];
    const own = new Map(targetIndices(e).map((i, d): [Index, Affine] => [places[d]!, b.of(i)]));
    const known = [...reader.where.flatMap(conjuncts), ...this.wherever(reader)];
    return known
      .filter((c) => isSteady(c) && [...freeIndices(c)].every((i) => own.has(i)))
      .map((c) => substitute(b, c, own));
  }

  private wherever(reader: Equation): readonly Expr[] {
    return this.index.pointwise(reader.tensor) === reader ? (this.holds.get(reader.tensor) ?? []) : [];
  }
}

/** Whether a condition has one value as long as the graph runs. */
const isSteady = (condition: Expr): boolean => readsOf(condition).every((r) => !isPersistent(r.tensor));

function isInRange({ tensor, subscripts }: Read, b: Builder): boolean {
  return subscripts.every(
    (s, d) => prove(b.nonnegative(s), [], b) && prove(b.less(s, tensor.shape[d]!), [], b),
  );
}
