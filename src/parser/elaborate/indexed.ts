/** `y[b, j] = …`: index definitions, whole or in parts, and results without index names. */
import { Reported } from "../../ir/diagnostics.ts";
import type { Affine, Expr, Index, Span, Tensor } from "../../ir/types.ts";
import type { Definition, Expression, LeftSubscript, TypeSyntax } from "../syntax.ts";
import { defineAt, store } from "./define.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail, uniqueName } from "./environment.ts";
import type { LeftSide } from "./left.ts";
import { leftSide } from "./left.ts";
import { arrayExpression } from "./operands.ts";
import { addPart } from "./parts.ts";
import { environmentOf, pathOf, requireNew, resultPath } from "./paths.ts";
import type { Scope } from "./scope.ts";
import { broadcastTo, extentsOf, fitElement, requireAddressable, typeName } from "./shapes.ts";
import { requireInRange } from "./subscripts.ts";
import type { ArrayValue } from "./values.ts";
import { castValue, freshIndices, ofTensor, printShape, scalarExpr } from "./values.ts";

export function defineIndexed(
  elab: Elaboration,
  env: Environment,
  s: Definition,
  type: TypeSyntax | undefined,
): ArrayValue {
  const { builder: b } = elab;
  const declared = type?.extents ? extentsOf(elab, env, type.extents) : undefined;
  const known = env.scope.lookup(s.name.text);
  const parts =
    known?.kind === "value" &&
    known.value.kind === "array" &&
    known.value.tensor &&
    elab.parts.has(known.value.tensor);
  const path = pathOf(env, s.name.text);
  const inner = environmentOf(env, path);
  const left = leftSide(elab, inner, s.subscripts!, s.value!, declared, s.span, type);
  const body = arrayExpression(elab, s.value!, left.env);
  const typed = type ? fitElement(elab, env, type, body, s.name.text, s.value!.span) : body;
  if (left.whole && !parts) {
    requireNew(elab, env, s.name);
    const rest = declared?.slice(left.target.length) ?? typed.shape;
    const cells = broadcastTo(elab, env, typed, rest, "each cell", s.value!.span);
    const trailing = freshIndices(b, rest, cells.names);
    const subscripts = trailing.map((i) => b.of(i));
    const cell = cells.at(subscripts, rest);
    const value = defineAt(elab, inner, path, [...left.indices, ...trailing], cell, s.span, s.doc);
    env.scope.home(s.name.text).bind(s.name.text, { kind: "value", value, span: s.name.span });
    return value;
  }
  return definePart(
    elab,
    inner,
    env,
    s,
    left,
    typed,
    declared,
    parts ? (known.value as ArrayValue).tensor! : undefined,
  );
}

/** One part of a tensor whose type is declared. */
function definePart(
  elab: Elaboration,
  inner: Environment,
  env: Environment,
  s: Definition,
  left: LeftSide,
  value: ArrayValue,
  declared: readonly Affine[] | undefined,
  known: Tensor | undefined,
): ArrayValue {
  const { builder: b } = elab;
  if (!declared) {
    return fail(
      elab,
      env,
      "NN2017",
      s.name.span,
      { name: s.name.text },
      {
        help: `write its extents on a line before: \`${s.name.text}: […]\``,
      },
    );
  }
  // An earlier part failed: the others can't fill its place.
  if (env.scope.lookup(s.name.text)?.kind === "failed") throw new Reported();
  if (env.indices.length > 0) fail(elab, env, "NN2022", s.span, { name: s.name.text });
  if (!known) requireNew(elab, env, s.name);
  requireAddressable(elab, env, s.name.text, declared, s.name.span);
  const tensor =
    known ??
    b.tensor({
      name: uniqueName(elab, [env.path, s.name.text].filter((p) => p !== "").join(".")),
      type: value.type,
      shape: declared,
      role: "definition",
      span: s.span,
      ...(s.doc === undefined ? {} : { doc: s.doc }),
    });
  if (!known) {
    const home = partsHome(env);
    home.bind(s.name.text, { kind: "value", value: ofTensor(b, tensor), span: s.name.span });
  }
  const fitted = value.type === "i32" && tensor.type === "f32" ? castValue(b, value, "f32") : value;
  if (fitted.type !== tensor.type) {
    fail(elab, env, "NN2009", s.value!.span, {
      what: s.name.text,
      wanted: typeName(tensor.type),
      found: typeName(fitted.type),
    });
  }
  const { body, ...cell } = cellOf(
    elab,
    env,
    { ...s, value: s.value!, subscripts: s.subscripts! },
    left,
    fitted,
    declared,
  );
  addPart(elab, env, tensor, { ...cell, span: s.span });
  store(elab, inner, { tensor, ...cell }, body, s.span);
  return ofTensor(b, tensor);
}

/** One cell of what is stored: where, for every value of the indices, and its value. */
export interface Cell {
  readonly indices: readonly Index[];
  readonly target: readonly Affine[];
  readonly body: Expr;
}

/** The cell that a left side names, in a tensor of this shape: trailing dimensions are slices, all is in range. */
export function cellOf(
  elab: Elaboration,
  env: Environment,
  s: { readonly subscripts: readonly LeftSubscript[]; readonly value: Expression; readonly span: Span },
  left: LeftSide,
  value: ArrayValue,
  shape: readonly Affine[],
): Cell {
  const { builder: b } = elab;
  const rest = shape.slice(left.target.length);
  const cells = broadcastTo(elab, env, value, rest, "each cell", s.value.span);
  const trailing = freshIndices(b, rest, cells.names);
  const places = trailing.map((i) => b.of(i));
  const target = [...left.target, ...places];
  target.forEach((form, d) =>
    requireInRange(elab, left.env, form, shape[d]!, s.subscripts[d]?.span ?? s.span, d),
  );
  return { indices: [...left.indices, ...trailing], target, body: cells.at(places, rest) };
}

/** The scope that a tensor in parts belongs to: outside every `for`, whose turns define its parts. */
function partsHome(env: Environment): Scope {
  let scope = env.scope;
  while (scope.carries && scope.parent) scope = scope.parent;
  return scope;
}

/** `return sum[k] x[...i, k] * W[k, j]`: the free index names are the dimensions, typed by the declared result. */
export function indexedResult(
  elab: Elaboration,
  env: Environment,
  free: readonly { name: string; rest: boolean; span: Span }[],
  e: Expression,
  result: TypeSyntax | undefined,
): ArrayValue {
  const subscripts = free.map(({ name, rest, span }): LeftSubscript => ({
    kind: rest ? "rest" : "index",
    name: { text: name, span },
    span,
  }));
  const declared = result?.extents ? resultExtents(elab, env, result) : undefined;
  const left = leftSide(elab, env, subscripts, e, declared, e.span, result);
  const value = arrayExpression(elab, e, { ...left.env, resultName: undefined });
  const typed = result ? fitElement(elab, env, result, value, "the result", e.span) : value;
  if (typed.shape.length === 0)
    return defineAt(elab, env, resultPath(env), left.indices, scalarExpr(typed), e.span);
  return fail(elab, env, "NN2013", e.span, {
    what: "each cell",
    wanted: "[]",
    found: printShape(typed.shape),
  });
}

function resultExtents(elab: Elaboration, env: Environment, result: TypeSyntax): Affine[] {
  return extentsOf(elab, env, result.extents!);
}
