/** Reductions: sums of products are contractions, all others one node over the axes that go. */
import { rangeOf } from "../ir/affine.ts";
import { identities } from "../ir/kernel.ts";
import type { Equation, Expr, Index, Reducer } from "../ir/types.ts";
import { apply, choose, expanded, inOrder, nameOf } from "./elementwise.ts";
import { elementTypes } from "./format.ts";
import { lowerInteger } from "./integers.ts";
import type { Scope, Value } from "./scope.ts";
import { knownExtent, Unexportable } from "./scope.ts";

/** What an equation stores, over the loops of its left side that it depends on. */
export function lowerReduction(e: Equation & { readonly reducer: Reducer }, scope: Scope): Value {
  const where = conjunction(e.where, scope);
  if (e.reducer === "sum" && e.body.type === "f32") return sum(e, where, scope);
  const { reducer } = e;
  const masked = where
    ? choose(where, scope.lower(e.body), identityOf(e, scope), scope)
    : scope.lower(e.body);
  return reduce(reducer, masked, e.reduced, scope);
}

/** Whether all conditions hold; null where there are none. */
export function conjunction(conditions: readonly Expr[], scope: Scope): Value | null {
  const values = conditions.map((c) => scope.lower(c));
  return values.length === 0 ? null : values.reduce((a, b) => apply("And", [a, b], "bool", scope));
}

function identityOf({ reducer, body }: Equation & { readonly reducer: Reducer }, scope: Scope): Value {
  const key = reducer === "argmax" ? "max" : reducer === "argmin" ? "min" : reducer;
  const value = identities[key];
  if (Number.isFinite(value) || body.type === "f32") return { axes: [], type: body.type, content: [value] };
  return lowerInteger(scope.builder.integer(value < 0 ? -(2 ** 31) : 2 ** 31 - 1), scope);
}

/**
 * Factors without a reduced loop are multiplied afterwards, so that the others are a contraction. Where a condition does
 * not hold, one of the factors is 0.
 */
function sum(e: Equation, where: Value | null, scope: Scope): Value {
  const factors = factorsOf(e.body).map((f) => scope.lower(f));
  const isReduced = (v: Value): boolean => v.axes.some((a) => e.reduced.includes(a));
  const inner = factors.filter(isReduced);
  const outer = factors.filter((f) => !isReduced(f));
  const summed = where
    ? masked(inner.length > 0 ? inner : [one], where, scope)
    : inner.length > 0
      ? inner
      : [one];
  const total = contraction(summed, e.reduced, scope);
  return outer.reduce((product, factor) => apply("Mul", [product, factor], "f32", scope), total);
}

const one: Value = { axes: [], type: "f32", content: [1] };

function factorsOf(e: Expr): readonly Expr[] {
  return e.kind === "apply" && e.atom === "mul" ? e.args.flatMap(factorsOf) : [e];
}

/** The factor that has most of the axes of the condition becomes 0 where it does not hold. */
function masked(factors: readonly Value[], where: Value, scope: Scope): Value[] {
  const shared = factors.map((f) => f.axes.filter((a) => where.axes.includes(a)).length);
  const best = shared.indexOf(Math.max(...shared));
  const zero: Value = { axes: [], type: "f32", content: [0] };
  return factors.map((f, i) => (i === best ? choose(where, f, zero, scope) : f));
}

function contraction(factors: readonly Value[], reduced: readonly Index[], scope: Scope): Value {
  const present = new Set(factors.flatMap((f) => f.axes));
  const gone = reduced.filter((r) => present.has(r));
  const summed =
    gone.length === 0
      ? factors.reduce((a, b) => apply("Mul", [a, b], "f32", scope))
      : factors.length === 1
        ? reduce("sum", factors[0]!, gone, scope)
        : (matrixProduct(factors, gone, scope) ?? einsum(factors, gone, scope));
  // What does not depend on a loop is added as often as it runs.
  const absent = reduced.filter((r) => !present.has(r));
  return absent.reduce((total, loop) => apply("Mul", [total, count(loop, scope)], "f32", scope), summed);
}

function count(loop: Index, scope: Scope): Value {
  const extent = lowerInteger(loop.extent, scope);
  return apply("Cast", [extent], "f32", scope, { to: elementTypes.float });
}

/** a[…, k]·b[k, j], summed over k. */
function matrixProduct(factors: readonly Value[], gone: readonly Index[], scope: Scope): Value | undefined {
  if (factors.length !== 2 || gone.length !== 1) return undefined;
  const [k] = gone;
  for (const [a, b] of [factors, factors.toReversed()] as [Value, Value][]) {
    const [row, column] = b.axes;
    const isMatrix = b.axes.length === 2 && row === k && !a.axes.includes(column!);
    if (!isMatrix || a.axes.length < 2 || a.axes.at(-1) !== k) continue;
    const axes = [...a.axes.slice(0, -1), column!];
    return { axes, type: "f32", content: scope.writer.node("MatMul", [nameOf(a, scope), nameOf(b, scope)]) };
  }
  return undefined;
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

function einsum(factors: readonly Value[], gone: readonly Index[], scope: Scope): Value {
  const all = inOrder(new Set(factors.flatMap((f) => f.axes)), scope);
  if (all.length > letters.length) throw new Unexportable(`a sum of products has ${all.length} loops`);
  const spelled = (axes: readonly Index[]): string => axes.map((a) => letters[all.indexOf(a)]).join("");
  const axes = all.filter((a) => !gone.includes(a));
  const equation = `${factors.map((f) => spelled(f.axes)).join(",")}->${spelled(axes)}`;
  const names = factors.map((f) => nameOf(f, scope));
  return { axes, type: "f32", content: scope.writer.node("Einsum", names, { equation }) };
}

const operators: Readonly<Record<Exclude<Reducer, "sum">, string>> = {
  prod: "ReduceProd",
  max: "ReduceMax",
  min: "ReduceMin",
  argmax: "ArgMax",
  argmin: "ArgMin",
};

function reduce(reducer: Reducer, value: Value, reduced: readonly Index[], scope: Scope): Value {
  const { writer } = scope;
  if (reducer === "argmax" || reducer === "argmin") return position(reducer, value, reduced, scope);
  const kept = value.axes.filter((a) => !reduced.includes(a));
  const whole = [...value.axes, ...reduced.filter((r) => !value.axes.includes(r))];
  const name = expanded(value, whole, scope);
  const axes = reduced.map((r) => whole.indexOf(r)).sort((a, b) => a - b);
  const content =
    reducer === "sum"
      ? writer.node("ReduceSum", [name, writer.integers(axes)], { keepdims: 0 })
      : writer.node(operators[reducer], [name], { axes, keepdims: 0 });
  return { axes: kept, type: value.type, content };
}

/** Where the best value is: its place among all values of the reduced loops, row-major by their largest extents. */
function position(
  reducer: "argmax" | "argmin",
  value: Value,
  reduced: readonly Index[],
  scope: Scope,
): Value {
  const { writer } = scope;
  const isLargest = ({ extent }: Index): boolean => knownExtent(extent, scope) === rangeOf(extent).high;
  if (!reduced.slice(1).every(isLargest))
    throw new Unexportable("a position among several loops is counted with their largest extents");
  const kept = value.axes.filter((a) => !reduced.includes(a));
  const whole = expanded(value, [...kept, ...reduced], scope);
  const flat = writer.integers([...kept.map(() => 0), -1]);
  const rows = reduced.length === 1 ? whole : writer.node("Reshape", [whole, flat]);
  return {
    axes: kept,
    type: "i32",
    content: writer.node(operators[reducer], [rows], { axis: -1, keepdims: 0 }),
  };
}
