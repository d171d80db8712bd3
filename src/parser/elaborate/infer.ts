/**
 * Ranges of index variables. An index ranges over the dimension it subscripts alone, unless its range is given or its
 * tensor's type is declared; uses that disagree are a mistake that names both places.
 */
import { Reported } from "../../ir/diagnostics.ts";
import type { Affine, Span } from "../../ir/types.ts";
import type { Expression, Subscript } from "../syntax.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { attempt, fail } from "./environment.ts";
import type { PackCount } from "./packs.ts";
import { knownCount, shareOut } from "./packs.ts";
import type { ArrayValue } from "./values.ts";
import { printExtent, printShape, truthOf } from "./values.ts";

interface Use {
  /** In a read guarded by `else`: it gives a range only where nothing else does, and need not agree. */
  readonly guarded: boolean;
  readonly extents: readonly Affine[];
  readonly names: readonly (string | undefined)[];
  readonly span: Span;
}

/** Uses of each wanted name as a lone subscript, in order of appearance. */
export class Uses extends Map<string, Use[]> {
  /** Something that might have given a range failed: its mistake is reported, so a missing range is not. */
  failed = false;
  /** How many dimensions a read has for its packs, where the counts that are written do not fit. */
  readonly misfits = new Map<string, number>();
}

/** Finds where the wanted index names (and `...names`, of which `counts` knows some) subscript a dimension alone. */
export function findUses(
  elab: Elaboration,
  env: Environment,
  wanted: ReadonlySet<string>,
  e: Expression,
  counts: ReadonlyMap<string, PackCount> = new Map(),
): Uses {
  const uses = new Uses();
  const visit = (node: Expression, hidden: ReadonlySet<string>, guarded: boolean): void => {
    if (node.kind === "subscript") {
      note(node.target, node.subscripts, hidden, guarded);
      visit(node.target, hidden, guarded);
      for (const s of node.subscripts) if (s.kind === "at") visit(s.value, hidden, guarded);
      return;
    }
    if (node.kind === "error") uses.failed = true;
    if (node.kind === "else") {
      visit(node.read, hidden, true);
      visit(node.otherwise, hidden, guarded);
      return;
    }
    if (node.kind === "reduce") {
      const names = new Set([...hidden, ...node.indices.map((i) => i.name.text)]);
      visit(node.body, names, guarded);
      return;
    }
    for (const child of takenChildren(elab, env, node, new Set([...wanted, ...hidden])))
      visit(child, hidden, guarded);
  };
  const note = (
    target: Expression,
    subscripts: readonly Subscript[],
    hidden: ReadonlySet<string>,
    guarded: boolean,
  ): void => {
    const lone = subscripts
      .map((s) => loneName(s))
      .filter((n) => n !== undefined && wanted.has(n) && !hidden.has(n));
    if (lone.length === 0) return;
    const value = earlyValue(elab, env, target, new Set([...wanted, ...hidden]));
    if (value === "failed") uses.failed = true;
    if (!value || value === "failed") return;
    const packs = subscripts.filter((s) => s.kind === "rest").map((s) => s.name.text);
    const known = packs.map((name) => {
      if (hidden.has(name)) return undefined;
      return wanted.has(name) ? counts.get(name) : knownCount(env, name);
    });
    const free = value.shape.length - (subscripts.length - packs.length);
    const shares = shareOut(known, free);
    if (!shares && packs.length > 0) {
      for (const name of packs) uses.misfits.set(name, free);
      return;
    }
    let dimension = 0;
    let pack = 0;
    for (const s of subscripts) {
      const count = s.kind === "rest" ? shares![pack++]! : 1;
      const name = loneName(s);
      if (
        name !== undefined &&
        wanted.has(name) &&
        !hidden.has(name) &&
        dimension + count <= value.shape.length
      ) {
        const extents = value.shape.slice(dimension, dimension + count);
        const names = extents.map((_, d) => value.names?.[dimension + d]);
        uses.set(name, [...(uses.get(name) ?? []), { guarded, extents, names, span: s.span }]);
      }
      dimension += count;
    }
  };
  visit(e, new Set(), false);
  return uses;
}

function loneName(s: Subscript): string | undefined {
  if (s.kind === "rest") return s.name.text;
  return s.kind === "at" && s.value.kind === "name" ? s.value.name : undefined;
}

/** The value of a subscripted expression, where it can be known before the index names are. */
function earlyValue(
  elab: Elaboration,
  env: Environment,
  target: Expression,
  unknown: ReadonlySet<string>,
): ArrayValue | "failed" | undefined {
  if (mentions(target, unknown, env)) return undefined;
  if (target.kind === "name" && !env.scope.lookup(target.name)) return undefined;
  const value = attempt(() => {
    const known = env.evaluated.get(target) ?? elab.expression(target, env);
    env.evaluated.set(target, known);
    return known;
  });
  if (!value) return "failed";
  return value.kind === "array" ? value : undefined;
}

/** Whether an expression speaks of an index that has no range yet. A tensor of the same name is no index. */
function mentions(e: Expression, unknown: ReadonlySet<string>, env: Environment): boolean {
  let found = false;
  const visit = (node: Expression, top: boolean): void => {
    if (
      node.kind === "name" &&
      unknown.has(node.name) &&
      !(top && env.scope.lookup(node.name)?.kind === "value")
    ) {
      found = true;
    }
    if (node.kind === "subscript") {
      visit(node.target, true);
      for (const s of node.subscripts) if (s.kind === "at") visit(s.value, false);
    } else for (const child of childrenOf(node)) visit(child, false);
  };
  visit(e, true);
  return found;
}

/** The children of an expression; of an `if` that is decided at compile time, only the branch it takes. */
function takenChildren(
  elab: Elaboration,
  env: Environment,
  e: Expression,
  unknown: ReadonlySet<string>,
): readonly Expression[] {
  if (e.kind !== "if" || mentions(e.condition, unknown, env)) return childrenOf(e);
  const condition = attempt(() => elab.expression(e.condition, env));
  const truth = condition && truthOf(condition);
  return truth === undefined ? childrenOf(e) : [truth ? e.chosen : e.otherwise];
}

export function childrenOf(e: Expression): readonly Expression[] {
  switch (e.kind) {
    case "unary":
      return [e.operand];
    case "binary":
      return [e.left, e.right];
    case "if":
      return [e.condition, e.chosen, e.otherwise];
    case "call":
      return [...(e.piped ? [e.piped] : []), e.callee, ...e.arguments.map((a) => a.value)];
    case "subscript":
      return [e.target, ...e.subscripts.flatMap((s) => (s.kind === "at" ? [s.value] : []))];
    case "else":
      return [e.read, e.otherwise];
    case "reduce":
      return [...e.indices.flatMap((i) => (i.below ? [i.below] : [])), e.body];
    case "number":
    case "boolean":
    case "name":
    case "error":
      return [];
  }
}

export interface Range {
  readonly extent: Affine;
  readonly name: string;
}

/** The uses that decide: those outside `else`, or the first inside one. */
function binding(uses: Uses, name: string): Use[] {
  const all = uses.get(name) ?? [];
  const open = all.filter((u) => !u.guarded);
  return open.length > 0 ? open : all.slice(0, 1);
}

/** The range of one index: given, declared, or from its uses, which must agree. */
export function rangeOfIndex(
  elab: Elaboration,
  env: Environment,
  name: string,
  span: Span,
  uses: Uses,
  given?: Affine,
): Affine {
  const found = binding(uses, name).filter((u) => u.extents.length === 1);
  if (given) return given;
  const first = found[0];
  if (!first && (uses.failed || env.home.broken)) throw new Reported();
  if (!first) return fail(elab, env, "NN2006", span, { name }, { help: `give its range: \`${name} < n\`` });
  const other = found.find((u) => u.extents[0] !== first.extents[0]);
  if (other) {
    fail(
      elab,
      env,
      "NN2007",
      other.span,
      { name, first: printExtent(first.extents[0]!), second: printExtent(other.extents[0]!) },
      {
        notes: [{ message: `it ranges over ${printExtent(first.extents[0]!)} here`, span: first.span }],
        help: `give its range: \`${name} < n\``,
      },
    );
  }
  return first.extents[0]!;
}

/** The ranges of `...name`, with names for the reader. */
export function rangesOfRest(
  elab: Elaboration,
  env: Environment,
  name: string,
  span: Span,
  uses: Uses,
  declared?: readonly Affine[],
  misfit?: string,
): Range[] {
  const found = binding(uses, name);
  const extents = declared ?? found[0]?.extents;
  if (!extents && (uses.failed || env.home.broken)) throw new Reported();
  const help = misfit ?? `say how many dimensions it has, \`...${name}(2)\`, or declare the type`;
  if (!extents) return fail(elab, env, "NN2006", span, { name: `...${name}` }, { help });
  const other = found.find(
    (u) => u.extents.length !== extents.length || u.extents.some((e, d) => e !== extents[d]),
  );
  if (other) {
    const places = { name: `...${name}`, first: printShape(extents), second: printShape(other.extents) };
    fail(elab, env, "NN2007", other.span, places, {
      notes: found[0] && found[0] !== other ? [{ message: "and here", span: found[0].span }] : [],
    });
  }
  const hints = found[0]?.names ?? [];
  const single = extents.length === 1;
  return extents.map((extent, d) => ({ extent, name: hints[d] ?? (single ? name : `${name}${d}`) }));
}

/**
 * Names that stand in subscripts of a result without index names (`return sum[k] x[...i, k] * W[k, j]`) and mean
 * nothing else: its free indices, in order of first appearance.
 */
export function freeNames(env: Environment, e: Expression): { name: string; rest: boolean; span: Span }[] {
  const found = new Map<string, { name: string; rest: boolean; span: Span }>();
  const note = (name: string, rest: boolean, span: Span, hidden: ReadonlySet<string>): void => {
    const bound = env.scope.lookup(name);
    if (hidden.has(name) || found.has(name)) return;
    if (!bound || (rest && bound.kind === "extents")) found.set(name, { name, rest, span });
  };
  const visit = (node: Expression, inside: boolean, hidden: ReadonlySet<string>): void => {
    if (node.kind === "name" && inside) note(node.name, false, node.span, hidden);
    if (node.kind === "subscript") {
      visit(node.target, false, hidden);
      for (const s of node.subscripts) {
        if (s.kind === "at") visit(s.value, true, hidden);
        if (s.kind === "rest") note(s.name.text, true, s.span, hidden);
      }
      return;
    }
    const names =
      node.kind === "reduce" ? new Set([...hidden, ...node.indices.map((i) => i.name.text)]) : hidden;
    for (const child of childrenOf(node)) visit(child, inside, names);
  };
  visit(e, false, new Set());
  return [...found.values()];
}
