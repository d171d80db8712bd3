/** Where the values of an equation go: they are the tensor, a piece of it, or are scattered over it. */
import type { Affine, Equation, Index, Tensor } from "../ir/types.ts";
import { aligned, apply, choose, expanded, newShape } from "./elementwise.ts";
import { elementTypeOf } from "./format.ts";
import { lowerInteger } from "./integers.ts";
import { wholeOf, zeros } from "./reads.ts";
import { conjunction, lowerReduction } from "./reductions.ts";
import type { Scope, Value } from "./scope.ts";
import { knownExtent } from "./scope.ts";
import { constantOf } from "./tensors.ts";

export function lowerEquation(e: Equation, scope: Scope): void {
  const { reducer, tensor } = e;
  const value = reducer === null ? scope.lower(e.body) : lowerReduction({ ...e, reducer }, scope);
  // A reduction over nothing stores its identity; without a reducer nothing is stored.
  const where = reducer === null ? conjunction(e.where, scope) : null;
  const boxes = boxesOf(e, scope);
  const cut = boxes?.flatMap((box, d) => (box.isWhole ? [] : [d]));
  if (boxes && cut!.length === 0) return storeWhole(e, value, where, boxes, scope);
  if (boxes && cut!.length === 1 && !e.accumulate && !where && storePiece(e, value, boxes, cut![0]!, scope))
    return;
  scope.tensors.store(tensor, scattered(e, value, where, scope));
}

/** What a subscript of the left side runs over: one loop from `start` on, or a single place. */
interface Box {
  readonly loop: Index | null;
  readonly start: number;
  readonly length: number | null;
  readonly isWhole: boolean;
}

/** One for each dimension; null where some subscript is more than a loop and a number, or a loop stands in two. */
function boxesOf({ target, tensor }: Equation, scope: Scope): Box[] | null {
  const seen = new Set<Index>();
  const boxes: Box[] = [];
  for (const [d, form] of target.entries()) {
    const extent = tensor.shape[d]!;
    const box = boxOf(form, extent, scope);
    if (box === null || (box.loop && seen.has(box.loop))) return null;
    if (box.loop) seen.add(box.loop);
    boxes.push(box);
  }
  return boxes;
}

function boxOf(form: Affine, extent: Affine, scope: Scope): Box | null {
  const start = constantOf(form);
  const whole = knownExtent(extent, scope);
  if (start !== undefined) return { loop: null, start, length: 1, isWhole: false };
  const [term] = form.terms;
  if (form.terms.length !== 1 || term!.factor !== 1 || term!.atom.kind !== "index") return null;
  const loop = term!.atom;
  const length = knownExtent(loop.extent, scope);
  const isWhole = form.constant === 0 && (loop.extent === extent || (length !== null && length === whole));
  if (!isWhole && (length === null || whole === null)) return null;
  return { loop, start: form.constant, length, isWhole };
}

function storeWhole(
  e: Equation,
  value: Value,
  where: Value | null,
  boxes: readonly Box[],
  scope: Scope,
): void {
  const { tensor, accumulate } = e;
  const { tensors } = scope;
  const axes = boxes.map((box) => box.loop!);
  const before = (): Value => ({ axes, type: tensor.type, content: valueBefore(tensor, scope) });
  const added =
    accumulate && tensors.has(tensor) ? apply("Add", [before(), value], tensor.type, scope) : value;
  const stored = where ? choose(where, added, before(), scope) : added;
  tensors.store(tensor, expanded(stored, axes, scope));
}

/** What the tensor holds so far; zeros where nothing was stored. */
function valueBefore(tensor: Tensor, scope: Scope): string {
  return scope.tensors.has(tensor) ? wholeOf(tensor, scope) : zeros(tensor, scope);
}

function storePiece(e: Equation, value: Value, boxes: readonly Box[], axis: number, scope: Scope): boolean {
  const { start, length, loop } = boxes[axis]!;
  if (length === null) return false;
  const axes = boxes.flatMap((box) => (box.loop ? [box.loop] : []));
  const flat = expanded(value, axes, scope);
  const { writer, tensors } = scope;
  const name = loop ? flat : writer.node("Unsqueeze", [flat, writer.integers([axis])]);
  return tensors.add(e.tensor, axis, { name, start, length });
}

/** The tensor in a row, its places overwritten or added to; what is not stored goes to one more place behind it. */
function scattered(e: Equation, value: Value, where: Value | null, scope: Scope): string {
  const { writer, builder } = scope;
  const { tensor, indices, target, accumulate } = e;
  const type = elementTypeOf[tensor.type];
  const flat = writer.node("Reshape", [valueBefore(tensor, scope), writer.integers([-1])]);
  const spare = writer.constant(type, [1], [0]);
  const room = where ? writer.node("Concat", [flat, spare], { axis: 0 }) : flat;
  const size = lowerInteger(
    tensor.shape.reduce((a, b) => builder.times(a, b), builder.integer(1)),
    scope,
  );
  const place = placeOf(target, tensor.shape, scope);
  const chosen = where ? choose(where, place, size, scope) : place;
  const places = writer.node("Unsqueeze", [expanded(chosen, indices, scope), writer.integers([-1])]);
  const updates = expanded(value, indices, scope);
  const reduction = accumulate ? "add" : "none";
  const filled = writer.node("ScatterND", [room, places, updates], { reduction });
  const end = writer.node("Unsqueeze", [aligned(size, [], scope), writer.integers([0])]);
  const kept = where ? writer.node("Slice", [filled, writer.integers([0]), end]) : filled;
  return writer.node("Reshape", [kept, newShape(tensor.shape, scope)]);
}

/** Row-major. */
function placeOf(target: readonly Affine[], shape: readonly Affine[], scope: Scope): Value {
  const { builder } = scope;
  const place = target.reduce(
    (before, subscript, d) => builder.plus(builder.times(before, shape[d]!), subscript),
    builder.integer(0),
  );
  return lowerInteger(place, scope);
}
