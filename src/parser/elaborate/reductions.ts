/** `sum[k] …` and `sum(x, axis = 0)`. */
import type { Affine, Expr, Index, Span } from "../../ir/types.ts";
import type { ReduceExpression } from "../syntax.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail } from "./environment.ts";
import { findUses, rangeOfIndex, rangesOfRest } from "./infer.ts";
import { requireNew } from "./paths.ts";
import { Scope } from "./scope.ts";
import { cellCount, requireAddressable, sizeExpression, typeName } from "./shapes.ts";
import type { ArrayValue } from "./values.ts";
import { castValue, freshIndices, isScalar, mapElements, scalar, scalarExpr } from "./values.ts";

export type ReducerName = ReduceExpression["reducer"];

/** `sum[k < n, ...i] body`: the body is elaborated once, with the indices in scope. */
export function reduction(elab: Elaboration, env: Environment, e: ReduceExpression): ArrayValue {
  const { builder: b } = elab;
  const wanted = new Set(e.indices.map((i) => i.name.text));
  const scope = new Scope(env.scope);
  const uses = findUses(elab, { ...env, scope }, wanted, e.body);
  const indices: Index[] = [];
  for (const i of e.indices) {
    const name = i.name.text;
    requireNew(elab, { ...env, scope }, i.name);
    if (i.rest) {
      const list = rangesOfRest(elab, env, name, i.span, uses).map((r) => b.index(r.name, r.extent));
      scope.bind(name, { kind: "indices", indices: list, span: i.span });
      indices.push(...list);
      continue;
    }
    const given = i.below ? sizeExpression(elab, env, i.below) : undefined;
    // An empty sum is 0 and an empty product 1; nothing has no largest number, and no mean.
    const emptyFits = e.reducer === "sum" || e.reducer === "prod";
    if (given && !emptyFits) requireAddressable(elab, env, name, [given], i.span);
    const index = b.index(name, rangeOfIndex(elab, env, name, i.span, uses, given));
    scope.bind(name, { kind: "index", index, span: i.span });
    indices.push(index);
  }
  const inner: Environment = { ...env, scope, indices: [...env.indices, ...indices] };
  const body = elab.expression(e.body, inner);
  if (body.kind !== "array")
    return fail(elab, env, "NN2011", e.body.span, { what: "a layer can't be reduced" });
  return reduceOver(elab, env, e.reducer, indices, body, e.body.span);
}

/** Reduces every element of a value over indices that its elements depend on. */
function reduceOver(
  elab: Elaboration,
  env: Environment,
  reducer: ReducerName,
  indices: readonly Index[],
  body: ArrayValue,
  span: Span,
): ArrayValue {
  const { builder: b } = elab;
  const operand = numericOperand(elab, env, reducer, body, span);
  const one = (x: Expr): Expr => b.reduce(reducer === "mean" ? "sum" : reducer, indices, [], x);
  const value = mapElements(
    operand,
    reducer === "argmax" || reducer === "argmin" ? "i32" : operand.type,
    one,
  );
  return reducer === "mean"
    ? divideByCount(
        elab,
        value,
        indices.map((i) => i.extent),
      )
    : value;
}

/** What each reducer works on: a truth value is 0 or 1 to `sum` and `mean`, and an error to the others. */
function numericOperand(
  elab: Elaboration,
  env: Environment,
  reducer: ReducerName,
  v: ArrayValue,
  span: Span,
): ArrayValue {
  const { builder: b } = elab;
  if (v.type === "bool" && reducer !== "sum" && reducer !== "mean") {
    fail(elab, env, "NN2009", span, {
      what: `the operand of \`${reducer}\``,
      wanted: "a number",
      found: typeName(v.type),
    });
  }
  const staysInteger =
    v.type === "i32" && (reducer === "sum" || reducer === "max" || reducer === "min" || reducer === "prod");
  return staysInteger ? v : castValue(b, v, "f32");
}

function divideByCount(elab: Elaboration, total: ArrayValue, extents: readonly Affine[]): ArrayValue {
  const { builder: b } = elab;
  const count = b.cast(cellCount(elab, extents), "f32");
  return mapElements(castValue(b, total, "f32"), "f32", (x) => b.div(x, count));
}

/**
 * The function form: over all dimensions, or the one that `axis` names (negative counts from the last). `argmax` and
 * `argmin` take the last dimension unless told otherwise.
 */
export function reduceArray(
  elab: Elaboration,
  env: Environment,
  reducer: ReducerName,
  x: ArrayValue,
  axis: ArrayValue | undefined,
  span: Span,
): ArrayValue {
  const { builder: b } = elab;
  const operand = numericOperand(elab, env, reducer, x, span);
  const rank = operand.shape.length;
  const last = reducer === "argmax" || reducer === "argmin" ? rank - 1 : undefined;
  const chosen = axis ? axisOf(elab, env, axis, rank, span) : last;
  if (rank === 0) return reducer === "argmax" || reducer === "argmin" ? scalar(b.integer(0)) : operand;
  const over = operand.shape.map((_, d) => chosen === undefined || d === chosen);
  const shape = operand.shape.filter((_, d) => !over[d]);
  const reducedShape = operand.shape.filter((_, d) => over[d]);
  const names = operand.names?.filter((_, d) => !over[d]);
  const at = (subscripts: readonly Affine[]): Expr => {
    const all = freshIndices(b, operand.shape, operand.names);
    const indices = all.filter((_, d) => over[d]);
    let next = 0;
    const places = all.map((i, d) => (over[d] ? b.of(i) : subscripts[next++]!));
    return b.reduce(reducer === "mean" ? "sum" : reducer, indices, [], operand.at(places, operand.shape));
  };
  const type = reducer === "argmax" || reducer === "argmin" ? "i32" : operand.type;
  const value: ArrayValue =
    shape.length === 0 ? scalar(at([])) : { kind: "array", type, shape, at, ...(names ? { names } : {}) };
  return reducer === "mean" ? divideByCount(elab, value, reducedShape) : value;
}

function axisOf(elab: Elaboration, env: Environment, axis: ArrayValue, rank: number, span: Span): number {
  const e = isScalar(axis) ? scalarExpr(axis) : undefined;
  const value = e?.kind === "affine" ? elab.builder.constantOf(e) : undefined;
  if (value === undefined) return fail(elab, env, "NN2012", span, { what: "`axis`", wanted: "an integer" });
  const d = value < 0 ? value + rank : value;
  if (d < 0 || d >= rank)
    return fail(elab, env, "NN2005", span, {
      what: `axis ${value}`,
      wanted: `at least ${Math.max(value + 1, -value)}`,
      found: rank,
    });
  return d;
}
