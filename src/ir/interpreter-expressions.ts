import { atoms } from "./atoms.ts";
import { dependentOnInnerIndices, usesOf } from "./interpreter-dependence.ts";
import type { Affine, Dim, Expr, Index, IntegerAtom, Read, Reduce, Tensor } from "./types.ts";

/** The values of a tensor, row-major by actual extents; booleans are 0 and 1. */
export type NumericArray = Float64Array;

export type Thunk = () => number;

/** The current values of the loop indices: one slot an index. */
export interface Frame {
  readonly positions: number[];
  readonly slots: Map<Index, number>;
}

/** What the closures of one statement read. */
export interface Scope {
  readonly dims: ReadonlyMap<Dim, number>;
  readonly values: ReadonlyMap<Tensor, NumericArray>;
  /** Runs a reduction that stands inside a body. */
  readonly reduce: (node: Reduce, compile: ExpressionCompiler) => Thunk;
  /** Rounds every operation on floats to 32 bits. */
  readonly isSingle?: boolean;
}

/**
 * Turns the expressions of one statement into closures. A node that is used more than once is evaluated once per
 * round; `begin` starts a round. What depends on the indices of an inner reduction has rounds of its own.
 */
export class ExpressionCompiler {
  readonly frame: Frame = { positions: [], slots: new Map() };
  private readonly scope: Scope;
  private readonly thunks = new Map<Expr | IntegerAtom, Thunk>();
  private readonly uses: ReadonlyMap<Expr | IntegerAtom, number>;
  private readonly inner: Set<Expr | IntegerAtom>;
  private readonly round = { outer: 0, inner: 0 };

  constructor(scope: Scope, roots: readonly Expr[]) {
    this.scope = scope;
    this.uses = usesOf(roots);
    this.inner = dependentOnInnerIndices(roots);
  }

  /** Forgets what was evaluated for the previous values of the loop indices. */
  begin(): void {
    this.round.outer++;
    this.round.inner++;
  }

  /** The same, inside a reduction that stands in a body. */
  beginInner(): void {
    this.round.inner++;
  }

  slot(index: Index): number {
    const known = this.frame.slots.get(index);
    if (known !== undefined) return known;
    const slot = this.frame.positions.length;
    this.frame.slots.set(index, slot);
    this.frame.positions.push(NaN);
    return slot;
  }

  compile(node: Expr | IntegerAtom): Thunk {
    const known = this.thunks.get(node);
    if (known) return known;
    const thunk = this.remember(node, this.build(node));
    this.thunks.set(node, thunk);
    return thunk;
  }

  private remember(node: Expr | IntegerAtom, thunk: Thunk): Thunk {
    if (node.kind === "constant" || node.kind === "index" || node.kind === "dim") return thunk;
    if ((this.uses.get(node) ?? 0) < 2) return thunk;
    const round = this.round;
    const key = this.inner.has(node) ? "inner" : "outer";
    let at = -1;
    let value = 0;
    return () => {
      if (at !== round[key]) {
        value = thunk();
        at = round[key];
      }
      return value;
    };
  }

  private build(node: Expr | IntegerAtom): Thunk {
    switch (node.kind) {
      case "constant": {
        const { value } = node;
        return () => value;
      }
      case "affine":
        return this.affine(node);
      case "index": {
        const { positions } = this.frame;
        const slot = this.slot(node);
        return () => positions[slot]!;
      }
      case "dim": {
        const value = dimension(this.scope.dims, node);
        return () => value;
      }
      case "floor": {
        const value = this.compile(node.value);
        return () => Math.floor(value() / node.divisor);
      }
      case "modulo": {
        const value = this.compile(node.value);
        return () => {
          const v = value();
          return v - node.divisor * Math.floor(v / node.divisor);
        };
      }
      case "opaque":
        return this.compile(node.value);
      case "condition": {
        const form = this.compile(node.form);
        return node.relation === "zero" ? () => Number(form() === 0) : () => Number(form() >= 0);
      }
      case "apply": {
        const row = atoms[node.atom];
        const args = node.args.map((a) => this.compile(a));
        const value = applied(row.evaluate, row.lazy, args);
        // Integers have no −0.
        if (node.type === "i32") return () => value() + 0;
        return this.scope.isSingle && node.type === "f32" ? () => Math.fround(value()) : value;
      }
      case "read":
        return this.read(node);
      case "reduce":
        return this.scope.reduce(node, this);
      case "local":
        throw new Error(`the local \`${node.name}\` of a kernel stands in a graph`);
    }
  }

  private affine(form: Affine): Thunk {
    const { constant, terms } = form;
    const factors = terms.map((t) => t.factor);
    const values = terms.map((t) => this.compile(t.atom));
    const [v0, v1] = values;
    const [f0, f1] = factors;
    if (values.length === 0) return () => constant;
    if (values.length === 1) return f0 === 1 && constant === 0 ? v0! : () => constant + f0! * v0!();
    if (values.length === 2) return () => constant + f0! * v0!() + f1! * v1!();
    return () => {
      let sum = constant;
      for (let i = 0; i < values.length; i++) sum += factors[i]! * values[i]!();
      return sum;
    };
  }

  private read(read: Read): Thunk {
    const { tensor } = read;
    const values = this.scope.values.get(tensor);
    if (!values) {
      return () => {
        throw new Error(`\`${tensor.name}\` is read before it is written`);
      };
    }
    const place = this.place(tensor, read.subscripts);
    return () => values[place()]!;
  }

  /** The row-major position that subscripts lead to; it throws where one is out of range. */
  place(tensor: Tensor, subscripts: readonly Affine[]): Thunk {
    const find = this.placeOrNone(tensor, subscripts);
    const thunks = subscripts.map((s) => this.compile(s));
    return () => {
      const place = find();
      if (place < 0)
        throw outOfRange(
          tensor,
          thunks.map((t) => t()),
          this.scope.dims,
        );
      return place;
    };
  }

  /** The same, with −1 where a subscript is out of range. */
  placeOrNone(tensor: Tensor, subscripts: readonly Affine[]): Thunk {
    const extents = tensor.shape.map((e) => evaluateAffine(e, this.scope.dims));
    const thunks = subscripts.map((s) => this.compile(s));
    if (thunks.length !== extents.length) {
      throw new Error(`\`${tensor.name}\` has ${extents.length} dimensions, but ${thunks.length} subscripts`);
    }
    return () => {
      let place = 0;
      for (let d = 0; d < thunks.length; d++) {
        const v = thunks[d]!();
        const extent = extents[d]!;
        if (!(v >= 0 && v < extent)) return -1;
        place = place * extent + v;
      }
      return place;
    };
  }
}

function applied(
  evaluate: (...args: number[]) => number,
  lazy: ((...args: Thunk[]) => number) | undefined,
  args: Thunk[],
): Thunk {
  const [a, b] = args;
  if (lazy) return () => lazy(...args);
  if (args.length === 1) return () => evaluate(a!());
  if (args.length === 2) return () => evaluate(a!(), b!());
  return () => evaluate(...args.map((f) => f()));
}

function outOfRange(tensor: Tensor, subscripts: readonly number[], dims: ReadonlyMap<Dim, number>): Error {
  const extents = tensor.shape.map((e) => evaluateAffine(e, dims));
  return new Error(
    `${tensor.name}[${subscripts.join(", ")}] is out of range: its shape is [${extents.join(", ")}]`,
  );
}

function dimension(dims: ReadonlyMap<Dim, number>, dim: Dim): number {
  const value = dims.get(dim);
  if (value === undefined) throw new Error(`the dimension \`${dim.name}\` has no count`);
  return value;
}

const noIndices: ReadonlyMap<Index, number> = new Map();

/** The value of an integer for given dimensions and loop indices. It may not read a tensor. */
export function evaluateAffine(
  form: Affine,
  dims: ReadonlyMap<Dim, number>,
  indices: ReadonlyMap<Index, number> = noIndices,
): number {
  let sum = form.constant;
  for (const { factor, atom } of form.terms) {
    const value = valueOfAtom(atom, dims, indices);
    if (value === undefined) return evaluateCompiled(form, dims, indices);
    sum += factor * value;
  }
  return sum;
}

/** undefined where a value is more than an integer of dimensions and indices. */
function valueOfAtom(
  atom: IntegerAtom,
  dims: ReadonlyMap<Dim, number>,
  indices: ReadonlyMap<Index, number>,
): number | undefined {
  if (atom.kind === "dim") return dimension(dims, atom);
  return atom.kind === "index" ? indices.get(atom) : undefined;
}

function evaluateCompiled(
  form: Affine,
  dims: ReadonlyMap<Dim, number>,
  indices: ReadonlyMap<Index, number>,
): number {
  const scope: Scope = {
    dims,
    values: new Map(),
    reduce: () => {
      throw new Error("a reduction stands in an extent");
    },
  };
  const compiler = new ExpressionCompiler(scope, [form]);
  const value = compiler.compile(form);
  for (const [index, position] of indices) compiler.frame.positions[compiler.slot(index)] = position;
  compiler.begin();
  return value();
}

/** The actual extents of a tensor. */
export function extentsOf(tensor: Tensor, dims: ReadonlyMap<Dim, number>): number[] {
  return tensor.shape.map((e) => evaluateAffine(e, dims));
}

/** The number of values in a tensor. */
export function tensorSize(tensor: Tensor, dims: ReadonlyMap<Dim, number>): number {
  return extentsOf(tensor, dims).reduce((a, b) => a * b, 1);
}
