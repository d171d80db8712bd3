/** The left side of an index definition: index variables with their ranges, `...i`, and places. */
import type { Affine, Index, Span } from "../../ir/types.ts";
import type { Expression, LeftSubscript, PackSyntax, TypeSyntax } from "../syntax.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail } from "./environment.ts";
import { childrenOf, findUses, rangeOfIndex, rangesOfRest } from "./infer.ts";
import { arrayExpression } from "./operands.ts";
import type { PackCount, PackCounts } from "./packs.ts";
import { countHelp, knownCount, packCounts, requireTold, shareOut } from "./packs.ts";
import { requireNew } from "./paths.ts";
import { Scope } from "./scope.ts";
import { sizeExpression, typeName } from "./shapes.ts";
import { isScalar, scalarExpr } from "./values.ts";

export interface LeftSide {
  readonly indices: readonly Index[];
  readonly target: readonly Affine[];
  readonly env: Environment;
  /** Every subscript is an index over the whole of its dimension. */
  readonly whole: boolean;
}

/**
 * Reads the subscripts on the left: index variables with their ranges, `...i`, and places. Where the declared type is
 * given and has its packs at the same positions, those of the left side have as many dimensions.
 */
export function leftSide(
  elab: Elaboration,
  env: Environment,
  subscripts: readonly LeftSubscript[],
  value: Expression,
  declared: readonly Affine[] | undefined,
  span: Span,
  type?: TypeSyntax,
): LeftSide {
  const { builder: b } = elab;
  const packs = subscripts.filter((s) => s.kind === "rest");
  const counts = leftCounts(elab, env, subscripts, packs, declared, type, span);
  const scope = new Scope(env.scope);
  const wanted = variablesOf(env, subscripts);
  const hidden = new Scope(env.scope);
  const uses = findUses(elab, { ...env, scope: hidden }, wanted, value, counts);
  const indices: Index[] = [];
  const target: Affine[] = [];
  let whole = true;
  const bindIndex = (name: string, extent: Affine, where: Span): Index => {
    requireNew(elab, { ...env, scope }, { text: name, span: where });
    const index = b.index(name, extent);
    scope.bind(name, { kind: "index", index, span: where });
    indices.push(index);
    return index;
  };
  for (const s of subscripts) {
    const dimension = declared?.[target.length];
    if (s.kind === "rest") {
      const extents = declared?.slice(target.length, target.length + counts.get(s.name.text)!.count);
      const told = uses.has(s.name.text) || uses.failed || extents;
      const known = packs.map((p) => counts.get(p.name.text));
      if (!told) requireTold(elab, env, packs, known);
      const free = uses.misfits.get(s.name.text);
      const misfit = free === undefined ? undefined : countHelp(packs, known, free);
      const ranges = rangesOfRest(elab, env, s.name.text, s.span, uses, extents, misfit);
      const list = ranges.map((r) => b.index(r.name, r.extent));
      requireNew(elab, { ...env, scope }, s.name);
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

/** The counts of the packs on the left: exact where the shape is declared, else as they are written. */
function leftCounts(
  elab: Elaboration,
  env: Environment,
  subscripts: readonly LeftSubscript[],
  packs: readonly PackSyntax[],
  declared: readonly Affine[] | undefined,
  type: TypeSyntax | undefined,
  span: Span,
): Map<string, PackCount> {
  const typed = alignedPacks(subscripts, type);
  const written = packCounts(elab, env, packs);
  const known = typed && packs.length > 1 ? typed.map((p) => knownCount(env, p.name.text)) : written;
  const byName = (counts: PackCounts): [string, PackCount][] =>
    packs.flatMap((p, k) => (counts[k] ? [[p.name.text, counts[k]]] : []));
  if (!declared) return new Map(byName(known));
  const free = declared.length - (subscripts.length - packs.length);
  if (free >= 0) requireTold(elab, env, packs, known);
  const shares = shareOut(known, free);
  if (shares) return new Map(byName(shares.map((count) => ({ count, written: false }))));
  const sides = { what: "the left side", wanted: String(declared.length), found: subscripts.length };
  return fail(elab, env, "NN2005", span, sides, { help: countHelp(packs, known, free) });
}

/** The packs of a type that has them where the left side has its own. */
function alignedPacks(
  subscripts: readonly LeftSubscript[],
  type: TypeSyntax | undefined,
): PackSyntax[] | undefined {
  const extents = type?.extents ?? [];
  const aligned =
    extents.length === subscripts.length &&
    extents.every((e, d) => (e.kind === "rest") === (subscripts[d]!.kind === "rest"));
  return aligned ? extents.filter((e) => e.kind === "rest") : undefined;
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

/** The names of an expression that mean nothing yet. */
export function unboundNames(env: Environment, e: Expression): string[] {
  if (e.kind === "name") return env.scope.lookup(e.name) ? [] : [e.name];
  return childrenOf(e).flatMap((child) => unboundNames(env, child));
}

function placeOf(elab: Elaboration, env: Environment, e: Expression): Affine {
  const value = arrayExpression(elab, e, env);
  if (value.type !== "i32" || !isScalar(value))
    return fail(elab, env, "NN2015", e.span, {
      found: isScalar(value) ? typeName(value.type) : "a whole tensor",
    });
  return scalarExpr(value) as Affine;
}
