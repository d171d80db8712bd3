/** Operators, each in terms of the atom table; `@` is a sum of products. */
import type { AtomName } from "../../ir/atoms.ts";
import type { Affine, Expr } from "../../ir/types.ts";
import type { BinaryExpression, Expression, UnaryExpression } from "../syntax.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail } from "./environment.ts";
import { arrayExpression, elementwise, whereShapesCome } from "./operands.ts";
import { atBroadcast, broadcastShape, typeName } from "./shapes.ts";
import type { ArrayValue } from "./values.ts";
import { castValue, isScalar, mapElements, printShape, scalar, scalarExpr, sizeOf } from "./values.ts";

export function unary(elab: Elaboration, env: Environment, e: UnaryExpression): ArrayValue {
  const { builder: b } = elab;
  const operand = arrayExpression(elab, e.operand, env);
  const atom: AtomName = e.operator === "-" ? "neg" : "not";
  const fits = e.operator === "-" ? operand.type !== "bool" : operand.type === "bool";
  if (!fits) {
    const wanted = e.operator === "-" ? "a number" : "a truth value";
    fail(elab, env, "NN2009", e.operand.span, {
      what: `the operand of \`${e.operator}\``,
      wanted,
      found: typeName(operand.type),
    });
  }
  return mapElements(operand, operand.type, (x) => {
    if (x.kind === "constant" && atom === "neg") return b.number(-x.value);
    return b.apply(atom, [x]);
  });
}

interface OperatorRow {
  readonly atom: AtomName;
  readonly operands: "numeric" | "float" | "integer" | "bool" | "any";
  readonly verb: string;
  /** Wrap the result in `not`, or swap the operands first. */
  readonly negate?: true;
  readonly swap?: true;
}

/** What each operator is in terms of the atom table; integer comparisons become affine conditions. */
const operators: Readonly<Record<Exclude<BinaryExpression["operator"], "@">, OperatorRow>> = {
  "+": { atom: "add", operands: "numeric", verb: "add" },
  "-": { atom: "sub", operands: "numeric", verb: "subtract" },
  "*": { atom: "mul", operands: "numeric", verb: "multiply" },
  "/": { atom: "div", operands: "float", verb: "divide" },
  "^": { atom: "pow", operands: "float", verb: "raise" },
  div: { atom: "integer_div", operands: "integer", verb: "divide" },
  mod: { atom: "integer_mod", operands: "integer", verb: "divide" },
  "==": { atom: "eq", operands: "any", verb: "compare" },
  "!=": { atom: "eq", operands: "any", verb: "compare", negate: true },
  "<": { atom: "lt", operands: "numeric", verb: "compare" },
  "<=": { atom: "le", operands: "numeric", verb: "compare" },
  ">": { atom: "lt", operands: "numeric", verb: "compare", swap: true },
  ">=": { atom: "le", operands: "numeric", verb: "compare", swap: true },
  and: { atom: "and", operands: "bool", verb: "combine" },
  or: { atom: "or", operands: "bool", verb: "combine" },
};

export function binary(elab: Elaboration, env: Environment, e: BinaryExpression): ArrayValue {
  const left = arrayExpression(elab, e.left, env);
  const right = arrayExpression(elab, e.right, env);
  if (e.operator === "@") return matrixProduct(elab, env, e, left, right);
  const row = operators[e.operator];
  if (row.operands === "integer") requireDivisor(elab, env, e, right);
  const power = e.operator === "^" ? integerPower(elab, left, right) : undefined;
  if (power) return power;
  const [x, y] = operandTypes(elab, env, e, row, left, right);
  const [first, second] = row.swap ? [y, x] : [x, y];
  const value = elementwise(elab, env, e, row.verb, first, second, (p, q) => {
    const result = applyOperator(elab, row.atom, p, q);
    return row.negate ? elab.builder.apply("not", [result]) : result;
  });
  return value;
}

/** Beyond this an integer is no 32-bit one. */
const largestInteger = 2 ** 31 - 1;

/** `2^l` of integers known at compile time is one too, so that it may be a size. */
function integerPower(elab: Elaboration, left: ArrayValue, right: ArrayValue): ArrayValue | undefined {
  const { builder: b } = elab;
  const [base, exponent] = [sizeOf(left), sizeOf(right)].map((size) => size && b.constantOf(size));
  if (base === undefined || exponent === undefined || exponent < 0) return undefined;
  const value = base ** exponent;
  return Math.abs(value) <= largestInteger ? scalar(b.integer(value)) : undefined;
}

/** The rest of an integer division lies below the divisor, so there is none by 0, and what is negative is a mistake. */
function requireDivisor(elab: Elaboration, env: Environment, e: BinaryExpression, divisor: ArrayValue): void {
  const value = isScalar(divisor) && !divisor.flexible ? scalarExpr(divisor) : undefined;
  const known = value?.kind === "affine" ? elab.builder.constantOf(value) : undefined;
  if (known === undefined || known >= 1) return;
  fail(elab, env, "NN2041", e.right.span, { operator: e.operator, divisor: known });
}

function applyOperator(elab: Elaboration, atom: AtomName, p: Expr, q: Expr): Expr {
  const { builder: b } = elab;
  if (p.kind === "affine" && q.kind === "affine") {
    if (atom === "lt") return b.less(p, q);
    if (atom === "le") return b.nonnegative(b.minus(q, p));
    if (atom === "eq") return b.equal(p, q);
  }
  return b.apply(atom, [p, q]);
}

/** Brings both operands to the type that the operator works on; `2 * x` makes a number of 2. */
function operandTypes(
  elab: Elaboration,
  env: Environment,
  e: BinaryExpression,
  row: OperatorRow,
  left: ArrayValue,
  right: ArrayValue,
): [ArrayValue, ArrayValue] {
  const { builder: b } = elab;
  const wrong = (v: ArrayValue, operand: Expression, wanted: string): never =>
    fail(
      elab,
      env,
      "NN2009",
      operand.span,
      { what: `an operand of \`${e.operator}\``, wanted, found: typeName(v.type) },
      {
        help: v.type === "bool" ? "make a number of it: `if … then 1 else 0`" : undefined,
      },
    );
  const bools = [left, right].filter((v) => v.type === "bool").length;
  const demand = (wanted: string, fits: (v: ArrayValue) => boolean): void => {
    if (!fits(left)) wrong(left, e.left, wanted);
    if (!fits(right)) wrong(right, e.right, wanted);
  };
  if (row.operands === "bool") demand("a truth value", (v) => v.type === "bool");
  else if (row.operands === "integer") demand("an integer", (v) => v.type === "i32");
  else if (row.operands !== "any" || bools === 1) demand("a number", (v) => v.type !== "bool");
  const integers = left.type === "i32" && right.type === "i32";
  const staysInteger = integers && row.operands !== "float";
  if (staysInteger || bools > 0) return [left, right];
  return [castValue(b, left, "f32"), castValue(b, right, "f32")];
}

/** `a @ b`: the matrix product over the last two dimensions, with NumPy's rules for vectors and leading dimensions. */
function matrixProduct(
  elab: Elaboration,
  env: Environment,
  e: BinaryExpression,
  left: ArrayValue,
  right: ArrayValue,
): ArrayValue {
  const { builder: b } = elab;
  const x = castValue(b, left, "f32");
  const y = castValue(b, right, "f32");
  const inner = [x.shape.at(-1), y.shape.length === 1 ? y.shape[0] : y.shape.at(-2)] as const;
  if (inner[0] === undefined || inner[1] === undefined || inner[0] !== inner[1] || x.type === "bool") {
    const text = inner.map((d) => (d ? printShape([d]).slice(1, -1) : "none"));
    const shapes = { left: printShape(x.shape), right: printShape(y.shape), a: text[0]!, b: text[1]! };
    return fail(elab, env, "NN2003", e.span, shapes, {
      notes: whereShapesCome(env, e),
      help:
        x.shape.length === 0 || y.shape.length === 0
          ? "`@` is the matrix product; by a number everything is multiplied with `*`"
          : fittingParameter(e, x, y),
    });
  }
  const rows = x.shape.length === 1 ? [] : [x.shape.at(-2)!];
  const columns = y.shape.length === 1 ? [] : [y.shape.at(-1)!];
  const batch = broadcastShape(x.shape.slice(0, -2), y.shape.slice(0, -2));
  if (!batch) {
    return fail(elab, env, "NN2004", e.span, {
      operation: "multiply",
      left: printShape(x.shape),
      right: printShape(y.shape),
    });
  }
  const shape = [...batch, ...rows, ...columns];
  const at = (subscripts: readonly Affine[]): Expr => {
    const k = b.index("k", inner[0]!);
    const lead = subscripts.slice(0, batch.length);
    const own = (v: ArrayValue, last: readonly Affine[]): Expr =>
      atBroadcast(
        elab,
        v,
        [...lead.slice(batch.length - Math.max(0, v.shape.length - 2)), ...last],
        [...batch.slice(batch.length - Math.max(0, v.shape.length - 2)), ...v.shape.slice(-last.length)],
      );
    const row = rows.length > 0 ? [subscripts[batch.length]!] : [];
    const column = columns.length > 0 ? [subscripts[batch.length + rows.length]!] : [];
    return b.reduce(
      "sum",
      [k],
      [],
      b.apply("mul", [own(x, [...row, b.of(k)]), own(y, [b.of(k), ...column])]),
    );
  };
  if (shape.length === 0) return scalar(at([]));
  return { kind: "array", type: "f32", shape, at };
}

/** `W: [64, 10]`, where a parameter of another shape would have fitted. */
function fittingParameter(e: BinaryExpression, x: ArrayValue, y: ArrayValue): string | undefined {
  if (e.right.kind !== "name" || y.tensor?.role !== "parameter" || y.shape.length !== 2) return undefined;
  const inner = x.shape.at(-1)!;
  const fitting = printShape([inner, y.shape[1] === inner ? y.shape[0]! : y.shape[1]!]);
  return `did you mean \`${e.right.name}: ${fitting}\`?`;
}
