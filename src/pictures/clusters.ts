/**
 * Which tensors share a box. Names alone don't tell: what an equation belongs to is said by the place in the source that
 * it comes from, and the turns of a loop are told by the same equation coming again.
 */
import type { Span, Statement, Tensor } from "../ir/types.ts";

/** 1: a box for each definition of the source. 2: a box for each equation, layers opened. */
export type Detail = 1 | 2;

export interface Cluster {
  readonly key: string;
  /** The definition of the source that all of it belongs to. */
  readonly span: Span;
  readonly tensors: Tensor[];
  /** How often its last equation is computed. */
  turns: number;
}

export interface Clusters {
  readonly of: ReadonlyMap<Tensor, Cluster>;
  /** Which turn of a loop computes a tensor, from 0; 0 outside of loops. */
  turn(tensor: Tensor): number;
}

type Computed = Exclude<Statement, { kind: "gradient" }>;

/** The boxes of what forward statements compute. With `unrolled`, every turn of a loop has boxes of its own. */
export function clustersOf(
  statements: readonly Statement[],
  model: Span,
  detail: Detail,
  unrolled: boolean,
): Clusters {
  const computed = statements.filter((s): s is Computed => s.kind !== "gradient");
  const definitions = definitionsOf(computed, model);
  const turns = turnsOf(computed);
  const clusters = new Map<string, Cluster>();
  const of = new Map<Tensor, Cluster>();
  for (const s of computed) {
    const turn = turns.get(s.tensor)!;
    const span = definitions.get(s)!;
    if (of.has(s.tensor)) continue;
    const parts = detail === 1 ? [place(span)] : [place(span), equationOf(s)];
    const key = unrolled ? [...parts, turn].join(" ") : parts.join(" ");
    const cluster = clusters.get(key) ?? { key, span, tensors: [], turns: 1 };
    cluster.tensors.push(s.tensor);
    if (!unrolled) cluster.turns = turn + 1;
    clusters.set(key, cluster);
    of.set(s.tensor, cluster);
  }
  return { of, turn: (t) => turns.get(t) ?? 0 };
}

/**
 * The largest definition of the model that each statement is a part of. A statement in a layer of the same file stands
 * outside of all of them: it belongs to the definition that its path begins with.
 */
function definitionsOf(statements: readonly Computed[], model: Span): Map<Computed, Span> {
  const isInside = ({ origin: { span } }: Computed): boolean =>
    span.file === model.file && model.start <= span.start && span.end <= model.end;
  const spans = new Map(statements.filter(isInside).map((s) => [place(s.origin.span), s.origin.span]));
  const sorted = [...spans.values()].sort((a, b) => a.start - b.start || b.end - a.end);
  const largest = new Map<string, Span>();
  let around: Span | undefined;
  for (const span of sorted) {
    if (!around || span.end > around.end) around = span;
    largest.set(place(span), around);
  }
  const named = new Map<string, Span>();
  for (const s of statements)
    if (isInside(s)) named.set(firstName(s.tensor), largest.get(place(s.origin.span))!);
  const definition = (s: Computed): Span =>
    largest.get(place(s.origin.span)) ?? named.get(firstName(s.tensor)) ?? s.origin.span;
  return new Map(statements.map((s) => [s, definition(s)]));
}

const firstName = (t: Tensor): string => t.name.split(".")[0]!;

/** How many tensors of the same equation came before each. */
function turnsOf(statements: readonly Computed[]): Map<Tensor, number> {
  const counts = new Map<string, number>();
  const turns = new Map<Tensor, number>();
  for (const s of statements) {
    if (turns.has(s.tensor)) continue;
    const key = `${equationOf(s)} ${s.tensor.hoistedFrom ? "hoisted" : ""}`;
    turns.set(s.tensor, counts.get(key) ?? 0);
    counts.set(key, turns.get(s.tensor)! + 1);
  }
  return turns;
}

/** What tells one equation from another, but not its turns: the digits of a name only count them. */
function equationOf({ origin, tensor }: Computed): string {
  const home = tensor.hoistedFrom ?? tensor;
  return `${place(origin.span)} ${place(origin.within ?? origin.span)} ${home.name.replace(/\d+/g, "")}`;
}

const place = (span: Span): string => `${span.file}:${span.start}-${span.end}`;
