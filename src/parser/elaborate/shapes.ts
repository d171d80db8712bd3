/** Broadcasting, sizes and extents, and the types of elements. */
import type { Note } from "../../ir/diagnostics.ts";
import type { Affine, Span } from "../../ir/types.ts";
import type { ExtentSyntax, TypeSyntax } from "../syntax.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail, failUnknown, suggestion } from "./environment.ts";
import type { ArrayValue } from "./values.ts";
import { castValue, printShape, sizeOf } from "./values.ts";

/** The shape two values have together, as NumPy broadcasts; undefined where they do not fit. */
export function broadcastShape(a: readonly Affine[], b: readonly Affine[]): readonly Affine[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: Affine[] = [];
  for (let d = 0; d < rank; d++) {
    const x = a[a.length - rank + d];
    const y = b[b.length - rank + d];
    if (x === undefined || y === undefined || x === y) shape.push((x ?? y)!);
    else if (isOne(x)) shape.push(y);
    else if (isOne(y)) shape.push(x);
    else return undefined;
  }
  return shape;
}

const isOne = (e: Affine): boolean => e.terms.length === 0 && e.constant === 1;

/** Reads a value at subscripts of a shape it broadcasts to. */
export function atBroadcast(
  elab: Elaboration,
  v: ArrayValue,
  subscripts: readonly Affine[],
  shape: readonly Affine[],
): ReturnType<ArrayValue["at"]> {
  if (v.flexible) return v.at(subscripts, shape);
  const offset = subscripts.length - v.shape.length;
  const own = v.shape.map((extent, d) => {
    const stretched = isOne(extent) && shape[offset + d] !== extent;
    return stretched ? elab.builder.integer(0) : subscripts[offset + d]!;
  });
  return v.at(own, v.shape);
}

/** The value stretched to exactly this shape; one that does not broadcast to it is a mistake. */
export function broadcastTo(
  elab: Elaboration,
  env: Environment,
  v: ArrayValue,
  shape: readonly Affine[],
  what: string,
  span: Span,
  notes: readonly Note[] = [],
): ArrayValue {
  const together = broadcastShape(v.shape, shape);
  if (!together || together.length !== shape.length || together.some((e, d) => e !== shape[d])) {
    fail(
      elab,
      env,
      "NN2013",
      span,
      { what, wanted: printShape(shape), found: printShape(v.shape) },
      { notes },
    );
  }
  if (v.shape.length === shape.length && v.shape.every((e, d) => e === shape[d]) && !v.flexible) return v;
  const names = [
    ...shape.slice(v.shape.length).map(() => undefined),
    ...(v.names ?? v.shape.map(() => undefined)),
  ];
  return { kind: "array", type: v.type, shape, names, at: (at, whole) => atBroadcast(elab, v, at, whole) };
}

/** The integer that a size expression is; anything else is a mistake. */
export function sizeExpression(
  elab: Elaboration,
  env: Environment,
  e: Parameters<Elaboration["expression"]>[0],
): Affine {
  if (e.kind === "name" && !env.scope.lookup(e.name) && !env.home.lookup(e.name)) {
    const declared =
      env.owner === "model"
        ? `declare it: \`dim ${e.name} <= 128\``
        : `the type of a parameter binds it, \`x: [${e.name}]\`, or in an initialiser what it is to start`;
    const help = suggestion(e.name, env.scope.visible()) ?? declared;
    failUnknown(elab, env, e.name, e.span, help);
  }
  const size = sizeOf(elab.expression(e, env));
  if (size) return size;
  return fail(elab, env, "NN2012", e.span, { what: "a size", wanted: "an integer" });
}

/** The extents of a declared type, every name of which is known. */
export function extentsOf(elab: Elaboration, env: Environment, extents: readonly ExtentSyntax[]): Affine[] {
  return extents.flatMap((e) => {
    if (e.kind === "extent") return [sizeExpression(elab, env, e.value)];
    const binding = env.scope.lookup(e.name.text);
    if (binding?.kind === "extents") return [...binding.extents];
    return fail(elab, env, "NN2001", e.span, { name: e.name.text });
  });
}

/** The element type asked for; integers become numbers where numbers are asked for. */
export function fitElement(
  elab: Elaboration,
  env: Environment,
  type: TypeSyntax,
  value: ArrayValue,
  what: string,
  span: Span,
): ArrayValue {
  const wanted = type.element === "int" ? "i32" : type.element === "bool" ? "bool" : "f32";
  if (value.type === wanted) return value;
  if (wanted === "f32" && value.type === "i32") return castValue(elab.builder, value, "f32");
  return fail(
    elab,
    env,
    "NN2009",
    span,
    { what, wanted: typeName(wanted), found: typeName(value.type) },
    {
      notes: [{ message: "the type asked for is written here", span: type.span }],
      help: wanted === "i32" && value.type === "f32" ? idsHelp : undefined,
    },
  );
}

const idsHelp =
  "declare class ids as integers, `input ids: int[…] < 10`; of one-hot rows, `argmax(rows)` gives them";

export function typeName(type: ArrayValue["type"]): string {
  return { f32: "a number", i32: "an integer", bool: "a truth value" }[type];
}

/** Extents and dimensions beyond this can't be addressed in one typed array. */
export const largest = 2 ** 30;

/** A tensor without cells is a mistake, such as a window that is larger than the image; so is one beyond memory. */
export function requireAddressable(
  elab: Elaboration,
  env: Environment,
  name: string,
  shape: readonly Affine[],
  span: Span,
): void {
  const empty = shape.some((extent) => (elab.builder.constantOf(extent) ?? 1) < 1);
  if (empty) fail(elab, env, "NN2036", span, { name, shape: printShape(shape) });
  const count = cellCount(elab, shape);
  const size = elab.builder.constantOf(count);
  if (size !== undefined && size > largest)
    fail(elab, env, "NN2028", span, { what: printShape(shape), limit: `${largest} values` });
}

/** The number of cells, as an integer expression. */
export function cellCount(elab: Elaboration, shape: readonly Affine[]): Affine {
  return shape.reduce<Affine>((n, extent) => elab.builder.times(n, extent), elab.builder.integer(1));
}
