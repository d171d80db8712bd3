/**
 * What statements cost, read off their equations: nothing is run. An equation evaluates its body once for every value
 * of its loops where its conditions hold. Counted are operations on floats (arithmetic, comparisons, selections and
 * functions, each as one), each that stands in a body once, whichever branch is taken; the step of a reduction is one
 * more, and so is adding to what is stored. Arithmetic of subscripts, reads and stores are not counted.
 */
import { atoms } from "./atoms.ts";
import { evaluateAffine, ExpressionCompiler } from "./interpreter-expressions.ts";
import { freeIndices, visit } from "./rewrite.ts";
import type { AtomName } from "./atoms.ts";
import type { Apply, Dim, Equation, Expr, Index, Statement } from "./types.ts";

export interface Cost {
  /** Every operation is one. */
  readonly operations: number;
  /** The same in additions, as the atom table weighs them: an exponential is more than a sum. */
  readonly additions: number;
}

/** The cost of statements, for given counts of the dynamic dimensions; without them, for the largest. */
export function costOf(statements: Iterable<Statement>, dims: ReadonlyMap<Dim, number> = new Map()): Cost {
  let [operations, additions] = [0, 0];
  for (const s of statements) {
    if (s.kind !== "equation") continue;
    const counts = allDims(s, dims);
    const bodies = iterations(s, counts);
    const body = costOfBody(s.body);
    const steps = s.reducer === null ? 0 : bodies;
    const stores = !s.accumulate ? 0 : s.reducer === null ? bodies : values(s.indices, counts);
    operations += bodies * body.operations + steps + stores;
    additions += bodies * body.additions + steps + stores;
  }
  return { operations, additions };
}

/**
 * How often the body of an equation is evaluated. It is exact, unless a condition depends on data: such a condition
 * counts as one that holds.
 */
export function iterations(e: Equation, dims: ReadonlyMap<Dim, number> = new Map()): number {
  const counts = allDims(e, dims);
  const loops = new Set([...e.indices, ...e.reduced]);
  const groups = connected(e.where.filter((w) => !readsData(w)));
  const bound = new Set(groups.flatMap((g) => [...g.indices]));
  const free = [...loops].filter((i) => !bound.has(i));
  return groups.reduce((product, g) => product * satisfying(g, counts), values(free, counts));
}

/** What weighs as much as this many additions, or more, is a function such as exp: reports count it by name. */
const costOfFunctions = 10;

/**
 * What one evaluation of an application counts as, in a report: operations on floats (arithmetic, square roots,
 * comparisons and selections, each as one; squares and cubes are products), or one function. Integers, truth values
 * and conversions count as nothing.
 */
export function operationOf(node: Apply): { readonly operations: number; readonly called?: AtomName } {
  const row = atoms[node.atom];
  if (!isOnFloats(node) || row.cost === 0) return { operations: 0 };
  const [, exponent] = node.args;
  const isPower = row.javascript.form === "power" && exponent?.kind === "constant";
  if (isPower && (exponent.value === 2 || exponent.value === 3)) return { operations: exponent.value - 1 };
  return row.cost >= costOfFunctions ? { operations: 0, called: node.atom } : { operations: 1 };
}

const isOnFloats = (node: Apply): boolean => node.type === "f32" || node.args.some((a) => a.type === "f32");

function costOfBody(body: Expr): Cost {
  let [operations, additions] = [0, 0];
  visit([body], (node) => {
    if (node.kind !== "apply") return;
    const { cost } = atoms[node.atom];
    if (!isOnFloats(node) || cost === 0) return;
    operations += 1;
    additions += cost;
  });
  return { operations, additions };
}

/** The number of values that loops take together. */
const values = (loops: readonly Index[], dims: ReadonlyMap<Dim, number>): number =>
  loops.reduce((product, i) => product * evaluateAffine(i.extent, dims), 1);

/** Conditions that share an index, with all indices that they mention. */
interface Group {
  readonly conditions: readonly Expr[];
  readonly indices: ReadonlySet<Index>;
}

function connected(conditions: readonly Expr[]): Group[] {
  return conditions.reduce<Group[]>((groups, condition) => {
    const indices = freeIndices(condition);
    const joined = groups.filter((g) => [...g.indices].some((i) => indices.has(i)));
    const others = groups.filter((g) => !joined.includes(g));
    return [
      ...others,
      {
        conditions: [...joined.flatMap((g) => g.conditions), condition],
        indices: new Set([...joined.flatMap((g) => [...g.indices]), ...indices]),
      },
    ];
  }, []);
}

/** For how many values of its indices all conditions of a group hold. */
function satisfying({ conditions, indices }: Group, dims: ReadonlyMap<Dim, number>): number {
  const noReduction = (): never => {
    throw new Error("a reduction stands in a condition");
  };
  const compiler = new ExpressionCompiler({ dims, values: new Map(), reduce: noReduction }, conditions);
  const tests = conditions.map((c) => compiler.compile(c));
  const loops = [...indices].map((i) => ({ slot: compiler.slot(i), extent: evaluateAffine(i.extent, dims) }));
  const count = (depth: number): number => {
    const loop = loops[depth];
    if (!loop) {
      compiler.begin();
      return tests.every((holds) => holds() !== 0) ? 1 : 0;
    }
    let found = 0;
    for (let i = 0; i < loop.extent; i++) {
      compiler.frame.positions[loop.slot] = i;
      found += count(depth + 1);
    }
    return found;
  };
  return count(0);
}

function readsData(condition: Expr): boolean {
  let found = false;
  visit([condition], (node) => {
    if (node.kind === "read" || node.kind === "reduce") found = true;
  });
  return found;
}

/** The given counts, and the largest count of every other dimension that an equation mentions. */
function allDims(e: Equation, dims: ReadonlyMap<Dim, number>): Map<Dim, number> {
  const counts = new Map(dims);
  const extents = [...e.indices, ...e.reduced].map((i) => i.extent);
  visit(
    [...extents, ...e.where],
    () => undefined,
    (atom) => {
      if (atom.kind === "dim" && !counts.has(atom)) counts.set(atom, atom.maximum);
    },
  );
  return counts;
}
