/** Values over different loops side by side: their axes are brought into one order, and what lacks an axis has one of 1. */
import type { Affine, Index, ScalarType } from "../ir/types.ts";
import type { Attribute } from "./format.ts";
import { elementTypeOf } from "./format.ts";
import type { Scope, Value } from "./scope.ts";
import { knownExtent } from "./scope.ts";

/** A value by its name in the graph. */
export function nameOf(value: Value, scope: Scope): string {
  return aligned(value, value.axes, scope);
}

/** One node for every cell of its arguments. */
export function apply(
  operator: string,
  args: readonly Value[],
  type: ScalarType,
  scope: Scope,
  attributes: Readonly<Record<string, Attribute>> = {},
): Value {
  const axes = commonAxes(args, scope);
  const names = args.map((a) => aligned(a, axes, scope));
  return { axes, type, content: scope.writer.node(operator, names, attributes) };
}

/** `chosen` where the condition holds, else `otherwise`. */
export function choose(condition: Value, chosen: Value, otherwise: Value, scope: Scope): Value {
  if (chosen.type !== "bool") return apply("Where", [condition, chosen, otherwise], chosen.type, scope);
  // `Where` is not for truth values in every runtime.
  const both = apply("And", [condition, chosen], "bool", scope);
  const neither = apply("And", [apply("Not", [condition], "bool", scope), otherwise], "bool", scope);
  return apply("Or", [both, neither], "bool", scope);
}

/** Every axis of some values: in the order of one that has them all, or else in that of the statement. */
export function commonAxes(values: readonly Value[], scope: Scope): readonly Index[] {
  const all = new Set(values.flatMap((v) => v.axes));
  const whole = values.find((v) => v.axes.length === all.size);
  return whole ? whole.axes : inOrder(all, scope);
}

export function inOrder(axes: Iterable<Index>, { order }: Scope): Index[] {
  return [...axes].sort((a, b) => order.get(a)! - order.get(b)!);
}

/** The value as an operand that broadcasts over `axes`, which hold its own; leading axes of 1 are left out. */
export function aligned(value: Value, axes: readonly Index[], scope: Scope): string {
  const { writer } = scope;
  const own = axes.filter((a) => value.axes.includes(a));
  const shown = own.length === 0 ? [] : axes.slice(axes.indexOf(own[0]!));
  if (typeof value.content !== "string") {
    const shape = shown.map((a) => (own.includes(a) ? extentOf(a, scope) : 1));
    return writer.constant(elementTypeOf[value.type], shape, permuted(value, own, scope));
  }
  const places = own.map((a) => value.axes.indexOf(a));
  const turned = places.every((p, i) => p === i)
    ? value.content
    : writer.node("Transpose", [value.content], { perm: places });
  const missing = shown.flatMap((a, i) => (own.includes(a) ? [] : [i]));
  return missing.length === 0 ? turned : writer.node("Unsqueeze", [turned, writer.integers(missing)]);
}

/** The value with exactly these axes, each in its full extent. */
export function expanded(value: Value, axes: readonly Index[], scope: Scope): string {
  const name = aligned(value, axes, scope);
  if (axes.every((a) => value.axes.includes(a))) return name;
  const shape = shapeOf(
    axes.map((a) => a.extent),
    scope,
  );
  return scope.writer.node("Expand", [name, shape]);
}

/** Extents as the integers that many operators take. */
export function shapeOf(extents: readonly Affine[], scope: Scope): string {
  const { writer } = scope;
  const known = extents.map((e) => knownExtent(e, scope));
  if (known.every((n) => n !== null)) return writer.integers(known);
  const parts = extents.map((e, i) => {
    const count = known[i]!;
    if (count !== null) return writer.integers([count]);
    return writer.node("Unsqueeze", [nameOf(scope.lower(e), scope), writer.integers([0])]);
  });
  return parts.length === 1 ? parts[0]! : writer.node("Concat", parts, { axis: 0 });
}

/** The same for `Reshape`, which finds one unknown extent by itself. */
export function newShape(extents: readonly Affine[], scope: Scope): string {
  const known = extents.map((e) => knownExtent(e, scope));
  const unknown = known.filter((n) => n === null).length;
  return unknown > 1 ? shapeOf(extents, scope) : scope.writer.integers(known.map((n) => n ?? -1));
}

/** Of loops whose count is known. */
function extentOf(index: Index, scope: Scope): number {
  const extent = knownExtent(index.extent, scope);
  if (extent === null) throw new Error(`the count of the loop ${index.name} is not known`);
  return extent;
}

/** Known cells, in another order of their axes. */
function permuted({ axes, content }: Value, wanted: readonly Index[], scope: Scope): readonly number[] {
  if (typeof content === "string") throw new Error("these cells are not known");
  if (wanted.every((a, i) => a === axes[i])) return content;
  const strides = new Map<Index, number>();
  axes.reduceRight((stride, a) => {
    strides.set(a, stride);
    return stride * extentOf(a, scope);
  }, 1);
  return overAll(
    wanted,
    scope,
    (at) => content[wanted.reduce((place, a, i) => place + at[i]! * strides.get(a)!, 0)]!,
  );
}

/** A number for every place of some loops, row-major. */
export function overAll(
  axes: readonly Index[],
  scope: Scope,
  cell: (at: readonly number[]) => number,
): number[] {
  const extents = axes.map((a) => extentOf(a, scope));
  const size = extents.reduce((product, extent) => product * extent, 1);
  const at = extents.map(() => 0);
  return Array.from({ length: size }, () => {
    const value = cell(at);
    for (let d = at.length - 1; d >= 0 && ++at[d]! === extents[d]; d--) at[d] = 0;
    return value;
  });
}
