/**
 * Element-wise definitions are written into the equations that read them, where that costs nothing: the total number
 * of evaluations does not grow, or the definition is so short that reading it from memory is no cheaper.
 */
import { countOf } from "../../ir/affine.ts";
import { atoms } from "../../ir/atoms.ts";
import type { Builder } from "../../ir/builder.ts";
import {
  children,
  coversWhole,
  freeIndices,
  readsOf,
  rewriter,
  substitute,
  visit,
} from "../../ir/rewrite.ts";
import type { Affine, Equation, Expr, Graph, Index, Read, Reshape, Tensor } from "../../ir/types.ts";
import { readsIn } from "./dependences.ts";
import { isPersistent } from "../../ir/dependences.ts";
import { loopOrder } from "./group.ts";
import { buffersOfEquation } from "./readers.ts";

export interface Inlined {
  readonly statements: readonly (Equation | Reshape)[];
  /** For each equation that took others in: those, then itself as it stands in the graph. */
  readonly sources: ReadonlyMap<Equation, readonly Equation[]>;
  readonly notes: readonly string[];
}

/** A definition that may be written into its readers. */
interface Candidate {
  readonly equation: Equation;
  readonly readers: number;
  /** Persistent tensors that it reads: it can't move behind an update of them. */
  readonly holds: readonly Tensor[];
}

/** A formula taller than this stays an equation of its own: every walker descends it, and nobody reads it. */
const tallest = 100;

export function inlineProducers(
  graph: Graph,
  statements: readonly (Equation | Reshape)[],
  mostBuffers: number,
  b: Builder,
): Inlined {
  const uses = new UseTable(graph, statements);
  const candidates = new Map<Tensor, Candidate>();
  const sources = new Map<Equation, readonly Equation[]>();
  const notes: string[] = [];
  const out: (Equation | Reshape)[] = [];
  for (const s of statements) {
    if (s.kind === "reshape") {
      out.push(s);
      continue;
    }
    const taken = new Set<Candidate>();
    const reader = takeIn(s, candidates, taken, mostBuffers, b);
    if (taken.size > 0) {
      const inside = [...taken].flatMap((c) => sources.get(c.equation) ?? [c.equation]);
      sources.set(reader, [...new Set(inside), s]);
      for (const c of taken)
        notes.push(`${c.equation.tensor.name} is written into ${s.tensor.name}: no evaluation is added`);
    }
    if (isPersistent(s.tensor)) {
      for (const [t, c] of candidates) if (c.holds.includes(s.tensor)) candidates.delete(t);
    }
    const candidate = heightOf(reader.body) <= tallest ? uses.candidate(reader) : undefined;
    if (candidate) candidates.set(s.tensor, candidate);
    out.push(reader);
  }
  return { statements: withoutUnread(graph, out), sources, notes };
}

/** The reader with the candidates that pay written into it. */
function takeIn(
  reader: Equation,
  candidates: ReadonlyMap<Tensor, Candidate>,
  taken: Set<Candidate>,
  mostBuffers: number,
  b: Builder,
): Equation {
  const reads = readsIn(reader).filter((r) => candidates.has(r.tensor));
  let passed = buffersOfEquation(reader);
  for (const tensor of new Set(reads.map((r) => r.tensor))) {
    const candidate = candidates.get(tensor)!;
    const own = reads.filter((r) => r.tensor === tensor);
    if (!staysInPlace(candidate, reader, own) || !pays(candidate, reader, own)) continue;
    const others = [...passed, ...buffersOfEquation(candidate.equation)].filter((t) => t !== tensor);
    const together = new Set(others);
    if (together.size > Math.max(mostBuffers, passed.size)) continue;
    passed = together;
    taken.add(candidate);
  }
  if (taken.size === 0) return reader;
  const inside = new Set([...taken].map((c) => c.equation.tensor));
  const walk: (e: Expr) => Expr = rewriter(b, {
    node: (e) => {
      if (e.kind !== "read" || !inside.has(e.tensor)) return undefined;
      const { indices, target, body } = candidates.get(e.tensor)!.equation;
      const at = new Map<Index, Affine>();
      for (const i of indices) {
        const d = target.findIndex((t) => t.terms[0]?.atom === i);
        at.set(i, walk(e.subscripts[d]!) as Affine);
      }
      return substitute(b, body, at);
    },
  });
  return {
    ...reader,
    target: reader.target.map((t) => walk(t) as Affine),
    where: reader.where.map(walk),
    body: walk(reader.body),
  };
}

/** An update reads the tensor that it stores into at the cell it stores only: the other cells may be new already. */
function staysInPlace({ equation, holds }: Candidate, reader: Equation, reads: readonly Read[]): boolean {
  if (!holds.includes(reader.tensor)) return true;
  const at = (place: readonly Affine[], target: readonly Affine[]): boolean =>
    place.every((p, d) => p === target[d]);
  const inside = readsIn(equation).filter((r) => r.tensor === reader.tensor);
  return (
    inside.every((r) => at(r.subscripts, equation.target)) &&
    reads.every((r) => at(r.subscripts, reader.target))
  );
}

/**
 * The cost model of recomputing: a definition is evaluated in its readers if this adds no evaluation, and otherwise only if
 * it is as cheap as the read that it replaces. On vectors an operation takes about a fifth of the load of its operand, a
 * function as long as five to ten loads; so one operation on one read is free, and anything more, done again for each
 * visit, is not worth the store that it saves.
 */
function pays({ equation, readers }: Candidate, reader: Equation, reads: readonly Read[]): boolean {
  const { body, indices } = equation;
  if (readsOf(body).length === 0 && costOf(body) === 0) return true;
  if (body.kind === "read") return true;
  const cells = countOf(indices);
  const visits = reads.reduce((n, r) => n + visitsOf(reader, r), 0);
  if (visits <= cells && readers === 1) return true;
  return isTrivial(body) && (visits <= cells || reader.reducer === null);
}

/** How often a read is evaluated: values that do not change in a loop are computed outside it. */
function visitsOf(reader: Equation, read: Read): number {
  const loops = [...loopOrder(reader), ...reader.reduced];
  if (reader.where.length > 0) return countOf(loops);
  const free = freeIndices(read);
  return countOf(loops.slice(0, loops.findLastIndex((i) => free.has(i)) + 1));
}

/** A comparison, a truth value as a number, or one read times a constant: as cheap as reading the result. */
function isTrivial(body: Expr): boolean {
  return readsOf(body).length <= 1 && costOf(body) <= 1;
}

/** The longest path from the expression to a leaf. */
function heightOf(body: Expr): number {
  const heights = new Map<Expr, number>();
  visit([body], (e) => {
    const below = children(e).map((child) => heights.get(child) ?? 0);
    heights.set(e, 1 + Math.max(0, ...below));
  });
  return heights.get(body) ?? 0;
}

/** What does not depend on an index is computed once, outside the loops. */
function costOf(body: Expr): number {
  let cost = 0;
  visit([body], (e) => {
    if (e.kind === "apply" && freeIndices(e).size > 0) cost += atoms[e.atom].cost;
  });
  return cost;
}

class UseTable {
  private readonly readers = new Map<Tensor, number>();
  private readonly parts = new Map<Tensor, number>();
  /** What must stand in memory: results, and what is reshaped. */
  private readonly kept: Set<Tensor>;

  constructor(graph: Graph, statements: readonly (Equation | Reshape)[]) {
    this.kept = new Set(graph.results);
    const add = (counts: Map<Tensor, number>, t: Tensor): unknown => counts.set(t, (counts.get(t) ?? 0) + 1);
    for (const s of statements) {
      add(this.parts, s.tensor);
      if (s.kind === "reshape") this.kept.add(s.source);
      else for (const t of new Set(readsIn(s).map((r) => r.tensor))) add(this.readers, t);
    }
  }

  candidate(e: Equation): Candidate | undefined {
    const t = e.tensor;
    if (isPersistent(t) || this.kept.has(t) || this.parts.get(t) !== 1) return undefined;
    if (e.reducer !== null || !coversWhole(e) || e.indices.length !== e.target.length) return undefined;
    const holds = readsIn(e)
      .map((r) => r.tensor)
      .filter(isPersistent);
    return { equation: e, readers: this.readers.get(t) ?? 0, holds };
  }
}

/** Without the definitions that nothing reads any more. */
function withoutUnread(graph: Graph, statements: readonly (Equation | Reshape)[]): (Equation | Reshape)[] {
  const needed = new Set(graph.results);
  const kept = statements.toReversed().filter((s) => {
    if (!needed.has(s.tensor) && !isPersistent(s.tensor)) return false;
    if (s.kind === "reshape") needed.add(s.source);
    else for (const r of readsIn(s)) needed.add(r.tensor);
    return true;
  });
  return kept.toReversed();
}
