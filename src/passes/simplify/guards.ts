import type { Builder } from "../../ir/builder.ts";
import { isNumber } from "../../ir/builder.ts";
import { simplifyConjunction, simplifyUnder } from "../../ir/intervals.ts";
import { printStatement } from "../../ir/printer.ts";
import { conjuncts, expressionsOf, freeIndices, readsOf, visit } from "../../ir/rewrite.ts";
import type { Equation, Expr, Graph, Statement } from "../../ir/types.ts";
import { bodyGuards } from "./guards-body.ts";
import {
  nameOnlyPlaces,
  readIndices,
  removeEqualities,
  removeSingleLoops,
  tightenExtents,
} from "./guards-loops.ts";
import { isPersistent } from "../../ir/dependences.ts";
import type { GraphIndex } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Guards: what intervals prove is removed, what they refute removes its equation, a bracket under a sum moves into
 * `where`, an equality that determines a loop removes the loop, and a bound of one loop alone becomes its extent.
 */
export function simplifyGuards(graph: Graph, work: Workspace): Graph {
  const index = work.indexOf(graph);
  const left = new Map([...index.writers].map(([t, positions]) => [t, positions.length]));
  let changed = false;
  const statements = graph.statements.flatMap((s, position): Statement[] => {
    if (s.kind !== "equation") return [s];
    const next = work.proved.has(s) ? s : withoutGuards(s, work);
    work.proved.add(next);
    const remains =
      isEmpty(next) && !opensTensor(index, next, position) ? withoutValue(next, left, work.builder) : next;
    if (remains === s) return [s];
    changed = true;
    const after = (): string => (remains ? printStatement(remains) : "nothing");
    work.record("guards", false, s.tensor, () => printStatement(s), after);
    return remains ? [remains] : [];
  });
  return changed ? { ...graph, statements } : graph;
}

function hasConditions(e: Equation): boolean {
  if (e.where.length > 0) return true;
  let found = false;
  visit(expressionsOf(e), (node) => (found ||= node.kind === "condition"));
  return found;
}

/** One equation without the guards that can be proved, moved or used up. */
export function withoutGuards(e: Equation, work: Workspace): Equation {
  const single = e.indices.some((i) => work.builder.constantOf(i.extent) === 1);
  if (!hasConditions(e) && e.reduced.length === 0 && !single) return e;
  const b = work.builder;
  const steps = [
    removeSingleLoops,
    nameOnlyPlaces,
    proveGuards,
    bodyGuards,
    removeEqualities,
    tightenExtents,
    readIndices,
  ];
  let current = e;
  for (let round = 0; round < 6; round++) {
    const before = current;
    for (const step of steps) current = step(current, b, work.realOnly);
    if (current === before) break;
  }
  return current;
}

/** Removes guards that follow from the others, and decides conditions in the body that follow from the guards. */
function proveGuards(e: Equation, b: Builder): Equation {
  let where: readonly Expr[] = [];
  for (const condition of e.where.flatMap(conjuncts)) {
    const simpler = simplifyUnder(condition, where, b);
    if (!isTrue(simpler)) where = [...where, ...conjuncts(simpler)];
  }
  // A guard may protect the reads of those behind it; only where there are none may later guards remove earlier ones.
  if (where.length > 1 && readsOf(...where).length === 0) where = simplifyConjunction(where, [], b);
  const body = simplifyUnder(e.body, where, b);
  const same = where.length === e.where.length && where.every((w, i) => w === e.where[i]);
  return same && body === e.body ? e : b.equation({ ...e, where, body });
}

const isTrue = (e: Expr): boolean => e.kind === "constant" && e.value === 1;
const isFalse = (e: Expr): boolean => e.kind === "constant" && e.value === 0;

/** Whether an equation contributes nothing: a refuted guard, or a sum of zeros. */
function isEmpty(e: Equation): boolean {
  if (e.reducer !== null && e.reducer !== "sum") return false;
  return e.where.some(isFalse) || isNumber(e.body, 0);
}

/** Whether this is the first part of a tensor that is read before its next part: `s[0] = 0` of a recurrence. */
function opensTensor(index: GraphIndex, e: Equation, position: number): boolean {
  const [first, second = Infinity] = index.writers.get(e.tensor) ?? [];
  if (first !== position || e.accumulate || isPersistent(e.tensor)) return false;
  return second < Infinity && (index.readers.get(e.tensor) ?? []).some((r) => r > position && r <= second);
}

/** What is left of an equation that contributes nothing: zeros, where nothing else gives the tensor a value. */
function withoutValue(e: Equation, left: Map<unknown, number>, b: Builder): Equation | null {
  const stores =
    !e.accumulate && (isPersistent(e.tensor) ? e.reducer !== null || !e.where.some(isFalse) : true);
  const others = left.get(e.tensor)! - 1;
  if (!stores || (!isPersistent(e.tensor) && others > 0)) {
    if (others === 0 && !isPersistent(e.tensor)) return zeros(e, b);
    left.set(e.tensor, others);
    return null;
  }
  if (isPersistent(e.tensor)) {
    const same = e.reducer === null && isNumber(e.body, 0);
    return same ? e : b.equation({ ...e, reducer: null, reduced: [], where: [], body: b.number(0) });
  }
  return zeros(e, b);
}

function zeros(e: Equation, b: Builder): Equation {
  const done = e.reducer === null && e.where.length === 0 && !e.accumulate && freeIndices(e.body).size === 0;
  if (done && isNumber(e.body, 0)) return e;
  const indices = e.tensor.shape.map((extent, d) => b.index(e.indices[d]?.name ?? "i", extent));
  return b.equation({
    ...e,
    indices,
    target: indices.map((i) => b.of(i)),
    accumulate: false,
    reducer: null,
    reduced: [],
    where: [],
    body: b.number(0),
  });
}
