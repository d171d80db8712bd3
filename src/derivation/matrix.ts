/**
 * Equations in matrix notation, where they are contractions, elementwise or sums of rows, of rank 2 at most. What is
 * recognised is the shape of an equation, never a name; null where index notation has to stay.
 */
import { precedence } from "../ir/atoms.ts";
import type { Line } from "./derivation.ts";
import type { Formula, Ref } from "./formula.ts";
import { infix } from "./translate.ts";

export interface MatrixOptions {
  /** Tensors whose first dimension counts examples, where examples are columns: they are written transposed. */
  readonly flipped: ReadonlySet<Ref>;
  /** The extents of every tensor, as written. */
  readonly shapes: ReadonlyMap<Ref, readonly string[]>;
}

const juxtaposed = (a: Formula, b: Formula): Formula => infix("", precedence.prefix, a, b);
const elementwise = (a: Formula, b: Formula): Formula => infix("⊙", precedence.mul, a, b);
type Read = Extract<Formula, { kind: "read" }>;

/** The index over a dimension of one place: no name of a source has a space. */
const only = "the only";
const ones: Formula = { kind: "name", name: "1" };

/** The line in matrix notation: its tensors without subscripts. */
export function matrixLine(line: Line, options: MatrixOptions): Line | null {
  if (line.where.length > 0 || line.ranges.length > 0 || line.parts.length > 0 || line.left.kind !== "read")
    return null;
  const target = placesOf(line.left, options);
  if (target === null || target.length > 2) return null;
  const right = new Matrices(target, options).whole(line.right);
  return right ? { ...line, left: { kind: "read", ref: line.left.ref, subscripts: [] }, right } : null;
}

/** The plain, distinct indices of a read in the order in which it is written; null where there are others. */
function placesOf(f: Read, { flipped }: MatrixOptions): string[] | null {
  const places: string[] = [];
  for (const s of f.subscripts) {
    if (s.kind !== "name" || places.includes(s.name)) return null;
    places.push(s.name);
  }
  return flipped.has(f.ref) && places.length === 2 ? places.reverse() : places;
}

class Matrices {
  private readonly target: readonly string[];
  private readonly options: MatrixOptions;

  constructor(target: readonly string[], options: MatrixOptions) {
    this.target = target;
    this.options = options;
  }

  /** A formula that has a value in every cell of the target. */
  whole(f: Formula): Formula | null {
    switch (f.kind) {
      case "number":
        return f;
      case "name":
        // An index is no matrix; a dimension is a number.
        return this.target.includes(f.name) ? null : f;
      case "read":
        return this.read(f);
      case "prefix": {
        const operand = this.whole(f.operand);
        return operand && { ...f, operand };
      }
      case "infix":
        return f.operator === "·" ? this.product(f.operands) : this.operands(f);
      case "call": {
        const operands = f.operands.map((o) => this.whole(o));
        return operands.includes(null) ? null : { ...f, operands: operands as Formula[] };
      }
      case "bracket": {
        const condition = this.whole(f.condition);
        return condition && { ...f, condition };
      }
      case "reduce":
        return f.reducer === "sum" && f.where.length === 0 ? this.sum(f.indices, f.body) : null;
      default:
        return null;
    }
  }

  private operands(f: Extract<Formula, { kind: "infix" }>): Formula | null {
    const operands = f.operands.map((o) => this.whole(o));
    return operands.includes(null) ? null : { ...f, operands: operands as Formula[] };
  }

  /** A whole tensor, or one that is spread over the missing dimension: b of [j] in [i, j] is 1 bᵀ. */
  private read(f: Read): Formula | null {
    const places = placesOf(f, this.options);
    if (places === null) return null;
    const tensor: Formula = { kind: "read", ref: f.ref, subscripts: [] };
    const [row, column] = this.target;
    if (places.join() === this.target.join() || places.length === 0) return tensor;
    if (places.length === 2) return places[0] === column && places[1] === row ? transposed(tensor) : null;
    if (this.target.length !== 2) return null;
    if (places[0] === column) return juxtaposed(ones, transposed(tensor));
    return places[0] === row ? juxtaposed(tensor, transposed(ones)) : null;
  }

  private product(operands: readonly Formula[]): Formula | null {
    const [a, b] = operands;
    if (operands.length !== 2 || !a || !b) return null;
    const outer = this.overOne(a, b) ?? this.outer(a, b) ?? this.outer(b, a);
    if (outer) return outer;
    const [x, y] = [this.whole(a), this.whole(b)];
    if (!x || !y) return null;
    return this.isScalar(a) || this.isScalar(b) || this.target.length === 0
      ? infix("·", precedence.mul, x, y)
      : elementwise(x, y);
  }

  /** A sum over a dimension of one place was written out: a[i, 0]·b[0, j] is a product of matrices still. */
  private overOne(a: Formula, b: Formula): Formula | null {
    if (a.kind !== "read" || b.kind !== "read") return null;
    const [x, y] = [this.withIndex(a), this.withIndex(b)];
    if (x === a || y === b) return null;
    return this.contraction(x, y, only) ?? this.contraction(y, x, only);
  }

  /** The place 0 of a dimension of one place as an index. */
  private withIndex(f: Read): Read {
    const shape = this.options.shapes.get(f.ref);
    const isOnly = (s: Formula, d: number): boolean =>
      s.kind === "number" && s.value === 0 && shape?.[d] === "1";
    if (!f.subscripts.some(isOnly)) return f;
    return {
      ...f,
      subscripts: f.subscripts.map((s, d) => (isOnly(s, d) ? { kind: "name", name: only } : s)),
    };
  }

  /** a[i]·b[j] in [i, j] is a bᵀ. */
  private outer(a: Formula, b: Formula): Formula | null {
    const [row, column] = this.target;
    if (this.target.length !== 2 || a.kind !== "read" || b.kind !== "read") return null;
    const [p, q] = [placesOf(a, this.options), placesOf(b, this.options)];
    if (p?.length !== 1 || q?.length !== 1 || p[0] !== row || q[0] !== column) return null;
    return juxtaposed({ ...a, subscripts: [] }, transposed({ ...b, subscripts: [] }));
  }

  private isScalar(f: Formula): boolean {
    switch (f.kind) {
      case "number":
        return true;
      case "name":
        return !this.target.includes(f.name);
      case "read":
        return f.subscripts.length === 0;
      case "prefix":
        return this.isScalar(f.operand);
      case "infix":
      case "call":
        return f.operands.every((o) => this.isScalar(o));
      default:
        return false;
    }
  }

  /** Σ over one index of one tensor (a sum of rows) or of two (a product of matrices). */
  private sum(indices: readonly string[], body: Formula): Formula | null {
    const [over, ...more] = indices;
    if (over === undefined || more.length > 0) return null;
    if (body.kind === "read") return this.rowSum(body, over);
    if (body.kind !== "infix" || body.operator !== "·" || body.operands.length !== 2) return null;
    const [a, b] = body.operands;
    if (a?.kind !== "read" || b?.kind !== "read") return null;
    return this.contraction(a, b, over) ?? this.contraction(b, a, over);
  }

  private rowSum(f: Read, over: string): Formula | null {
    const places = placesOf(f, this.options);
    const tensor: Formula = { kind: "read", ref: f.ref, subscripts: [] };
    if (!places?.includes(over) || places.filter((p) => p !== over).join() !== this.target.join())
      return null;
    return places[0] === over ? juxtaposed(transposed(tensor), ones) : juxtaposed(tensor, ones);
  }

  private contraction(a: Read, b: Read, over: string): Formula | null {
    const [p, q] = [placesOf(a, this.options), placesOf(b, this.options)];
    if (!p?.includes(over) || !q?.includes(over)) return null;
    const left = p.filter((x) => x !== over);
    const right = q.filter((x) => x !== over);
    if ([...left, ...right].join() !== this.target.join()) return null;
    // A vector on the left of a matrix: its product with the transposed matrix is the same vector.
    if (left.length === 0 && right.length === 1) return null;
    const first: Formula = { kind: "read", ref: a.ref, subscripts: [] };
    const second: Formula = { kind: "read", ref: b.ref, subscripts: [] };
    return juxtaposed(
      p[0] === over ? transposed(first) : first,
      q.length === 2 && q[1] === over ? transposed(second) : second,
    );
  }
}

const transposed = (operand: Formula): Formula => ({ kind: "transposed", operand });
