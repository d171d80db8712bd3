import type { Builder } from "../../ir/builder.ts";
import { prove } from "../../ir/intervals.ts";
import { printStatement } from "../../ir/printer.ts";
import { freeIndices, readsOf } from "../../ir/rewrite.ts";
import type { Equation, Expr, Graph, Index, Statement } from "../../ir/types.ts";
import { Deviations } from "./deviations.ts";
import type { GraphIndex } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

/** A product taken apart: sign · Π above / Π below. */
interface Factors {
  negative: boolean;
  readonly above: Expr[];
  readonly below: Expr[];
}

/**
 * Factors that no reduction index enters leave the sum of an adjoint: Σ_j c[b]·y[b, j] = c[b]·Σ_j y[b, j]. Probabilities
 * that are declared a distribution sum to 1, deviations from a mean to 0.
 */
export function hoistInvariants(graph: Graph, work: Workspace): Graph {
  if (!work.realOnly) return graph;
  const index = work.indexOf(graph);
  const deviations = new Deviations(index, work.builder);
  let changed = false;
  const statements = graph.statements.flatMap((s, position): Statement[] => {
    if (s.kind !== "equation" || s.reducer !== "sum" || s.body.type !== "f32") return [s];
    const known = sumOfDistribution(s, work) ?? sumOfDeviations(s, position, deviations, work);
    const next = known?.equations ?? (s.tensor.role === "adjoint" ? hoisted(s, index, work) : undefined);
    if (!next) return [s];
    changed = true;
    const after = (): string => next.map(printStatement).join("; ");
    work.record(known?.rule ?? "Σ c·x = c·Σ x", true, s.tensor, () => printStatement(s), after);
    return next;
  });
  return changed ? { ...graph, statements } : graph;
}

/** A sum whose value is known, and why. */
interface KnownSum {
  readonly rule: string;
  readonly equations: Equation[];
}

function hoisted(e: Equation, index: GraphIndex, work: Workspace): Equation[] | undefined {
  const b = work.builder;
  const { negative, above, below } = factorsOf(e.body);
  const varies = (x: Expr): boolean => e.reduced.some((r) => freeIndices(x).has(r));
  const outer = e.where.filter((w) => !varies(w));
  // The conditions that stay with the sum may be what keeps a factor's reads in range.
  const leaves = (x: Expr): boolean =>
    !varies(x) && (outer.length === e.where.length || readsInRange(x, outer, b));
  const stays = (x: Expr): boolean => !leaves(x);
  const outside = { above: above.filter(leaves), below: below.filter(leaves) };
  const inside = { above: above.filter(stays), below: below.filter(stays) };
  const worthwhile = [...outside.above, ...outside.below].some((x) => x.kind !== "constant");
  if (!worthwhile || inside.above.length + inside.below.length === 0) return undefined;

  const rest = quotient(inside.above, inside.below, b);
  const used = freeIndices(rest, ...e.where);
  const indices = e.indices.filter((i) => used.has(i));
  const only = inside.above.length === 1 && inside.below.length === 0 ? inside.above[0]! : undefined;
  const name = only?.kind === "read" ? only.tensor.name : e.tensor.name;
  const tensor = b.tensor({
    name: index.freshName(`${name}.sum`),
    type: "f32",
    shape: indices.map((i) => i.extent),
    role: "adjoint",
    span: e.tensor.span,
  });
  const sum = b.equation({
    ...e,
    tensor,
    indices,
    target: indices.map((i) => b.of(i)),
    accumulate: false,
    body: rest,
  });
  const total = b.read(tensor, indices);
  const value = quotient([...outside.above, total], outside.below, b);
  const body = negative ? b.neg(value) : value;
  return [sum, b.equation({ ...e, reducer: null, reduced: [], where: outer, body })];
}

function readsInRange(e: Expr, assumptions: readonly Expr[], b: Builder): boolean {
  const holds = (condition: Expr): boolean => prove(condition, assumptions, b);
  return readsOf(e).every(({ tensor, subscripts }) =>
    subscripts.every(
      (s, d) => holds(b.nonnegative(s)) && holds(b.nonnegative(b.minus(b.minus(tensor.shape[d]!, s), 1))),
    ),
  );
}

function factorsOf(
  e: Expr,
  into: Factors = { negative: false, above: [], below: [] },
  inverse = false,
): Factors {
  const place = e.kind === "apply" ? e.atom : undefined;
  const [x, y] = e.kind === "apply" ? (e.args as [Expr, Expr]) : [e, e];
  if (place === "mul" || place === "div") {
    factorsOf(x, into, inverse);
    factorsOf(y, into, place === "div" ? !inverse : inverse);
  } else if (place === "neg") {
    into.negative = !into.negative;
    factorsOf(x, into, inverse);
  } else {
    (inverse ? into.below : into.above).push(e);
  }
  return into;
}

function quotient(above: readonly Expr[], below: readonly Expr[], b: Builder): Expr {
  const product = (factors: readonly Expr[]): Expr => factors.reduce((x, y) => b.mul(x, y), b.number(1));
  return below.length === 0 ? product(above) : b.div(product(above), product(below));
}

/** Σ_j y[b, j] over the whole last dimension of a distribution is 1. */
function sumOfDistribution(e: Equation, work: Workspace): KnownSum | undefined {
  const { body, reduced, where } = e;
  if (body.kind !== "read" || !body.tensor.distribution) return undefined;
  if (where.length > 0 || reduced.length !== 1) return undefined;
  const [r] = reduced as [Index];
  const last = body.subscripts.length - 1;
  const rest = body.subscripts.slice(0, last);
  const whole = body.subscripts[last] === work.builder.of(r) && r.extent === body.tensor.shape[last];
  if (!whole || freeIndices(...rest).has(r)) return undefined;
  return { rule: "a distribution sums to 1", equations: [withoutSum(e, 1, work.builder)] };
}

/** Σ_k (x[i, k] − m[i]) is 0 where m is the mean of x over k. */
function sumOfDeviations(
  e: Equation,
  position: number,
  deviations: Deviations,
  work: Workspace,
): KnownSum | undefined {
  if (!deviations.sumToZero(e, position)) return undefined;
  return { rule: "deviations from a mean sum to 0", equations: [withoutSum(e, 0, work.builder)] };
}

function withoutSum(e: Equation, value: number, b: Builder): Equation {
  return b.equation({ ...e, reducer: null, reduced: [], body: b.number(value) });
}
