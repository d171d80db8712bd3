/** Integers of loops and dimensions: subscripts, extents, conditions. What can be is computed here and becomes a constant. */
import { freeIndices } from "../ir/rewrite.ts";
import type { Affine, Condition, Index, IntegerAtom } from "../ir/types.ts";
import { apply, inOrder, nameOf, overAll } from "./elementwise.ts";
import type { Scope, Value } from "./scope.ts";
import { knownExtent } from "./scope.ts";

/** More cells than these are computed by the graph itself. */
const mostCells = 1 << 20;

export const integer = (value: number): Value => ({ axes: [], type: "i32", content: [value] });

export function lowerInteger(form: Affine, scope: Scope): Value {
  if (isKnown(form, scope)) return known(form, scope);
  const { builder } = scope;
  const here = form.terms.filter((t) => isKnown(builder.of(t.atom), scope));
  const there = form.terms.filter((t) => !here.includes(t));
  const constant = builder.affine(form.constant, here);
  const parts = [
    ...there.map(({ factor, atom }) => scaled(lowerAtom(atom, scope), factor, scope)),
    ...(constant.terms.length === 0 && constant.constant === 0 ? [] : [lowerInteger(constant, scope)]),
  ];
  return parts.reduce((sum, part) => apply("Add", [sum, part], "i32", scope));
}

/** form ≥ 0, or form = 0. */
export function lowerCondition({ relation, form }: Condition, scope: Scope): Value {
  const value = lowerInteger(form, scope);
  const holds = (n: number): boolean => (relation === "zero" ? n === 0 : n >= 0);
  if (typeof value.content !== "string")
    return { ...value, type: "bool", content: value.content.map((n) => Number(holds(n))) };
  return apply(relation === "zero" ? "Equal" : "GreaterOrEqual", [value, integer(0)], "bool", scope);
}

/** ⌊a / b⌋: ONNX rounds towards zero, but its remainder has the sign of the divisor. */
export function floorDivision(a: Value, b: Value, scope: Scope): Value {
  const rest = apply("Mod", [a, b], "i32", scope);
  return apply("Div", [apply("Sub", [a, rest], "i32", scope), b], "i32", scope);
}

function scaled(value: Value, factor: number, scope: Scope): Value {
  return factor === 1 ? value : apply("Mul", [value, integer(factor)], "i32", scope);
}

function lowerAtom(atom: IntegerAtom, scope: Scope): Value {
  const { writer } = scope;
  switch (atom.kind) {
    case "index": {
      const count = nameOf(lowerInteger(atom.extent, scope), scope);
      const [zero, one] = [writer.constant("int64", [], [0]), writer.constant("int64", [], [1])];
      return { axes: [atom], type: "i32", content: writer.node("Range", [zero, count, one]) };
    }
    case "dim": {
      const count = scope.counts.get(atom);
      return { axes: [], type: "i32", content: count === undefined ? scope.openCount(atom) : [count] };
    }
    case "floor":
      return floorDivision(lowerInteger(atom.value, scope), integer(atom.divisor), scope);
    case "modulo":
      return apply("Mod", [lowerInteger(atom.value, scope), integer(atom.divisor)], "i32", scope);
    case "opaque":
      return scope.lower(atom.value);
  }
}

/** Whether every cell is known before the graph runs, and there are not too many. */
function isKnown(form: Affine, scope: Scope): boolean {
  const atomIsKnown = (atom: IntegerAtom): boolean => {
    if (atom.kind === "index") return knownExtent(atom.extent, scope) !== null;
    if (atom.kind === "dim") return scope.counts.has(atom);
    return atom.kind !== "opaque" && atom.value.terms.every((t) => atomIsKnown(t.atom));
  };
  if (!form.terms.every((t) => atomIsKnown(t.atom))) return false;
  const counts = [...freeIndices(form)].map((i) => knownExtent(i.extent, scope)!);
  return counts.reduce((product, count) => product * count, 1) <= mostCells;
}

function known(form: Affine, scope: Scope): Value {
  const axes = inOrder(freeIndices(form), scope);
  const content = overAll(axes, scope, (at) => evaluate(form, axes, at, scope));
  return { axes, type: "i32", content };
}

function evaluate(form: Affine, axes: readonly Index[], at: readonly number[], scope: Scope): number {
  const atomAt = (atom: IntegerAtom): number => {
    if (atom.kind === "index") return at[axes.indexOf(atom)]!;
    if (atom.kind === "dim") return scope.counts.get(atom)!;
    if (atom.kind === "opaque") throw new Error("this integer is known at run time only");
    const value = evaluate(atom.value, axes, at, scope);
    const quotient = Math.floor(value / atom.divisor);
    return atom.kind === "floor" ? quotient : value - quotient * atom.divisor;
  };
  return form.terms.reduce((sum, t) => sum + t.factor * atomAt(t.atom), form.constant);
}
