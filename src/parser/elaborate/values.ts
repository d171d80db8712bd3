import type { Builder } from "../../ir/builder.ts";
import type { Affine, Expr, Index, ScalarType, Tensor } from "../../ir/types.ts";
import type { LayerDeclaration } from "../syntax.ts";
import type { FileScope } from "./scope.ts";

/**
 * A tensor as a function of its subscripts: "the value at index i". Nothing is computed until a definition asks for
 * its cells. Scalars have an empty shape; compile-time sizes are scalars whose expression is closed.
 */
export interface ArrayValue {
  readonly kind: "array";
  readonly type: ScalarType;
  readonly shape: readonly Affine[];
  /** `random()` fits any shape: it is drawn once for every element of whatever it is broadcast to. */
  readonly flexible?: true;
  /** `shape` is the shape that the subscripts range over; only flexible values look at it. */
  readonly at: (subscripts: readonly Affine[], shape: readonly Affine[]) => Expr;
  /** Set where the value is exactly this tensor. */
  readonly tensor?: Tensor;
  /** What the reader would call the indices of this value, by dimension. */
  readonly names?: readonly (string | undefined)[];
}

/** A layer with its sizes: it owns parameters, made at the first call and shared by all. */
export interface InstanceValue {
  readonly kind: "instance";
  readonly layer: LayerDeclaration;
  readonly home: FileScope;
  readonly sizes: ReadonlyMap<string, Value>;
  readonly path: string;
  /** Parameters and states by name, once a call has made them. */
  readonly owned: Map<string, Tensor>;
}

export type Value = ArrayValue | InstanceValue;

export function scalar(expr: Expr): ArrayValue {
  return { kind: "array", type: expr.type, shape: [], at: () => expr };
}

export function ofTensor(b: Builder, tensor: Tensor, names?: readonly (string | undefined)[]): ArrayValue {
  return {
    kind: "array",
    type: tensor.type,
    shape: tensor.shape,
    at: (subscripts) => b.read(tensor, subscripts),
    tensor,
    ...(names ? { names } : {}),
  };
}

export function isScalar(v: ArrayValue): boolean {
  return v.shape.length === 0;
}

/** The expression of a scalar. */
export function scalarExpr(v: ArrayValue): Expr {
  return v.at([], []);
}

/** The same value with every element passed through `f`. */
export function mapElements(v: ArrayValue, type: ScalarType, f: (e: Expr) => Expr): ArrayValue {
  const { tensor: _, ...rest } = v;
  if (isScalar(v) && !v.flexible) {
    const expr = f(scalarExpr(v));
    return { ...rest, type, at: () => expr };
  }
  return { ...rest, type, at: (subscripts, shape) => f(v.at(subscripts, shape)) };
}

/** Converts to f32 or i32 where that is implicit; an integer `select` becomes a `select` of numbers. */
export function castValue(b: Builder, v: ArrayValue, type: "f32" | "i32"): ArrayValue {
  return v.type === type ? v : mapElements(v, type, (e) => castExpr(b, e, type));
}

function castExpr(b: Builder, e: Expr, type: "f32" | "i32"): Expr {
  if (type === "f32" && e.kind === "affine" && e.constant === 0 && e.terms.length === 1) {
    const { factor, atom } = e.terms[0]!;
    if (
      factor === 1 &&
      atom.kind === "opaque" &&
      atom.value.kind === "apply" &&
      atom.value.atom === "select"
    ) {
      const [condition, chosen, otherwise] = atom.value.args as [Expr, Expr, Expr];
      return b.select(condition, castExpr(b, chosen, type), castExpr(b, otherwise, type));
    }
  }
  return b.cast(e, type);
}

/** A closed integer expression, mentioning dimensions at most: what an extent may be. */
function isClosed(e: Affine): boolean {
  return e.terms.every(({ atom }) => {
    if (atom.kind === "dim") return true;
    if (atom.kind === "floor" || atom.kind === "modulo") return isClosed(atom.value);
    if (atom.kind === "opaque" && atom.value.kind === "apply") {
      return atom.value.args.every((a) => a.kind === "affine" && isClosed(a));
    }
    return false;
  });
}

/** The compile-time integer that a value is, if it is one. */
export function sizeOf(v: Value): Affine | undefined {
  if (v.kind !== "array" || v.type !== "i32" || !isScalar(v) || v.flexible) return undefined;
  const e = scalarExpr(v);
  return e.kind === "affine" && isClosed(e) ? e : undefined;
}

/** The compile-time truth value that a value is, if it is one. */
export function truthOf(v: Value): boolean | undefined {
  if (v.kind !== "array" || v.type !== "bool" || !isScalar(v) || v.flexible) return undefined;
  const e = scalarExpr(v);
  return e.kind === "constant" ? e.value === 1 : undefined;
}

/** Whether a scalar is known at compile time: a number, an integer of dimensions, a truth value. */
export function isConstant(v: Value): boolean {
  if (v.kind !== "array" || !isScalar(v) || v.flexible) return false;
  const e = scalarExpr(v);
  return e.kind === "constant" || (e.kind === "affine" && isClosed(e));
}

/** How a shape is written: `[batch, 64]`. */
export function printShape(shape: readonly Affine[]): string {
  return `[${shape.map(printExtent).join(", ")}]`;
}

export function printExtent(e: Affine): string {
  const parts = e.terms.map(({ factor, atom }) => {
    const text = printExtentAtom(atom);
    return factor === 1 ? text : factor === -1 ? `-${text}` : `${factor}*${text}`;
  });
  if (e.constant !== 0 || parts.length === 0) parts.push(String(e.constant));
  return parts.join(" + ").replaceAll("+ -", "- ");
}

function printExtentAtom(atom: Affine["terms"][number]["atom"]): string {
  switch (atom.kind) {
    case "index":
    case "dim":
      return atom.name;
    case "floor":
      return `(${printExtent(atom.value)}) div ${atom.divisor}`;
    case "modulo":
      return `(${printExtent(atom.value)}) mod ${atom.divisor}`;
    case "opaque": {
      if (atom.value.kind === "read") return `${atom.value.tensor.name}[…]`;
      if (atom.value.kind !== "apply") return "…";
      const [left, right] = atom.value.args;
      const operator = atom.value.atom === "mul" ? "*" : atom.value.atom.replace("integer_", "");
      return left?.kind === "affine" && right?.kind === "affine"
        ? `(${printExtent(left)}) ${operator} (${printExtent(right)})`
        : "…";
    }
  }
}

/** Names for loop indices, distinct, from hints and dimensions: `b` for a batch, then i, j, k, … */
export function indexNames(shape: readonly Affine[], hints: readonly (string | undefined)[] = []): string[] {
  const used = new Set<string>(hints.filter((h) => h !== undefined));
  const taken = new Set<string>();
  return shape.map((extent, d) => {
    const atom = extent.constant === 0 && extent.terms.length === 1 ? extent.terms[0]!.atom : undefined;
    const initial = atom?.kind === "dim" ? [...atom.name][0]!.toLowerCase() : undefined;
    const candidates = [hints[d], initial, ..."ijklmnopqruvwxyzacdefghst"].filter((c) => c !== undefined);
    const name = candidates.find((c) => !taken.has(c) && (c === hints[d] || !used.has(c))) ?? `i${d}`;
    taken.add(name);
    return name;
  });
}

export function freshIndices(
  b: Builder,
  shape: readonly Affine[],
  hints?: readonly (string | undefined)[],
): Index[] {
  const names = indexNames(shape, hints);
  return shape.map((extent, d) => b.index(names[d]!, extent));
}
