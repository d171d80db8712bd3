/** The log of simplification, equation by equation: what stood there, by which rules, and what stands there now. */
import type { Builder } from "../ir/builder.ts";
import type { Environment } from "../ir/interpreter.ts";
import { interpret } from "../ir/interpreter.ts";
import { tensorsRead } from "../ir/dependences.ts";
import { readsOf, rewriter, targetsWhole } from "../ir/rewrite.ts";
import type { Affine, Equation, Expr, Index, Statement, Tensor } from "../ir/types.ts";
import { Comparison, copyOf, valuesOf } from "./compare.ts";
import { neatStatement } from "./contributions.ts";
import type { Line, Rewrite } from "./derivation.ts";
import { lineText } from "./text.ts";
import type { Trail, Transition } from "./trail.ts";
import { linesOf } from "./translate.ts";

/** The definitions of a graph by what they define. */
type Writers = ReadonlyMap<Tensor, readonly Statement[]>;

/**
 * One entry for every equation that a sub-pass changed. `points` hold the values of all that `raw` computes, and learn
 * those of what simplification adds.
 */
export function rewritesOf(trail: Trail, points: readonly Environment[]): Rewrite[] {
  return trail.transitions.flatMap((t) => changesOf(trail, t, points));
}

function changesOf(trail: Trail, transition: Transition, points: readonly Environment[]): Rewrite[] {
  const { builder: b } = trail;
  const before = writersOf(transition.before.statements);
  const after = writersOf(transition.after.statements);
  const changed = [...after.keys()].filter((t) => !sameList(before.get(t), after.get(t)!));
  const added = changed.filter((t) => !before.has(t));
  const again = transition.after.statements
    .filter((s) => s.kind !== "gradient" && changed.includes(s.tensor))
    .map((s) => neatStatement(b, s));
  const environments = points.map((point) => {
    const environment = copyOf(point);
    interpret(again, environment);
    return environment;
  });
  const rewrites = changed
    .filter((t) => before.has(t))
    .flatMap((t): Rewrite[] => {
      const [old, now] = [before.get(t)!, after.get(t)!];
      const dropped = droppedReads(old, now);
      const through = lookedThrough(dropped, before, after);
      const expanded = through.size > 0 ? old.map((s) => neatStatement(b, expand(b, s, through))) : [];
      const comparison = new Comparison("this line and the one before it", "exact");
      points.forEach((point, i) => compare(comparison, t, point, environments[i]!, expanded, trail));
      const lines = {
        before: linesOfNeat(b, old),
        expanded: expanded.flatMap(linesOf),
        after: linesOfNeat(b, [
          ...now,
          ...(added.length > 0 ? added.flatMap((a) => readBy(now, a, after)) : []),
        ]),
      };
      const same =
        lines.before.map((l) => lineText(l)).join("\n") === lines.after.map((l) => lineText(l)).join("\n");
      if (same && comparison.result.passed) return [];
      const rules = transition.rules.filter((r) => r.tensor === t.name);
      return [
        {
          ref: t.name,
          rules: [...new Map(rules.map((r) => [r.rule, { name: r.rule, realOnly: r.realOnly }])).values()],
          ...lines,
          through: [...new Set([...dropped, ...through.keys()])].map((x) => x.name),
          check: comparison.result,
        },
      ];
    });
  points.forEach((point, i) => {
    for (const [t, values] of environments[i]!.values) point.values.set(t, values);
  });
  return rewrites;
}

const linesOfNeat = (b: Builder, list: readonly Statement[]): Line[] =>
  list.flatMap((s) => linesOf(neatStatement(b, s)));

function compare(
  comparison: Comparison,
  t: Tensor,
  point: Environment,
  now: Environment,
  expanded: readonly Statement[],
  trail: Trail,
): void {
  const before = Array.from(valuesOf(point, t));
  const after = valuesOf(now, t);
  // A sign that moves to all readers: each of them is an entry of its own, and must keep its value.
  const turned = !trail.results.includes(t) && before.every((v, i) => v === -after[i]!);
  comparison.add(after, turned ? before.map((v) => -v) : before);
  if (expanded.length === 0) return;
  const written = copyOf(point);
  interpret(expanded, written);
  comparison.add(valuesOf(written, t), before);
}

function writersOf(statements: readonly Statement[]): Writers {
  const found = new Map<Tensor, Statement[]>();
  for (const s of statements) {
    if (s.kind === "gradient") continue;
    found.set(s.tensor, [...(found.get(s.tensor) ?? []), s]);
  }
  return found;
}

function sameList(a: readonly Statement[] | undefined, b: readonly Statement[]): boolean {
  return a !== undefined && a.length === b.length && a.every((s, i) => s === b[i]);
}

/** The definition of an added tensor, where the equation reads it. */
function readBy(now: readonly Statement[], added: Tensor, after: Writers): readonly Statement[] {
  const reads = now.some((s) => s.kind === "equation" && readsOf(s.body).some((r) => r.tensor === added));
  return reads ? after.get(added)! : [];
}

/** The adjoints that were read and no longer are. */
function droppedReads(old: readonly Statement[], now: readonly Statement[]): Tensor[] {
  const read = (list: readonly Statement[]): Tensor[] =>
    list.flatMap((s) => (s.kind === "gradient" ? [] : tensorsRead(s)));
  const still = new Set(read(now));
  return [...new Set(read(old))].filter(
    (t) => t.role === "adjoint" && !still.has(t) && old.every((s) => s.kind === "gradient" || s.tensor !== t),
  );
}

/** Those of them that are pointwise, and may be written in. */
function lookedThrough(
  dropped: readonly Tensor[],
  before: Writers,
  after: Writers,
): ReadonlyMap<Tensor, Equation> {
  const found = new Map<Tensor, Equation>();
  for (const tensor of dropped) {
    // A sub-pass goes forward: it saw what it had made of the definitions before.
    const [definition, ...more] = after.get(tensor) ?? before.get(tensor) ?? [];
    if (definition?.kind === "equation" && more.length === 0 && isPlain(definition))
      found.set(tensor, definition);
  }
  return found;
}

export const isPlain = (e: Equation): boolean =>
  e.reducer === null && !e.accumulate && e.where.length === 0 && targetsWhole(e);

/** The equation with the definitions written in. */
export function expand(b: Builder, s: Statement, through: ReadonlyMap<Tensor, Equation>): Statement {
  if (s.kind !== "equation") return s;
  const within: (e: Expr) => Expr = rewriter(b, {
    node: (e) => {
      const definition = e.kind === "read" ? through.get(e.tensor) : undefined;
      return definition && e.kind === "read" ? within(bodyAt(b, definition, e.subscripts)) : undefined;
    },
  });
  return b.equation({ ...s, body: within(s.body) });
}

function bodyAt(b: Builder, e: Equation, subscripts: readonly Affine[]): Expr {
  const values = new Map<Index, Affine>();
  e.target.forEach((t, d) => {
    const atom = t.terms[0]!.atom;
    if (atom.kind === "index") values.set(atom, subscripts[d]!);
  });
  return rewriter(b, { atom: (a) => (a.kind === "index" ? values.get(a) : undefined) })(e.body);
}
