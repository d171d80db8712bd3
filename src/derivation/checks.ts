/** Steps of the chain rule against central differences, in 64 bits. */
import type { Builder } from "../ir/builder.ts";
import type { Environment } from "../ir/interpreter.ts";
import { evaluateAffine, interpret, tensorSize } from "../ir/interpreter.ts";
import { dependents, slice } from "../ir/dependences.ts";
import { rewriter } from "../ir/rewrite.ts";
import type { AdjointStep, Equation, Expr, Index, Statement, Tensor } from "../ir/types.ts";
import {
  Comparison,
  copyOf,
  reading,
  slopeAt,
  spread,
  valueOver,
  valuesOf,
  visitsOf,
  withStopsFixed,
  stepFor,
} from "./compare.ts";
import { readingCell } from "./concerned.ts";
import type { Check } from "./derivation.ts";
import { neat } from "./neat.ts";

/** Cells of one tensor that are compared at one point; fewer where an evaluation is long. */
const mostCells = 6;
const mostVisits = 1e6;
const mostVisitsOfAll = 1e7;
/** What it takes to prepare one statement, in visits. */
const visitsToBegin = 300;

/** Local gradients are compared over this many values of each loop where there are many. */
const mostTurns = 3;
const manyLoops = 2000;

/** Cells to compare where each needs some evaluations of `statements`. */
function cellsOf(
  count: number,
  statements: readonly Statement[],
  point: Environment,
  visits = mostVisits,
): number[] {
  const one = visitsOf(statements, point) + statements.length * visitsToBegin;
  const affordable = Math.floor(visits / (3 * one));
  return spread(count, Math.max(1, Math.min(mostCells, affordable)));
}

/** ∂body/∂read as an expression against the slope of the body in that read, over all loops of the equation. */
export function checkLocal(b: Builder, step: AdjointStep, points: readonly Environment[]): Check | null {
  const { of, read, partial, guard } = step;
  if (of.kind !== "equation" || !read || !partial) return null;
  const comparison = new Comparison("the local gradient and a central difference", "difference");
  const guarded: Equation = guard ? b.equation({ ...of, where: [...of.where, guard] }) : of;
  for (const point of points) {
    const { whole, within } = fewTurns(b, guarded, point);
    const environment = copyOf(point);
    const values = (body: Expr): ArrayLike<number> => {
      const stored = valueOver(b, whole, within(body), environment);
      return stored.kind === "read" ? valuesOf(environment, stored.tensor) : [];
    };
    // The read inside stop_gradient is held fixed.
    const shifted = (h: number): ArrayLike<number> => values(shiftRead(b, of.body, read, h));
    const cached = new Map<number, ArrayLike<number>>();
    const at = (h: number): ArrayLike<number> => {
      const known = cached.get(h) ?? shifted(h);
      cached.set(h, known);
      return known;
    };
    const found = values(neat(b, partial));
    comparison.add(
      found,
      Array.from(found, (_, i) => slopeAt((h) => at(h)[i]!)),
    );
  }
  return comparison.result;
}

/** The equation over a part of its loops, where they are many. */
function fewTurns(
  b: Builder,
  e: Equation,
  point: Environment,
): { readonly whole: Equation; readonly within: (body: Expr) => Expr } {
  if (visitsOf([e], point) <= manyLoops) return { whole: e, within: (body) => body };
  const shorter = new Map(
    [...e.indices, ...e.reduced].map((i) => {
      const count = Math.min(mostTurns, evaluateAffine(i.extent, point.dims));
      return [i, b.index(i.name, b.integer(count))] as const;
    }),
  );
  const within = rewriter(b, {
    atom: (a) => (a.kind === "index" && shorter.has(a) ? b.of(shorter.get(a)!) : undefined),
  });
  const loops = (list: readonly Index[]): Index[] => list.map((i) => shorter.get(i)!);
  return {
    whole: b.equation({
      ...e,
      indices: loops(e.indices),
      reduced: loops(e.reduced),
      where: e.where.map(within),
    }),
    within,
  };
}

function shiftRead(b: Builder, body: Expr, read: Expr, h: number): Expr {
  const shift = rewriter(b, {
    node: (e) => {
      if (e === read) return b.add(read, b.number(h));
      return e.kind === "apply" && e.atom === "stop_gradient" ? e : undefined;
    },
  });
  return shift(body);
}

/**
 * What the readers of `wrt` that are one statement contribute: Σ upstream·∂reader/∂wrt against the slope of Σ
 * upstream·reader in single cells of `wrt`. `contributions` are their adjoint statements.
 */
export function checkContribution(
  b: Builder,
  reader: Statement,
  wrt: Tensor,
  upstream: Tensor,
  contributions: readonly Statement[],
  forward: readonly Statement[],
  points: readonly Environment[],
): Check | null {
  if (reader.kind === "gradient") return null;
  // What has a gradient of its own is computed by other statements, which read `wrt` for it.
  const own =
    reader.kind === "override"
      ? slice({ name: "", statements: forward, results: [] }, [reader.source], "drop").statements
      : [];
  const through = statementsAfter(own, wrt);
  const comparison = new Comparison("the sum over all readers' cells and central differences", "difference");
  for (const point of points) {
    const found = sumOf(contributions, wrt, point);
    const arriving = valuesOf(point, upstream);
    const environment = copyOf(point);
    // Computed anew for each shift, so it must not be taken for a definition that is written before.
    const moved = b.tensor({ ...wrt, role: "input" });
    const statements = withStopsFixed(
      b,
      [...through, reader].map((s) => reading(b, s, wrt, moved)),
      environment,
    );
    const base = valuesOf(point, wrt);
    const concerned = (cell: number): Statement[] =>
      statements.map((s) => (own.length > 0 ? s : readingCell(b, s, moved, cell, environment)));
    const cells = cellsOf(base.length, concerned(0), point);
    const slope = (cell: number): number | null => {
      const part = concerned(cell);
      const value = (h: number): number => {
        const values = Float64Array.from(base);
        values[cell]! += h;
        environment.values.set(moved, values);
        interpret(part, environment);
        return product(valuesOf(environment, reader.tensor), arriving);
      };
      return slopeAt(value, stepFor(base));
    };
    comparison.add(
      cells.map((c) => found[c]!),
      cells.map(slope),
    );
  }
  return comparison.result;
}

function product(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

/** What some parts of an adjoint add up to. */
function sumOf(parts: readonly Statement[], wrt: Tensor, point: Environment): Float64Array {
  const environment = copyOf(point);
  const total = new Float64Array(tensorSize(wrt, point.dims));
  for (const part of parts) {
    if (part.kind === "gradient") continue;
    interpret([part], environment);
    valuesOf(environment, part.tensor).forEach((v, i) => (total[i]! += v));
  }
  return total;
}

/**
 * The gradient of a scalar by one tensor against central differences of the scalar. `share` is the part of all such
 * comparisons that this one may take.
 */
export function checkWhole(
  b: Builder,
  forward: readonly Statement[],
  of: Tensor,
  wrt: Tensor,
  gradient: Tensor,
  points: readonly Environment[],
  share: number,
): Check {
  const comparison = new Comparison(`the whole gradient and central differences of ${of.name}`, "difference");
  for (const point of points) {
    const cells = cellsOf(valuesOf(point, wrt).length, forward, point, share * mostVisitsOfAll);
    const slopes = slopesOf(b, forward, of, wrt, cells, point);
    const found = valuesOf(point, gradient);
    comparison.add(
      cells.map((c) => found[c]!),
      slopes,
    );
  }
  return comparison.result;
}

/** Central differences of a scalar in single cells of a tensor; null where it bends. */
export function slopesOf(
  b: Builder,
  forward: readonly Statement[],
  of: Tensor,
  wrt: Tensor,
  cells: readonly number[],
  point: Environment,
): (number | null)[] {
  const environment = copyOf(point);
  // What does not depend on the tensor was computed at this point already.
  const needed = slice({ name: "", statements: statementsAfter(forward, wrt), results: [] }, [of], "drop");
  const statements = withStopsFixed(b, dependents(needed.statements, wrt), environment);
  const base = valuesOf(point, wrt);
  const unmoved = valuesOf(point, of)[0]!;
  return cells.map((cell) =>
    slopeAt(
      (h) => {
        if (h === 0) return unmoved;
        const values = Float64Array.from(base);
        values[cell]! += h;
        environment.values.set(wrt, values);
        interpret(statements, environment);
        return valuesOf(environment, of)[0]!;
      },
      stepFor(base),
      true,
    ),
  );
}

/** A tensor that is itself defined keeps the value it is given. */
function statementsAfter(forward: readonly Statement[], wrt: Tensor): Statement[] {
  return forward.filter((s) => s.kind !== "gradient" && s.tensor !== wrt);
}
