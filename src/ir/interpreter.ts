/**
 * The meaning of the language: statements evaluated straight from their definition, in 64-bit floats. Every pass and
 * every target is tested against it, so it prefers what is plain to what is fast.
 */
import { rangeOf } from "./affine.ts";
import type { NumericArray, Scope, Thunk } from "./interpreter-expressions.ts";
import { evaluateAffine, ExpressionCompiler, extentsOf, tensorSize } from "./interpreter-expressions.ts";
import type { Reducing as Step } from "./interpreter-source.ts";
import { equationFunction } from "./interpreter-source.ts";
import { identities } from "./kernel.ts";
import type { Dim, Equation, Expr, Graph, Index, Reduce, Reducer, Role, Statement, Tensor } from "./types.ts";

export type { NumericArray } from "./interpreter-expressions.ts";
export { evaluateAffine, extentsOf, tensorSize } from "./interpreter-expressions.ts";

/** What statements read and write. `count`, where present, counts evaluated bodies: the cost of a graph. */
export interface Environment {
  readonly dims: Map<Dim, number>;
  readonly values: Map<Tensor, NumericArray>;
  readonly count?: { bodies: number };
  /** 32-bit floats instead: where values are stored, or of every operation as well. */
  readonly single?: "stores" | "operations";
  /** Asked after every statement: true ends the evaluation. */
  readonly stop?: (statement: Statement) => boolean;
}

/** Whether statements may store into a tensor of this role, and whether its cells outlive a graph. */
const storage: Readonly<Record<Role, "given" | "persistent" | "computed">> = {
  input: "given",
  hyper: "given",
  builtin: "given",
  parameter: "persistent",
  state: "persistent",
  definition: "computed",
  adjoint: "computed",
};

/**
 * Evaluates statements in order. What they define is allocated, with zeros, before its first part; parameters and
 * states are updated in place (and allocated where they are absent, so that `initialise` can be interpreted).
 */
export function interpret(graph: Graph | readonly Statement[], environment: Environment): void {
  const statements = "statements" in graph ? graph.statements : graph;
  for (const [tensor, values] of environment.values) checkSize(tensor, values, environment.dims);
  const written = new Set<Tensor>();
  for (const statement of statements) {
    open(statement.kind === "gradient" ? null : statement.tensor, environment, written);
    run(statement, environment);
    if (environment.stop?.(statement)) return;
  }
}

function run(statement: Statement, environment: Environment): void {
  switch (statement.kind) {
    case "equation":
      return runEquation(statement, environment);
    case "reshape":
    case "override": {
      const source = environment.values.get(statement.source);
      const target = environment.values.get(statement.tensor)!;
      if (!source) throw new Error(`\`${statement.source.name}\` is read before it is written`);
      if (source.length !== target.length) {
        throw new Error(
          `\`${statement.tensor.name}\` has ${target.length} values, its source ${source.length}`,
        );
      }
      target.set(source);
      return;
    }
    case "gradient":
      throw new Error(`the gradient of \`${statement.of.name}\` must be expanded before it is evaluated`);
  }
}

function open(tensor: Tensor | null, environment: Environment, written: Set<Tensor>): void {
  if (tensor === null || written.has(tensor)) return;
  const kind = storage[tensor.role];
  if (kind === "given") throw new Error(`\`${tensor.name}\` is given, but a statement writes it`);
  written.add(tensor);
  if (kind === "persistent" && environment.values.has(tensor)) return;
  environment.values.set(tensor, new Float64Array(tensorSize(tensor, environment.dims)));
}

function checkSize(tensor: Tensor, values: NumericArray, dims: ReadonlyMap<Dim, number>): void {
  const size = tensorSize(tensor, dims);
  if (values.length === size) return;
  throw new Error(
    `\`${tensor.name}\` is [${extentsOf(tensor, dims).join(", ")}], but has ${values.length} values`,
  );
}

/** From so many turns on, loops are worth a function of their own. */
const longLoops = 2000;

function runEquation(equation: Equation, environment: Environment): void {
  if (!isLong(equation, environment) || !runAsFunction(equation, environment))
    runClosures(equation, environment);
}

function isLong({ indices, reduced }: Equation, { dims, count, single }: Environment): boolean {
  if (count || single !== undefined) return false;
  return [...indices, ...reduced].reduce((n, i) => n * evaluateAffine(i.extent, dims), 1) >= longLoops;
}

/** false where it can't be, or where a subscript is out of range: closures then name it. */
function runAsFunction(equation: Equation, { dims, values }: Environment): boolean {
  const { reducer, reduced } = equation;
  const reducing = reducer === null ? null : reducers[reducer];
  if (reducing?.position || (reducer === null && reduced.length > 0)) return false;
  return equationFunction(equation, dims, reducing)?.(values) ?? false;
}

function runClosures(equation: Equation, environment: Environment): void {
  const { tensor, indices, reduced, reducer, accumulate } = equation;
  const { dims, count, single } = environment;
  const values = environment.values.get(tensor)!;
  const roots = [...equation.target, ...equation.where, equation.body];
  const isSingle = single === "operations";
  const scope: Scope = { dims, values: environment.values, reduce: innerReduction(dims, isSingle), isSingle };
  const stored = single !== undefined && tensor.type === "f32" ? Math.fround : (value: number) => value;
  const compiler = new ExpressionCompiler(scope, roots);
  const holds = conjunction(equation.where, compiler);
  const body = compiler.compile(equation.body);
  const find = compiler.placeOrNone(tensor, equation.target);
  const place = compiler.place(tensor, equation.target);
  const store = (at: number, value: number): void => {
    values[at] = stored(accumulate ? values[at]! + value : value);
  };

  if (reducer === null) {
    if (reduced.length > 0) throw new Error(`the equation of \`${tensor.name}\` reduces without a reducer`);
    loopNest(indices, dims, compiler, () => {
      compiler.begin();
      if (!holds()) return;
      if (count) count.bodies++;
      const value = body();
      store(place(), value);
    })();
    return;
  }
  const reduction = new Reduction(reducer, reduced, compiler, isSingle);
  const reduce = loopNest(reduced, dims, compiler, () => {
    compiler.begin();
    if (!holds()) return;
    if (count) count.bodies++;
    reduction.take(body());
  });
  loopNest(indices, dims, compiler, () => {
    reduction.start();
    reduce();
    compiler.begin();
    // Nothing to add is no reason to look at the place.
    const at = accumulate && reduction.isEmpty ? find() : place();
    if (at >= 0) store(at, reduction.value);
  })();
}

/** Calls `visit` for every value of the indices, the last one fastest. */
function loopNest(
  indices: readonly Index[],
  dims: ReadonlyMap<Dim, number>,
  compiler: ExpressionCompiler,
  visit: () => void,
): () => void {
  const { positions } = compiler.frame;
  return indices.reduceRight<() => void>((inside, index) => {
    const slot = compiler.slot(index);
    const extent = evaluateAffine(index.extent, dims);
    return () => {
      for (let i = 0; i < extent; i++) {
        positions[slot] = i;
        inside();
      }
    };
  }, visit);
}

/** Evaluated from the left, up to the first that is false: a condition may protect the reads of those behind it. */
function conjunction(where: readonly Expr[], compiler: ExpressionCompiler): () => boolean {
  const conditions = where.map((w) => compiler.compile(w));
  return () => conditions.every((c) => c() !== 0);
}

function innerReduction(dims: ReadonlyMap<Dim, number>, isSingle: boolean): Scope["reduce"] {
  return (node: Reduce, compiler): Thunk => {
    const holds = conjunction(node.where, compiler);
    const body = compiler.compile(node.body);
    const reduction = new Reduction(node.reducer, node.indices, compiler, isSingle);
    const reduce = loopNest(node.indices, dims, compiler, () => {
      compiler.beginInner();
      if (holds()) reduction.take(body());
    });
    return () => {
      reduction.start();
      reduce();
      compiler.beginInner();
      return reduction.value;
    };
  };
}

/** Whether a value displaces the best one so far: the first of equals stays, and the first NaN wins. */
const displaces =
  (better: (a: number, b: number) => boolean) =>
  (value: number, best: number): boolean =>
    better(value, best) || (Number.isNaN(value) && !Number.isNaN(best));
const larger = displaces((a, b) => a > b);
const smaller = displaces((a, b) => a < b);

interface Reducing extends Step {
  /** Of a reducer whose value is a position: whether this value's position is the new one. */
  readonly position?: (value: number, best: number) => boolean;
}

const best = (start: number, wins: (value: number, best: number) => boolean): Reducing => ({
  start,
  next: (value, current) => (wins(value, current) ? value : current),
});

const reducers: Readonly<Record<Reducer, Reducing>> = {
  sum: { start: identities.sum, next: (value, sum) => sum + value },
  prod: { start: identities.prod, next: (value, product) => product * value },
  max: best(identities.max, larger),
  min: best(identities.min, smaller),
  argmax: { ...best(identities.max, larger), position: larger },
  argmin: { ...best(identities.min, smaller), position: smaller },
};

/**
 * One reduction in progress. The position of argmax and argmin is row-major over the largest extents of the reduced
 * indices, so that it is affine in them whatever the actual extents are; over nothing it is 0.
 */
class Reduction {
  isEmpty = true;
  private readonly row: Reducing;
  private readonly slots: readonly number[];
  private readonly extents: readonly number[];
  private readonly positions: readonly number[];
  private accumulator = 0;
  private position = 0;

  constructor(
    reducer: Reducer,
    indices: readonly Index[],
    compiler: ExpressionCompiler,
    private readonly isSingle: boolean,
  ) {
    this.row = reducers[reducer];
    this.slots = indices.map((i) => compiler.slot(i));
    this.extents = indices.map((i) => rangeOf(i.extent).high);
    this.positions = compiler.frame.positions;
    this.start();
  }

  start(): void {
    this.accumulator = this.row.start;
    this.position = 0;
    this.isEmpty = true;
  }

  take(value: number): void {
    this.isEmpty = false;
    if (this.row.position?.(value, this.accumulator)) {
      this.position = this.slots.reduce((p, slot, d) => p * this.extents[d]! + this.positions[slot]!, 0);
    }
    const next = this.row.next(value, this.accumulator);
    this.accumulator = this.isSingle ? Math.fround(next) : next;
  }

  get value(): number {
    return this.row.position ? this.position : this.accumulator;
  }
}
