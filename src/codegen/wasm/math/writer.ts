/**
 * Writes one algorithm as WebAssembly text in two spellings: for one number, and for four at once. Every operation
 * rounds the same in both, so the two functions agree to the last bit.
 */
import { floatDigits, type Wat } from "../text.ts";
import {
  type Double,
  type Float,
  type Integer,
  type Kind,
  type Lanes,
  type Mask,
  type Real,
  scalarTypes,
  shapes,
  shuffled,
  type,
  type Value,
} from "./values.ts";

/** Operations on values; what is to be computed once goes to `statements`, in order. */
export class Writer {
  readonly statements: Wat[] = [];

  constructor(
    readonly lanes: Lanes,
    /** A new local of this type, by the name it should have. */
    readonly fresh: (name: string, type: string) => string,
  ) {}

  // Locals

  /** Computes a value once: a new local. */
  keep<K extends Kind>(name: string, value: Value<K>): Value<K> {
    const names = value.parts.map((_, i) =>
      this.fresh(i === 0 ? name : `${name}High`, type(value.kind, this.lanes)),
    );
    value.parts.forEach((part, i) => this.statements.push(["local.set", `$${names[i]}`, part]));
    return { kind: value.kind, parts: names.map((n) => ["local.get", `$${n}`]) };
  }

  /** c₀ + c₁x + c₂x² + …, by Horner's rule, in a local. */
  polynomial<K extends Real>(name: string, x: Value<K>, coefficients: readonly number[]): Value<K> {
    const constants = coefficients.map((c) => this.#constant(x.kind, c));
    const sum = this.keep(name, constants.at(-1)!);
    for (const constant of constants.slice(0, -1).reverse()) {
      const next = this.add(this.mul(sum, x), constant);
      next.parts.forEach((part, i) => this.statements.push(["local.set", sum.parts[i]![1]!, part]));
    }
    return sum;
  }

  /** The same as two polynomials in x², which a processor computes side by side, and as many operations. */
  polynomialBySquare<K extends Real>(
    name: string,
    x: Value<K>,
    square: Value<K>,
    coefficients: readonly number[],
  ): Value<K> {
    const even = coefficients.filter((_, i) => i % 2 === 0);
    const odd = coefficients.filter((_, i) => i % 2 === 1);
    const sums = [this.polynomial(`${name}Even`, square, even), this.polynomial(`${name}Odd`, square, odd)];
    return this.add(this.mul(sums[1]!, x), sums[0]!);
  }

  // Constants

  float(value: number): Float {
    return this.#constant("float", value);
  }

  double(value: number): Double {
    return this.#constant("double", value);
  }

  integer(value: number): Integer {
    return this.#constant("integer", value);
  }

  #constant<K extends Kind>(kind: K, value: number): Value<K> {
    const digits = kind === "float" ? floatDigits(value) : `${value}`;
    if (this.lanes === 1) return { kind, parts: [[`${scalarTypes[kind]}.const`, digits]] };
    const count = kind === "double" ? 2 : 4;
    const vector: Wat = ["v128.const", shapes[kind], ...Array<string>(count).fill(digits)];
    return { kind, parts: kind === "double" ? [vector, vector] : [vector] };
  }

  // Arithmetic

  add<K extends Real | "integer">(a: Value<K>, b: Value<K>): Value<K> {
    return this.#apply("add", a.kind, a, b);
  }

  sub<K extends Real | "integer">(a: Value<K>, b: Value<K>): Value<K> {
    return this.#apply("sub", a.kind, a, b);
  }

  mul<K extends Real | "integer">(a: Value<K>, b: Value<K>): Value<K> {
    return this.#apply("mul", a.kind, a, b);
  }

  div<K extends Real>(a: Value<K>, b: Value<K>): Value<K> {
    return this.#apply("div", a.kind, a, b);
  }

  /** |a|. Like `negativeAbs` and `withSign`, of vectors with one constant for all three. */
  abs(a: Float): Float {
    if (this.lanes === 1) return this.#apply("abs", "float", a);
    return { kind: "float", parts: [["v128.andnot", a.parts[0]!, this.#sign()]] };
  }

  /** −|a| */
  negativeAbs(a: Float): Float {
    if (this.lanes === 1) return this.#apply("neg", "float", this.abs(a));
    return { kind: "float", parts: [["v128.or", a.parts[0]!, this.#sign()]] };
  }

  /** |a| with the sign of b, where a is not negative or has that sign already. */
  withSign(a: Float, b: Float): Float {
    if (this.lanes === 1) return this.#apply("copysign", "float", a, b);
    const sign: Wat = ["v128.and", b.parts[0]!, this.#sign()];
    return { kind: "float", parts: [["v128.or", a.parts[0]!, sign]] };
  }

  /** The bit of the sign. */
  #sign(): Wat {
    return this.float(-0).parts[0]!;
  }

  floor<K extends Real>(a: Value<K>): Value<K> {
    return this.#apply("floor", a.kind, a);
  }

  /** The larger of a and b, which is no NaN; NaN where a is. (The vector `max` takes many instructions, `pmax` one.) */
  larger<K extends Real>(a: Value<K>, b: Value<K>): Value<K> {
    return this.#apply(this.lanes === 1 ? "max" : "pmax", a.kind, a, b);
  }

  /** a, or the limit where a is below; NaN stays. */
  atLeast<K extends Real>(a: Value<K>, limit: number): Value<K> {
    return this.larger(a, this.#constant(a.kind, limit));
  }

  /** a, or the limit where a is above; NaN stays. */
  atMost<K extends Real>(a: Value<K>, limit: number): Value<K> {
    return this.#apply(this.lanes === 1 ? "min" : "pmin", a.kind, a, this.#constant(a.kind, limit));
  }

  #apply<K extends Kind>(operator: string, result: K, ...operands: readonly Value[]): Value<K> {
    const [{ kind, parts }] = operands as [Value];
    const shape = this.lanes === 1 ? scalarTypes[kind] : shapes[kind];
    return {
      kind: result,
      parts: parts.map((_, i) => [`${shape}.${operator}`, ...operands.map((o) => o.parts[i]!)]),
    };
  }

  // Bits

  /** Left, or right with the sign. */
  shift(direction: "left" | "right", a: Integer, count: number): Integer {
    return this.#shift(direction === "left" ? "shl" : "shr_s", a, count);
  }

  /** Right, with zeros. */
  shiftUnsigned(a: Integer, count: number): Integer {
    return this.#shift("shr_u", a, count);
  }

  #shift(operator: string, a: Integer, count: number): Integer {
    return this.#apply(operator, "integer", a, { kind: "integer", parts: [["i32.const", `${count}`]] });
  }

  rotateLeft(a: Integer, count: number): Integer {
    if (this.lanes === 1) return this.#apply("rotl", "integer", a, this.integer(count));
    return this.or(this.shift("left", a, count), this.shiftUnsigned(a, 32 - count));
  }

  and<K extends "integer" | "mask">(a: Value<K>, b: Value<K>): Value<K> {
    return this.#logical("and", a, b);
  }

  or<K extends "integer" | "mask">(a: Value<K>, b: Value<K>): Value<K> {
    return this.#logical("or", a, b);
  }

  xor<K extends "integer" | "mask">(a: Value<K>, b: Value<K>): Value<K> {
    return this.#logical("xor", a, b);
  }

  #logical<K extends "integer" | "mask">(operator: string, a: Value<K>, b: Value<K>): Value<K> {
    const shape = this.lanes === 1 ? "i32" : "v128";
    return { kind: a.kind, parts: [[`${shape}.${operator}`, a.parts[0]!, b.parts[0]!]] };
  }

  /** The bits of a float as an integer. */
  bits(a: Float): Integer {
    return { kind: "integer", parts: this.lanes === 1 ? [["i32.reinterpret_f32", a.parts[0]!]] : a.parts };
  }

  /** The float with these bits. */
  fromBits(a: Integer): Float {
    return { kind: "float", parts: this.lanes === 1 ? [["f32.reinterpret_i32", a.parts[0]!]] : a.parts };
  }

  // Conditions

  less(a: Float | Integer, b: Float | Integer): Mask {
    return this.#apply(a.kind === "integer" ? "lt_s" : "lt", "mask", a, b);
  }

  equal(a: Float | Integer, b: Float | Integer): Mask {
    return this.#apply("eq", "mask", a, b);
  }

  different(a: Float | Integer, b: Float | Integer): Mask {
    return this.#apply("ne", "mask", a, b);
  }

  /** a where the condition holds, b elsewhere. */
  select<K extends "float" | "integer">(condition: Mask, a: Value<K>, b: Value<K>): Value<K> {
    const operator = this.lanes === 1 ? "select" : "v128.bitselect";
    return { kind: a.kind, parts: [[operator, a.parts[0]!, b.parts[0]!, condition.parts[0]!]] };
  }

  /** a where the condition holds, 0 elsewhere. */
  orZero<K extends "float" | "integer">(a: Value<K>, condition: Mask): Value<K> {
    if (this.lanes === 1) return this.select(condition, a, this.#constant(a.kind, 0));
    return { kind: a.kind, parts: [["v128.and", a.parts[0]!, condition.parts[0]!]] };
  }

  /** NaN where the condition holds, a elsewhere: the truth of a vector is all bits, and they say NaN. */
  orNaN(a: Float, condition: Mask): Float {
    if (this.lanes === 1) return this.select(condition, this.float(NaN), a);
    return { kind: "float", parts: [["v128.or", a.parts[0]!, condition.parts[0]!]] };
  }

  // Conversions

  floatOf(a: Integer): Float {
    return this.#apply(this.lanes === 1 ? "convert_i32_s" : "convert_i32x4_s", "float", {
      ...a,
      kind: "float",
    });
  }

  /** The same number with 64 bits. `a` must be a local or a parameter: it is read twice. */
  double64(a: Float | Integer): Double {
    const [part] = a.parts as [Wat];
    const isFloat = a.kind === "float";
    if (this.lanes === 1) {
      return { kind: "double", parts: [[isFloat ? "f64.promote_f32" : "f64.convert_i32_s", part]] };
    }
    const operator = isFloat ? "f64x2.promote_low_f32x4" : "f64x2.convert_low_i32x4_s";
    return {
      kind: "double",
      parts: [
        [operator, part],
        [operator, shuffled([2, 3, 2, 3], part, part)],
      ],
    };
  }

  /** The nearest 32-bit float. */
  float32(a: Double): Float {
    if (this.lanes === 1) return { kind: "float", parts: [["f32.demote_f64", a.parts[0]!]] };
    const [low, high] = a.parts.map((part): Wat => ["f32x4.demote_f64x2_zero", part]);
    return { kind: "float", parts: [shuffled([0, 1, 4, 5], low!, high!)] };
  }

  /** Towards 0, and the nearest integer there is beyond the ends. */
  truncated(a: Double): Integer {
    if (this.lanes === 1) return { kind: "integer", parts: [["i32.trunc_sat_f64_s", a.parts[0]!]] };
    const [low, high] = a.parts.map((part): Wat => ["i32x4.trunc_sat_f64x2_s_zero", part]);
    return { kind: "integer", parts: [shuffled([0, 1, 4, 5], low!, high!)] };
  }

  /** The lower 32 bits of a double. */
  lowBits(a: Double): Integer {
    if (this.lanes === 1) {
      return { kind: "integer", parts: [["i32.wrap_i64", ["i64.reinterpret_f64", a.parts[0]!]]] };
    }
    return { kind: "integer", parts: [shuffled([0, 2, 4, 6], a.parts[0]!, a.parts[1]!)] };
  }

  /** The double with these upper 32 bits, the lower ones 0. `a` must be a local or a parameter. */
  fromHighBits(a: Integer): Double {
    const [part] = a.parts as [Wat];
    if (this.lanes === 1) {
      const wide: Wat = ["i64.shl", ["i64.extend_i32_u", part], ["i64.const", "32"]];
      return { kind: "double", parts: [["f64.reinterpret_i64", wide]] };
    }
    const [zero] = this.integer(0).parts as [Wat];
    return {
      kind: "double",
      parts: [shuffled([4, 0, 5, 1], part, zero), shuffled([4, 2, 5, 3], part, zero)],
    };
  }
}
