import type { AtomName } from "./atom.ts";
import { atoms } from "./atoms.ts";
import { greatestCommonDivisor } from "./affine.ts";
import { IntegerBuilder } from "./integer-builder.ts";
import type {
  Affine,
  Condition,
  Constant,
  Dim,
  Equation,
  Expr,
  Index,
  Local,
  Read,
  Reduce,
  Reducer,
  Reshape,
  ScalarType,
  Span,
  Tensor,
} from "./types.ts";

type Shape<T> = Omit<T, "id" | "kind">;

/**
 * Makes the nodes of one compilation. Expressions are interned: the same parts give the same object, so equality is
 * `===`. `apply` builds what was written; `add`, `mul`, … fold zeros, ones and constants on the way, which is what
 * derivatives need. Integer arithmetic always ends in affine normal form.
 */
export class Builder extends IntegerBuilder {
  // ------------------------------------------------------------------------------- things with identity, never interned

  dim(name: string, minimum: number, maximum: number, span: Span): Dim {
    return { kind: "dim", id: this.id(), name, minimum, maximum, varies: "create", span };
  }

  tensor(fields: Shape<Tensor>): Tensor {
    return { ...fields, kind: "tensor", id: this.id() };
  }

  equation(fields: Shape<Equation>): Equation {
    return { ...fields, kind: "equation", id: this.id() };
  }

  reshape(fields: Shape<Reshape>): Reshape {
    return { ...fields, kind: "reshape", id: this.id() };
  }

  local(name: string, type: ScalarType): Local {
    return { kind: "local", id: this.id(), name, type };
  }

  // -------------------------------------------------------------------------------------------------- scalar expressions

  number(value: number): Constant {
    return this.intern<Constant>(`c${Object.is(value, -0) ? "-0" : value}`, (id) => ({
      kind: "constant",
      id,
      type: "f32",
      value,
    }));
  }

  bool(value: boolean): Constant {
    return this.intern<Constant>(`b${value}`, (id) => ({
      kind: "constant",
      id,
      type: "bool",
      value: Number(value),
    }));
  }

  /** A read; of an int tensor it is an affine form of one opaque atom, like every integer. */
  read(tensor: Tensor, subscripts: readonly (Affine | Index)[]): Expr {
    const places = subscripts.map((s) => this.toAffine(s));
    const key = `r${tensor.id}[${places.map((s) => s.id).join()}]`;
    const read = this.intern<Read>(key, (id) => ({
      kind: "read",
      id,
      type: tensor.type,
      tensor,
      subscripts: places,
    }));
    return tensor.type === "i32" ? this.opaque(read) : read;
  }

  /**
   * An application as written. The types must fit the atom's row. Integer arithmetic becomes affine; constant
   * conditions and doubled negations of truth values are folded; nothing else is.
   */
  apply(atom: AtomName, args: readonly Expr[]): Expr {
    if (args.length > 0 && args.every((a): a is Affine => a.kind === "affine")) {
      const folded = this.integerApply(atom, args);
      if (folded) return folded;
    }
    const folded = this.logicalApply(atom, args);
    if (folded) return folded;
    const type = atoms[atom].type(args.map((a) => a.type));
    if (type === null) throw new Error(`${atom} of ${args.map((a) => a.type).join(", ")}`);
    const node = this.node(atom, args, type);
    return type === "i32" ? this.opaque(node) : node;
  }

  private integerApply(atom: AtomName, args: readonly Affine[]): Expr | undefined {
    const [a, b] = args as [Affine, Affine];
    if (atom === "add") return this.plus(a, b);
    if (atom === "sub") return this.minus(a, b);
    if (atom === "neg") return this.times(a, -1);
    if (atom === "mul") return this.times(a, b);
    if (atom === "integer_div") return this.floorDivide(a, b);
    if (atom === "integer_mod") return this.modulo(a, b);
    if (atom === "cast" && a.terms.length === 0) return this.number(a.constant);
    return undefined;
  }

  private logicalApply(atom: AtomName, args: readonly Expr[]): Expr | undefined {
    const [a, b, c] = args as [Expr, Expr, Expr];
    const truth = (e: Expr): boolean | undefined =>
      e.kind === "constant" && e.type === "bool" ? e.value === 1 : undefined;
    if (isComparison(atom) && a.kind === "constant" && b.kind === "constant")
      return this.bool(atoms[atom].evaluate(a.value, b.value) === 1);
    if (atom === "not") {
      if (truth(a) !== undefined) return this.bool(!truth(a));
      if (a.kind === "apply" && a.atom === "not") return a.args[0]!;
      // ¬(f ≥ 0) is −f − 1 ≥ 0, since f is an integer.
      if (a.kind === "condition" && a.relation === "nonnegative")
        return this.nonnegative(this.minus(-1, a.form));
    }
    if (atom === "and" || atom === "or") {
      const absorbing = atom === "or";
      if (truth(a) === absorbing || truth(b) === absorbing) return this.bool(absorbing);
      if (truth(a) !== undefined) return b;
      if (truth(b) !== undefined || a === b) return a;
    }
    if (atom === "select") {
      if (truth(a) !== undefined) return truth(a) ? b : c;
      if (b === c) return b;
    }
    return undefined;
  }

  /** form ≥ 0. */
  nonnegative(form: Affine): Expr {
    if (form.terms.length === 0) return this.bool(form.constant >= 0);
    const g = form.terms.reduce((d, t) => greatestCommonDivisor(d, t.factor), 0);
    const reduced = this.affine(
      Math.floor(form.constant / g),
      form.terms.map((t) => ({ factor: t.factor / g, atom: t.atom })),
    );
    return this.condition("nonnegative", reduced);
  }

  /** form = 0. */
  zero(form: Affine): Expr {
    if (form.terms.length === 0) return this.bool(form.constant === 0);
    const g = form.terms.reduce((d, t) => greatestCommonDivisor(d, t.factor), 0);
    if (form.constant % g !== 0) return this.bool(false);
    const sign = form.terms[0]!.factor > 0 ? g : -g;
    const reduced = this.affine(
      form.constant / sign,
      form.terms.map((t) => ({ factor: t.factor / sign, atom: t.atom })),
    );
    return this.condition("zero", reduced);
  }

  private condition(relation: Condition["relation"], form: Affine): Condition {
    return this.intern<Condition>(`${relation}${form.id}`, (id) => ({
      kind: "condition",
      id,
      type: "bool",
      relation,
      form,
    }));
  }

  /** Built by elaboration only; normal form hoists it. */
  reduce(reducer: Reducer, indices: readonly Index[], where: readonly Expr[], body: Expr): Expr {
    const type = reducer === "argmax" || reducer === "argmin" ? "i32" : body.type;
    const key = `${reducer}[${indices.map((i) => i.id).join()}|${where.map((w) => w.id).join()}]${body.id}`;
    const node = this.intern<Reduce>(key, (id) => ({
      kind: "reduce",
      id,
      type,
      reducer,
      indices,
      where,
      body,
    }));
    return type === "i32" ? this.opaque(node) : node;
  }

  // ---------------------------------------------------------------------------- arithmetic that folds what is obvious

  add(a: Expr, b: Expr): Expr {
    if (isNumber(a, 0)) return b;
    if (isNumber(b, 0)) return a;
    if (a.kind === "constant" && b.kind === "constant") return this.number(a.value + b.value);
    return this.apply("add", [a, b]);
  }

  sub(a: Expr, b: Expr): Expr {
    if (isNumber(b, 0)) return a;
    if (isNumber(a, 0)) return this.neg(b);
    if (a.kind === "constant" && b.kind === "constant") return this.number(a.value - b.value);
    return this.apply("sub", [a, b]);
  }

  mul(a: Expr, b: Expr): Expr {
    if (isNumber(a, 0) || isNumber(b, 1)) return a;
    if (isNumber(b, 0) || isNumber(a, 1)) return b;
    if (isNumber(a, -1)) return this.neg(b);
    if (isNumber(b, -1)) return this.neg(a);
    if (a.kind === "constant" && b.kind === "constant") return this.number(a.value * b.value);
    return this.apply("mul", [a, b]);
  }

  div(a: Expr, b: Expr): Expr {
    if (isNumber(a, 0) || isNumber(b, 1)) return a;
    if (a.kind === "constant" && b.kind === "constant") return this.number(a.value / b.value);
    return this.apply("div", [a, b]);
  }

  neg(a: Expr): Expr {
    if (a.kind === "constant") return this.number(-a.value);
    if (a.kind === "apply" && a.atom === "neg") return a.args[0]!;
    return this.apply("neg", [a]);
  }

  pow(a: Expr, b: Expr): Expr {
    if (isNumber(b, 0)) return this.number(1);
    if (isNumber(b, 1)) return a;
    return this.apply("pow", [a, b]);
  }

  select(condition: Expr, chosen: Expr, otherwise: Expr): Expr {
    return this.apply("select", [condition, chosen, otherwise]);
  }

  /** a < b, of numbers or of integers. */
  less(a: Expr, b: Expr): Expr {
    if (a.kind === "affine" && b.kind === "affine") return this.nonnegative(this.minus(this.minus(b, a), 1));
    return this.apply("lt", [a, b]);
  }

  /** a = b, of any one type. */
  equal(a: Expr, b: Expr): Expr {
    if (a.kind === "affine" && b.kind === "affine") return this.zero(this.minus(a, b));
    return this.apply("eq", [a, b]);
  }

  and(...conditions: Expr[]): Expr {
    return conditions.reduce((a, b) => this.apply("and", [a, b]), this.bool(true));
  }

  /** The number of a truth value or an integer; or the integer (0 or 1) of a truth value. */
  cast(a: Expr, type: "f32" | "i32"): Expr {
    if (a.type === type) return a;
    if (a.kind === "constant") return type === "f32" ? this.number(a.value) : this.integer(a.value);
    if (type === "f32") return this.apply("cast", [a]);
    return this.opaque(this.node("cast", [a], "i32"));
  }
}

function isComparison(atom: AtomName): boolean {
  return atom === "lt" || atom === "le" || atom === "eq";
}

export function isNumber(e: Expr, value: number): boolean {
  return e.kind === "constant" && e.type === "f32" && e.value === value;
}
