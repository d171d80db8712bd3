/** Reads: of the whole as it is, of a slice, or gathered by places that are known or computed. */
import { freeIndices } from "../ir/rewrite.ts";
import type { Affine, Index, Read, Tensor } from "../ir/types.ts";
import { apply, nameOf, newShape, shapeOf } from "./elementwise.ts";
import { elementTypeOf } from "./format.ts";
import { integer, lowerInteger } from "./integers.ts";
import type { Scope, Value } from "./scope.ts";
import { knownExtent, Unexportable } from "./scope.ts";
import { constantOf } from "./tensors.ts";

/** One axis of what is read, or several that are read as one, since loops stand in more than one of their subscripts. */
interface Group {
  readonly subscripts: readonly Affine[];
  readonly extents: readonly Affine[];
}

export function lowerRead(read: Read, scope: Scope): Value {
  const { tensor } = read;
  const { name, subscripts, shape } = source(read, scope);
  const groups = groupsOf(subscripts, shape);
  let content = name;
  if (groups.length < shape.length) content = merged(content, groups, scope);
  let axes: readonly Index[] = [];
  for (let d = groups.length - 1; d >= 0; d--) {
    const gathered = gather(content, d, groups[d]!, scope);
    content = gathered.name;
    axes = [...gathered.axes, ...axes];
  }
  return { axes, type: tensor.type, content };
}

interface Source {
  readonly name: string;
  readonly subscripts: readonly Affine[];
  readonly shape: readonly Affine[];
}

/** The tensor; or of one in pieces, the piece that a constant subscript points to. */
function source({ tensor, subscripts }: Read, scope: Scope): Source {
  const { builder, tensors } = scope;
  const inPieces = tensors.pieces(tensor);
  const place = inPieces && constantOf(subscripts[inPieces.axis]!);
  const piece = inPieces?.pieces.find(
    (p) => place !== undefined && p.start <= place && place < p.start + p.length,
  );
  if (!inPieces || !piece) return { name: wholeOf(tensor, scope), subscripts, shape: tensor.shape };
  const { axis } = inPieces;
  return {
    name: piece.name,
    subscripts: subscripts.with(axis, builder.integer(place! - piece.start)),
    shape: tensor.shape.with(axis, builder.integer(piece.length)),
  };
}

/** The name of a whole tensor. */
export function wholeOf(tensor: Tensor, scope: Scope): string {
  const { writer, tensors, builder } = scope;
  if (tensor.role === "builtin")
    throw new Unexportable(`it depends on \`${tensor.name}\`, which has no value outside of training`);
  const whole = tensors.whole(tensor);
  if (whole !== undefined) return whole;
  const inPieces = tensors.pieces(tensor);
  if (!inPieces) throw new Error(`\`${tensor.name}\` is read before it is written`);
  const { axis } = inPieces;
  return tensors.joined(tensor, {
    extent: knownExtent(tensor.shape[axis]!, scope)!,
    zeros: (length) => zeros({ ...tensor, shape: tensor.shape.with(axis, builder.integer(length)) }, scope),
    join: (names) => writer.node("Concat", names, { axis }),
  });
}

export function zeros(tensor: Tensor, scope: Scope): string {
  const zero = scope.writer.constant(elementTypeOf[tensor.type], [], [0]);
  if (tensor.shape.length === 0) return zero;
  return scope.writer.node("Expand", [zero, shapeOf(tensor.shape, scope)]);
}

/** Neighbouring axes become one as far as their subscripts share a loop: those and what lies between them. */
function groupsOf(subscripts: readonly Affine[], shape: readonly Affine[]): Group[] {
  const loops = subscripts.map((s) => freeIndices(s));
  const groups: { first: number; last: number }[] = [];
  subscripts.forEach((_, d) => {
    let first = d;
    for (let before = d - 1; before >= 0; before--) {
      if ([...loops[before]!].some((i) => loops[d]!.has(i))) first = before;
    }
    while (groups.length > 0 && groups.at(-1)!.last >= first) first = Math.min(first, groups.pop()!.first);
    groups.push({ first, last: d });
  });
  return groups.map(({ first, last }) => ({
    subscripts: subscripts.slice(first, last + 1),
    extents: shape.slice(first, last + 1),
  }));
}

/** The tensor with one axis a group. */
function merged(name: string, groups: readonly Group[], scope: Scope): string {
  const extents = groups.map(({ extents: own }) => own.reduce((a, b) => scope.builder.times(a, b)));
  const isPlain = extents.every((e) => e.terms.every((t) => t.atom.kind === "dim"));
  const shape = isPlain ? newShape(extents, scope) : shapeOf(extents, scope);
  return scope.writer.node("Reshape", [name, shape]);
}

interface Gathered {
  readonly name: string;
  readonly axes: readonly Index[];
}

/** Reads along axis `d`: the axes of the subscript take its place. */
function gather(name: string, d: number, group: Group, scope: Scope): Gathered {
  const { writer } = scope;
  const [subscript, extent] = [group.subscripts[0]!, group.extents[0]!];
  const loop = group.subscripts.length === 1 ? wholeLoop(subscript, extent, scope) : undefined;
  if (loop) return { name, axes: [loop] };
  const place = placeIn(group, scope);
  const slice = sliceOf(place);
  const one = (value: number): string => writer.integers([value]);
  if (slice) {
    const { start, end, step } = slice;
    const inputs = [name, one(start), one(end), one(d), ...(step === 1 ? [] : [one(step)])];
    return { name: writer.node("Slice", inputs), axes: place.axes };
  }
  return { name: writer.node("Gather", [name, nameOf(place, scope)], { axis: d }), axes: place.axes };
}

/** The loop that a subscript is, where it runs over the whole axis. */
function wholeLoop(subscript: Affine, extent: Affine, scope: Scope): Index | undefined {
  const [term] = subscript.terms;
  if (subscript.constant !== 0 || subscript.terms.length !== 1 || term!.factor !== 1) return undefined;
  const { atom } = term!;
  if (atom.kind !== "index") return undefined;
  if (atom.extent === extent) return atom;
  const count = knownExtent(atom.extent, scope);
  return count !== null && count === knownExtent(extent, scope) ? atom : undefined;
}

/** Known places of one loop at equal distances, forward. */
function sliceOf({ axes, content }: Value): { start: number; end: number; step: number } | undefined {
  if (axes.length !== 1 || typeof content === "string" || content.length === 0) return undefined;
  const step = content.length === 1 ? 1 : content[1]! - content[0]!;
  if (step <= 0 || content.some((place, i) => place !== content[0]! + i * step)) return undefined;
  return { start: content[0]!, end: content.at(-1)! + 1, step };
}

/** The place along the axis of a group, always inside of it: what guards a read elsewhere is tried after it here. */
function placeIn({ subscripts, extents }: Group, scope: Scope): Value {
  const places = subscripts.map((s, k) => inside(s, extents[k]!, scope));
  return places.reduce((place, next, k) => {
    const extent = lowerInteger(extents[k]!, scope);
    return apply("Add", [apply("Mul", [place, extent], "i32", scope), next], "i32", scope);
  });
}

function inside(subscript: Affine, extent: Affine, scope: Scope): Value {
  const { builder, prover } = scope;
  const last = builder.plus(extent, -1);
  const place = lowerInteger(subscript, scope);
  const count = knownExtent(extent, scope);
  if (typeof place.content !== "string" && count !== null)
    return { ...place, content: place.content.map((p) => Math.min(Math.max(p, 0), count - 1)) };
  if (wholeLoop(subscript, extent, scope)) return place;
  if (prover.nonnegative(subscript) && prover.nonnegative(builder.minus(last, subscript))) return place;
  const atLeast = apply("Max", [place, integer(0)], "i32", scope);
  return apply("Min", [atLeast, lowerInteger(last, scope)], "i32", scope);
}
