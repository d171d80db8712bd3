/** Declared types and what is fitted to them: the names that a type introduces are bound, all others must agree. */
import type { Affine, Span } from "../../ir/types.ts";
import type { Expression, TypeSyntax } from "../syntax.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail } from "./environment.ts";
import type { Scope } from "./scope.ts";
import { fitElement, sizeExpression } from "./shapes.ts";
import type { ArrayValue } from "./values.ts";
import { printExtent, printShape, scalar } from "./values.ts";

/**
 * Fits a value to a declared parameter type, binding the names that the type introduces: `[...s, n]`. A name that is
 * already bound, or an expression, must agree.
 */
export function matchType(
  elab: Elaboration,
  env: Environment,
  type: TypeSyntax,
  value: ArrayValue,
  scope: Scope,
  what: string,
  span: Span,
): ArrayValue {
  const fitted = fitElement(elab, env, type, value, what, span);
  if (type.extents !== undefined) matchShape(elab, { ...env, scope }, type, value.shape, what, span);
  return fitted;
}

/** The same for a shape alone; names are bound in the scope of the environment. */
export function matchShape(
  elab: Elaboration,
  env: Environment,
  type: TypeSyntax,
  shape: readonly Affine[],
  what: string,
  span: Span,
): void {
  const extents = type.extents ?? [];
  const rest = extents.findIndex((e) => e.kind === "rest");
  const plain = extents.length - (rest < 0 ? 0 : 1);
  if (rest < 0 ? shape.length !== plain : shape.length < plain) {
    const wanted = `${rest < 0 ? "" : "at least "}${plain}`;
    const message = `the type asked for is written here; \`${what}\` is ${printShape(shape)}`;
    const notes = [{ message, span: type.span }];
    fail(elab, env, "NN2005", span, { what, wanted, found: shape.length }, { notes });
  }
  let dimension = 0;
  for (const e of extents) {
    const count = e.kind === "rest" ? shape.length - plain : 1;
    const found = shape.slice(dimension, dimension + count);
    if (e.kind === "rest") bindRest(elab, env, e.name.text, found, e.span, what, span);
    else matchExtent(elab, env, e.value, found[0]!, what, span);
    dimension += count;
  }
}

function bindRest(
  elab: Elaboration,
  env: Environment,
  name: string,
  extents: readonly Affine[],
  declared: Span,
  what: string,
  span: Span,
): void {
  const known = env.scope.lookup(name);
  if (known?.kind !== "extents") {
    env.scope.bind(name, { kind: "extents", extents, span: declared });
    return;
  }
  if (known.extents.length === extents.length && known.extents.every((e, d) => e === extents[d])) return;
  const shapes = { what, wanted: printShape(known.extents), found: printShape(extents) };
  const notes = [{ message: `\`...${name}\` was ${printShape(known.extents)} here`, span: known.span }];
  fail(elab, env, "NN2013", span, shapes, { notes });
}

function matchExtent(
  elab: Elaboration,
  env: Environment,
  e: Expression,
  found: Affine,
  what: string,
  span: Span,
): void {
  if (e.kind === "name" && !env.scope.lookup(e.name)) {
    env.scope.bind(e.name, { kind: "value", value: scalar(found), span: e.span, constant: "size" });
    return;
  }
  const wanted = sizeExpression(elab, env, e);
  if (wanted === found) return;
  const extents = { what, wanted: printExtent(wanted), found: printExtent(found) };
  const notes = [{ message: `an extent of ${printExtent(wanted)} is asked for here`, span: e.span }];
  fail(elab, env, "NN2013", span, extents, { notes });
}
