/**
 * Where the contribution of one read lands: the loops of the forward equation are solved in terms of the cell of the
 * target (a gather), or the cell is given by the loops (a scatter), whichever visits less.
 */
import { countOf, maximumExtent } from "../../ir/affine.ts";
import type { Builder } from "../../ir/builder.ts";
import { freeIndices, rewriter, substitute, substituteAffine, visit } from "../../ir/rewrite.ts";
import type { Affine, Expr, Index, Read } from "../../ir/types.ts";
import type { Solution } from "../solve/solve.ts";
import { rangeGuards, solve } from "../solve/solve.ts";

export interface Placement {
  /** The cell of the target that receives the contribution. */
  readonly target: readonly Affine[];
  readonly indices: readonly Index[];
  readonly reduced: readonly Index[];
  /** What the loops of the forward equation are, in terms of the new ones. */
  readonly values: ReadonlyMap<Index, Affine>;
  readonly guards: readonly Expr[];
}

/** An intermediate state: some loops are solved, the rest stay. */
interface Solved {
  readonly loops: readonly Index[];
  readonly values: ReadonlyMap<Index, Affine>;
  readonly guards: readonly Expr[];
}

/** `path`: the conditions, over the loops, under which the read contributes. */
export function place(
  b: Builder,
  loops: readonly Index[],
  read: Read,
  path: readonly Expr[],
  names: readonly string[],
): Placement {
  const cells = read.tensor.shape.map((extent, d) => b.index(names[d]!, extent));
  const equations = read.subscripts.map((s, d) => b.minus(s, cells[d]!));
  const solution = solve(b, loops, equations);
  const gather = arrange(b, cells, null, read, begin(b, solution, path));
  if (solution.unsolved.length === 0) return named(b, gather);

  const scattered = new Set(solution.unsolved);
  const rest = solve(
    b,
    loops,
    equations.filter((_, d) => !scattered.has(d)),
  );
  const scatter = arrange(b, cells, scattered, read, begin(b, rest, path));
  const size = countOf(cells);
  return named(b, visits(gather) <= visits(scatter) + size ? gather : scatter);
}

const visits = (p: Placement): number => countOf(p.indices) * countOf(p.reduced);

/** The subscripts are solved; equalities among the conditions may determine more loops. */
function begin(b: Builder, solution: Solution, path: readonly Expr[]): Solved {
  const within = rewriter(b, { atom: (a) => (a.kind === "index" ? solution.values.get(a) : undefined) });
  const state: Solved = { ...solution, guards: [...path.map(within), ...solution.guards] };
  return useEqualities(b, state, state.loops, (form) => state.loops.some((i) => freeIndices(form).has(i)));
}

/** Lets those equality guards that are `eligible` remove loops among `removable`. */
function useEqualities(
  b: Builder,
  state: Solved,
  removable: readonly Index[],
  eligible: (form: Affine) => boolean,
): Solved {
  const forms: Affine[] = [];
  const others: Expr[] = [];
  for (const guard of state.guards) {
    if (guard.kind === "condition" && guard.relation === "zero" && eligible(guard.form))
      forms.push(guard.form);
    else others.push(guard);
  }
  if (forms.length === 0) return state;
  const more = solve(b, removable, forms);
  return {
    loops: [...state.loops.filter((i) => !removable.includes(i)), ...more.loops],
    values: new Map([
      ...[...state.values].map(([i, v]) => [i, substituteAffine(b, v, more.values)] as const),
      ...more.values,
    ]),
    guards: [...others.map((g) => substitute(b, g, more.values)), ...more.guards],
  };
}

/**
 * The left side: a dimension is the loop over its cells, or, where it is scattered, the subscript of the read. A cell
 * that an equality without data determines (a constant subscript, a diagonal) needs no loop of its own.
 */
function arrange(
  b: Builder,
  cells: readonly Index[],
  scattered: ReadonlySet<number> | null,
  read: Read,
  state: Solved,
): Placement {
  const looped = cells.filter((_, d) => !scattered?.has(d));
  const removable = looped.filter((c) => maximumExtent(c) > 1);
  const staying = new Set(state.loops);
  const pinned = useEqualities(b, { ...state, loops: looped }, removable, (form) => {
    const free = freeIndices(form);
    return (
      removable.some((c) => free.has(c)) && ![...free].some((i) => staying.has(i)) && !dependsOnData(form)
    );
  });
  const target = read.subscripts.map((s, d) => {
    if (scattered?.has(d)) return substituteAffine(b, s, pinned.values);
    return pinned.values.get(cells[d]!) ?? b.of(cells[d]!);
  });
  const onLeft = loopsInOrder(target, [...pinned.loops, ...state.loops]);
  return {
    target,
    indices: onLeft,
    reduced: state.loops.filter((i) => !onLeft.includes(i)),
    values: pinned.values,
    // From the final values: a range must have the form that the reads of the body will have.
    guards: [...pinned.guards, ...rangeGuards(b, pinned.values)],
  };
}

/** Those of `loops` that stand in the subscripts, in the order in which they do. */
function loopsInOrder(subscripts: readonly Affine[], loops: readonly Index[]): Index[] {
  const found = new Set<Index>();
  for (const s of subscripts) {
    const free = freeIndices(s);
    for (const i of loops) if (free.has(i)) found.add(i);
  }
  return [...found];
}

function dependsOnData(form: Affine): boolean {
  let found = false;
  visit(
    [form],
    () => undefined,
    (a) => {
      if (a.kind === "opaque") found = true;
    },
  );
  return found;
}

/** Fresh loops with names that are unique in the equation. */
function named(b: Builder, p: Placement): Placement {
  const taken = new Set<string>();
  const fresh = new Map<Index, Index>();
  for (const i of [...p.indices, ...p.reduced]) {
    let name = i.name;
    while (taken.has(name)) name += "′";
    taken.add(name);
    fresh.set(i, b.index(name, i.extent));
  }
  const renames = new Map([...fresh].map(([i, f]) => [i, b.of(f)] as const));
  const rename = rewriter(b, { atom: (a) => (a.kind === "index" ? renames.get(a) : undefined) });
  return {
    target: p.target.map((t) => rename(t) as Affine),
    indices: p.indices.map((i) => fresh.get(i)!),
    reduced: p.reduced.map((i) => fresh.get(i)!),
    values: new Map([...[...p.values].map(([i, v]) => [i, rename(v) as Affine] as const), ...renames]),
    guards: p.guards.map(rename),
  };
}
