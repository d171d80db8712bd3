/** `y[b, j] = …`: index definitions, whole or in parts, and results without index names. */
import type { Affine, Index, Span, Tensor } from "../../ir/types.ts";
import type { Definition, Expression, LeftSubscript, TypeSyntax } from "../syntax.ts";
import { defineAt, store } from "./define.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail, uniqueName } from "./environment.ts";
import { childrenOf, findUses, rangeOfIndex, rangesOfRest } from "./infer.ts";
import { arrayExpression } from "./operands.ts";
import { addPart } from "./parts.ts";
import { environmentOf, pathOf, requireNew, resultPath } from "./paths.ts";
import { Scope } from "./scope.ts";
import { atBroadcast, broadcastShape, extentsOf, fitElement, sizeExpression, typeName } from "./shapes.ts";
import { requireInRange } from "./subscripts.ts";
import type { ArrayValue } from "./values.ts";
import { castValue, freshIndices, isScalar, ofTensor, printShape, scalarExpr } from "./values.ts";

interface LeftSide {
  readonly indices: readonly Index[];
  readonly target: readonly Affine[];
  readonly env: Environment;
  /** Every subscript is an index over the whole of its dimension. */
  readonly whole: boolean;
}

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
  const left = leftSide(elab, inner, s.subscripts!, s.value!, declared, s.span);
  const body = arrayExpression(elab, s.value!, left.env);
  const typed = type ? fitElement(elab, env, type, body, s.name.text, s.value!.span) : body;
  if (left.whole && !parts) {
    requireNew(elab, env, s.name);
    const rest = declared?.slice(left.target.length) ?? typed.shape;
    const trailing = freshIndices(b, rest, typed.names);
    checkTrailing(elab, env, s, typed, rest);
    const cell = atBroadcast(
      elab,
      typed,
      trailing.map((i) => b.of(i)),
      rest,
    );
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

function checkTrailing(
  elab: Elaboration,
  env: Environment,
  s: Definition,
  value: ArrayValue,
  rest: readonly Affine[],
): void {
  const shape = broadcastShape(value.shape, rest);
  if (shape && shape.length === rest.length && shape.every((e, d) => e === rest[d])) return;
  fail(elab, env, "NN2013", s.value!.span, {
    what: "each cell",
    wanted: printShape(rest),
    found: printShape(value.shape),
  });
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
  if (env.indices.length > 0) fail(elab, env, "NN2022", s.span, { name: s.name.text });
  if (!known) requireNew(elab, env, s.name);
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
  const rest = declared.slice(left.target.length);
  checkTrailing(elab, env, s, fitted, rest);
  const trailing = freshIndices(b, rest, fitted.names);
  const places = trailing.map((i) => b.of(i));
  const target = [...left.target, ...places];
  target.forEach((form, d) =>
    requireInRange(elab, left.env, form, declared[d]!, s.subscripts![d]?.span ?? s.span, d),
  );
  const indices = [...left.indices, ...trailing];
  addPart(elab, env, tensor, { indices, target, span: s.span });
  store(elab, inner, { tensor, indices, target }, atBroadcast(elab, fitted, places, rest), s.span);
  return ofTensor(b, tensor);
}

/** The scope that a tensor in parts belongs to: outside every `for`, whose turns define its parts. */
function partsHome(env: Environment): Scope {
  let scope = env.scope;
  while (scope.carries && scope.parent) scope = scope.parent;
  return scope;
}

/** Reads the subscripts on the left: index variables with their ranges, `...i`, and places. */
function leftSide(
  elab: Elaboration,
  env: Environment,
  subscripts: readonly LeftSubscript[],
  value: Expression,
  declared: readonly Affine[] | undefined,
  span: Span,
): LeftSide {
  const { builder: b } = elab;
  const restCount = declared ? declared.length - subscripts.filter((x) => x.kind !== "rest").length : 0;
  if (declared && restCount < 0) {
    fail(elab, env, "NN2005", span, {
      what: "the left side",
      wanted: String(declared.length),
      found: subscripts.length,
    });
  }
  const scope = new Scope(env.scope);
  const wanted = variablesOf(env, subscripts);
  const hidden = new Scope(env.scope);
  const uses = findUses(elab, { ...env, scope: hidden }, wanted, value);
  const indices: Index[] = [];
  const target: Affine[] = [];
  let whole = true;
  const bindIndex = (name: string, extent: Affine, where: Span): Index => {
    const index = b.index(name, extent);
    scope.bind(name, { kind: "index", index, span: where });
    indices.push(index);
    return index;
  };
  for (const s of subscripts) {
    const dimension = declared?.[target.length];
    if (s.kind === "rest") {
      const extents = declared?.slice(target.length, target.length + restCount);
      const ranges = rangesOfRest(elab, env, s.name.text, s.span, uses, extents);
      const list = ranges.map((r) => b.index(r.name, r.extent));
      scope.bind(s.name.text, { kind: "indices", indices: list, span: s.span });
      indices.push(...list);
      target.push(...list.map((i) => b.of(i)));
    } else if (s.kind === "index" && !isTurn(env, s.name.text)) {
      const given = s.below ? sizeExpression(elab, env, s.below) : undefined;
      const extent = given ?? dimension ?? rangeOfIndex(elab, env, s.name.text, s.span, uses);
      if (dimension && extent !== dimension) whole = false;
      target.push(b.of(bindIndex(s.name.text, extent, s.span)));
    } else {
      whole = false;
      const place =
        s.kind === "place" ? s.value : ({ kind: "name", name: s.name.text, span: s.span } as const);
      for (const name of unboundNames({ ...env, scope }, place))
        bindIndex(name, rangeOfIndex(elab, env, name, s.span, uses), s.span);
      target.push(placeOf(elab, { ...env, scope }, place));
    }
  }
  return { indices, target, whole, env: { ...env, scope, indices: [...env.indices, ...indices] } };
}

const isTurn = (env: Environment, name: string): boolean => {
  const binding = env.scope.lookup(name);
  return binding?.kind === "value" && binding.constant === "turn";
};

/** The names on the left that are index variables. */
function variablesOf(env: Environment, subscripts: readonly LeftSubscript[]): Set<string> {
  const names = subscripts.flatMap((s) => {
    if (s.kind === "place") return unboundNames(env, s.value);
    return s.kind === "rest" || !isTurn(env, s.name.text) ? [s.name.text] : [];
  });
  return new Set(names);
}

function unboundNames(env: Environment, e: Expression): string[] {
  if (e.kind === "name") return env.scope.lookup(e.name) ? [] : [e.name];
  return childrenOf(e).flatMap((child) => unboundNames(env, child));
}

function placeOf(elab: Elaboration, env: Environment, e: Expression): Affine {
  const value = arrayExpression(elab, e, env);
  if (value.type !== "i32" || !isScalar(value))
    return fail(elab, env, "NN2015", e.span, { found: "not an integer" });
  return scalarExpr(value) as Affine;
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
  const left = leftSide(elab, env, subscripts, e, declared, e.span);
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
