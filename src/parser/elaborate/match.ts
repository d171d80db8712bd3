/** Declared types and what is fitted to them: the names that a type introduces are bound, all others must agree. */
import type { Affine, Span } from "../../ir/types.ts";
import type { Expression, TypeSyntax } from "../syntax.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail } from "./environment.ts";
import type { PackCounts } from "./packs.ts";
import { countHelp, packCounts, requireTold, shareOut } from "./packs.ts";
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
  const packs = extents.filter((e) => e.kind === "rest");
  const free = shape.length - (extents.length - packs.length);
  const counts = packCounts(elab, env, packs);
  requireTold(elab, env, packs, counts);
  const shares = shareOut(counts, free);
  if (!shares || shares.reduce((n, c) => n - c, free) !== 0) {
    const wanted = wantedRank(extents.length - packs.length, counts);
    const message = `the type asked for is written here; \`${what}\` is ${printShape(shape)}`;
    const more = { notes: [{ message, span: type.span }], help: countHelp(packs, counts, free) };
    fail(elab, env, "NN2005", span, { what, wanted, found: shape.length }, more);
  }
  let dimension = 0;
  let pack = 0;
  for (const e of extents) {
    const count = e.kind === "rest" ? shares[pack++]! : 1;
    const found = shape.slice(dimension, dimension + count);
    if (e.kind === "rest") bindRest(elab, env, e.name.text, found, e.span, what, span);
    else matchExtent(elab, env, e.value, found[0]!, what, span);
    dimension += count;
  }
}

/** How many dimensions a type asks for, as a phrase. */
function wantedRank(plain: number, counts: PackCounts): string {
  const least = counts.map((c) => (c && c.count < 0 ? -1 - c.count : (c?.count ?? 0)));
  const exact = counts.every((c) => c && (c.count >= 0 || !c.written));
  return `${exact ? "" : "at least "}${least.reduce((sum, c) => sum + c, plain)}`;
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
