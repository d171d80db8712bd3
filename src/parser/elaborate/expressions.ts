import type { Note } from "../../ir/diagnostics.ts";
import type { AtomName } from "../../ir/atoms.ts";
import type { Affine, Expr, Span } from "../../ir/types.ts";
import type { BinaryExpression, Expression, IfExpression, UnaryExpression } from "../syntax.ts";
import { conjuncts } from "./define.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { bindingOf, fail } from "./environment.ts";
import { reduction } from "./reductions.ts";
import { atBroadcast, broadcastShape, typeName } from "./shapes.ts";
import { protectedRead, subscript } from "./subscripts.ts";
import type { ArrayValue, Value } from "./values.ts";
import { castValue, isScalar, mapElements, ofTensor, printShape, scalar, scalarExpr, truthOf } from "./values.ts";
import { Reported } from "../../ir/diagnostics.ts";

/** The meaning of an expression where it stands. */
export function expression(elab: Elaboration, e: Expression, place: Environment): Value {
  const { builder: b } = elab;
  // Only a call that is the whole value of a definition gives its result the definition's name.
  const env = e.kind === "call" || place.resultName === undefined ? place : { ...place, resultName: undefined };
  switch (e.kind) {
    case "number":
      return scalar(e.integer && Number.isSafeInteger(e.value) ? b.integer(e.value) : b.number(e.value));
    case "boolean":
      return scalar(b.bool(e.value));
    case "name":
      return nameValue(elab, env, e.name, e.span);
    case "unary":
      return unary(elab, env, e);
    case "binary":
      return binary(elab, env, e);
    case "if":
      return conditional(elab, env, e);
    case "call":
      return env.evaluated.get(e) ?? elab.call(e, env);
    case "subscript":
      return subscript(elab, env, e);
    case "else":
      return protectedRead(elab, env, e);
    case "reduce":
      return reduction(elab, env, e);
    case "error":
      throw new Reported();
  }
}

/** The same, where only a tensor or a scalar will do. */
export function arrayExpression(elab: Elaboration, e: Expression, env: Environment): ArrayValue {
  const value = elab.expression(e, env);
  if (value.kind === "array") return value;
  const help = "apply it: `encode(x)` or `x |> encode`";
  return fail(elab, env, "NN2011", e.span, { what: `the layer \`${value.layer.name.text}\` is no value` }, { help });
}

function nameValue(elab: Elaboration, env: Environment, name: string, span: Span): Value {
  const { builder: b, builtins } = elab;
  if (!env.scope.lookup(name)) {
    if (name === "training") return ofTensor(b, builtins.training);
    if (name === "step") return ofTensor(b, builtins.step);
    if (env.fan && name === "fan_in") return scalar(env.fan.in);
    if (env.fan && name === "fan_out") return scalar(env.fan.out);
  }
  const binding = bindingOf(elab, env, name, span);
  switch (binding.kind) {
    case "value":
      return binding.value;
    case "lazy":
      return binding.make();
    case "index":
      return scalar(b.of(binding.index));
    case "indices":
    case "extents":
      return fail(elab, env, "NN2015", span, { found: `\`...${name}\`, which stands for any number of them` });
    case "failed":
      throw new Reported();
  }
}

function unary(elab: Elaboration, env: Environment, e: UnaryExpression): ArrayValue {
  const { builder: b } = elab;
  const operand = arrayExpression(elab, e.operand, env);
  const atom: AtomName = e.operator === "-" ? "neg" : "not";
  const fits = e.operator === "-" ? operand.type !== "bool" : operand.type === "bool";
  if (!fits) {
    const wanted = e.operator === "-" ? "a number" : "a truth value";
    fail(elab, env, "NN2009", e.operand.span, { what: `the operand of \`${e.operator}\``, wanted, found: typeName(operand.type) });
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

function binary(elab: Elaboration, env: Environment, e: BinaryExpression): ArrayValue {
  const left = arrayExpression(elab, e.left, env);
  const right = arrayExpression(elab, e.right, env);
  if (e.operator === "@") return matrixProduct(elab, env, e, left, right);
  const row = operators[e.operator];
  const [x, y] = operandTypes(elab, env, e, row, left, right);
  const [first, second] = row.swap ? [y, x] : [x, y];
  const value = elementwise(elab, env, e, row.verb, first, second, (p, q) => {
    const result = applyOperator(elab, row.atom, p, q);
    return row.negate ? elab.builder.apply("not", [result]) : result;
  });
  return value;
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
    fail(elab, env, "NN2009", operand.span, { what: `an operand of \`${e.operator}\``, wanted, found: typeName(v.type) }, {
      help: v.type === "bool" ? "make a number of it: `if … then 1 else 0`" : undefined,
    });
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

/** Applies `f` element by element, broadcasting. */
export function elementwise(
  elab: Elaboration,
  env: Environment,
  place: { readonly span: Span; readonly left?: Expression; readonly right?: Expression },
  verb: string,
  x: ArrayValue,
  y: ArrayValue,
  f: (p: Expr, q: Expr) => Expr,
): ArrayValue {
  if (isScalar(x) && isScalar(y) && !x.flexible && !y.flexible) return scalar(f(scalarExpr(x), scalarExpr(y)));
  const shape = broadcastShape(x.shape, y.shape);
  if (!shape) {
    return fail(elab, env, "NN2004", place.span, { operation: verb, left: printShape(x.shape), right: printShape(y.shape) }, {
      notes: whereShapesCome(env, place),
      help: "shapes are aligned at their last dimension; extents must be equal, or 1",
    });
  }
  const at = (subscripts: readonly Affine[], s: readonly Affine[]): Expr =>
    f(atBroadcast(elab, x, subscripts, s), atBroadcast(elab, y, subscripts, s));
  // The type of the result is whatever `f` makes of two elements.
  const probe = f(x.at(zeros(elab, x), x.shape), y.at(zeros(elab, y), y.shape));
  const names = mergeNames(shape.length, x, y);
  const flexible = shape.length === 0 && (x.flexible || y.flexible) ? { flexible: true as const } : {};
  return { kind: "array", type: probe.type, shape, at, names, ...flexible };
}

/** Where the operands that have names were given their shapes. */
function whereShapesCome(env: Environment, place: { readonly left?: Expression; readonly right?: Expression }): Note[] {
  return [place.left, place.right].flatMap((operand) => {
    if (operand?.kind !== "name") return [];
    const binding = env.scope.lookup(operand.name);
    if (binding?.kind !== "value" || binding.value.kind !== "array") return [];
    return [{ message: `\`${operand.name}\` is ${printShape(binding.value.shape)}, defined here`, span: binding.span }];
  });
}

/** `W: [64, 10]`, where a parameter of another shape would have fitted. */
function fittingParameter(e: BinaryExpression, x: ArrayValue, y: ArrayValue): string | undefined {
  if (e.right.kind !== "name" || y.tensor?.role !== "parameter" || y.shape.length !== 2) return undefined;
  const fitting = printShape([x.shape.at(-1)!, y.shape[1]!]);
  return `did you mean \`${e.right.name}: ${fitting}\`?`;
}

const zeros = (elab: Elaboration, v: ArrayValue): Affine[] => v.shape.map(() => elab.builder.integer(0));

function mergeNames(rank: number, ...values: readonly ArrayValue[]): (string | undefined)[] {
  return Array.from({ length: rank }, (_, d) => {
    for (const v of values) {
      const own = d - (rank - v.shape.length);
      if (own >= 0 && v.names?.[own] !== undefined) return v.names[own];
    }
    return undefined;
  });
}

/** `a @ b`: the matrix product over the last two dimensions, with NumPy's rules for vectors and leading dimensions. */
function matrixProduct(elab: Elaboration, env: Environment, e: BinaryExpression, left: ArrayValue, right: ArrayValue): ArrayValue {
  const { builder: b } = elab;
  const x = castValue(b, left, "f32");
  const y = castValue(b, right, "f32");
  const inner = [x.shape.at(-1), y.shape.length === 1 ? y.shape[0] : y.shape.at(-2)] as const;
  if (inner[0] === undefined || inner[1] === undefined || inner[0] !== inner[1] || x.type === "bool") {
    const text = inner.map((d) => (d ? printShape([d]).slice(1, -1) : "none"));
    const shapes = { left: printShape(x.shape), right: printShape(y.shape), a: text[0]!, b: text[1]! };
    return fail(elab, env, "NN2003", e.span, shapes, { notes: whereShapesCome(env, e), help: fittingParameter(e, x, y) });
  }
  const rows = x.shape.length === 1 ? [] : [x.shape.at(-2)!];
  const columns = y.shape.length === 1 ? [] : [y.shape.at(-1)!];
  const batch = broadcastShape(x.shape.slice(0, -2), y.shape.slice(0, -2));
  if (!batch) {
    return fail(elab, env, "NN2004", e.span, { operation: "multiply", left: printShape(x.shape), right: printShape(y.shape) });
  }
  const shape = [...batch, ...rows, ...columns];
  const at = (subscripts: readonly Affine[]): Expr => {
    const k = b.index("k", inner[0]!);
    const lead = subscripts.slice(0, batch.length);
    const own = (v: ArrayValue, last: readonly Affine[]): Expr =>
      atBroadcast(elab, v, [...lead.slice(batch.length - Math.max(0, v.shape.length - 2)), ...last], [
        ...batch.slice(batch.length - Math.max(0, v.shape.length - 2)),
        ...v.shape.slice(-last.length),
      ]);
    const row = rows.length > 0 ? [subscripts[batch.length]!] : [];
    const column = columns.length > 0 ? [subscripts[batch.length + rows.length]!] : [];
    return b.reduce("sum", [k], [], b.apply("mul", [own(x, [...row, b.of(k)]), own(y, [b.of(k), ...column])]));
  };
  if (shape.length === 0) return scalar(at([]));
  return { kind: "array", type: "f32", shape, at };
}

/** `if c then a else b`: chosen at compile time where c is known then; a `select` of elements otherwise. */
function conditional(elab: Elaboration, env: Environment, e: IfExpression): ArrayValue {
  const { builder: b } = elab;
  const condition = arrayExpression(elab, e.condition, env);
  if (condition.type !== "bool") {
    fail(elab, env, "NN2009", e.condition.span, { what: "a condition", wanted: "a truth value", found: typeName(condition.type) });
  }
  const known = truthOf(condition);
  if (known !== undefined) return arrayExpression(elab, known ? e.chosen : e.otherwise, env);
  const facts = isScalar(condition) && !condition.flexible ? scalarExpr(condition) : b.bool(true);
  const under = (fact: Expr): Environment => ({ ...env, assumptions: [...env.assumptions, ...conjuncts(fact)] });
  let chosen = arrayExpression(elab, e.chosen, under(facts));
  let otherwise = arrayExpression(elab, e.otherwise, under(b.apply("not", [facts])));
  if (chosen.type !== otherwise.type) {
    if (chosen.type === "bool" || otherwise.type === "bool") {
      fail(elab, env, "NN2009", e.otherwise.span, { what: "the `else` branch", wanted: typeName(chosen.type), found: typeName(otherwise.type) });
    }
    chosen = castValue(b, chosen, "f32");
    otherwise = castValue(b, otherwise, "f32");
  }
  const branches = elementwise(elab, env, e, "choose between", chosen, otherwise, (p) => p);
  const shape = broadcastShape(condition.shape, branches.shape);
  if (!shape) {
    return fail(elab, env, "NN2004", e.span, { operation: "choose by", left: printShape(condition.shape), right: printShape(branches.shape) });
  }
  const at = (subscripts: readonly Affine[], s: readonly Affine[]): Expr =>
    b.select(...([condition, chosen, otherwise].map((v) => atBroadcast(elab, v, subscripts, s)) as [Expr, Expr, Expr]));
  const flexible = shape.length === 0 && [condition, chosen, otherwise].some((v) => v.flexible);
  if (shape.length === 0 && !flexible) return scalar(at([], []));
  const names = mergeNames(shape.length, chosen, otherwise, condition);
  return { kind: "array", type: chosen.type, shape, at, names, ...(flexible ? { flexible: true as const } : {}) };
}
