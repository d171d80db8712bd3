/**
 * The table of scalar functions. A row is the only place that knows its atom: numeric meaning, type, partial
 * derivatives, spelling per target, one line of documentation. Every other part of the compiler quantifies over rows.
 */
import type { Atom, AtomName, PartialDerivative, Spelling, WatSpelling } from "./atom.ts";
import { erf, flush, softplus, uniform } from "./numeric.ts";
import type { ScalarType } from "./types.ts";

export type { Atom, AtomName, FormulaSpelling, JavascriptSpelling, Spelling, WatSpelling } from "./atom.ts";

const none: PartialDerivative = () => null;
const call = (callee: string): { readonly form: "call"; readonly callee: string } => ({
  form: "call",
  callee,
});
const infix = (operator: string, precedence: number): Extract<Spelling, { form: "infix" }> => ({
  form: "infix",
  operator,
  precedence,
});

const wat = (spellings: Omit<WatSpelling, "form">): WatSpelling => ({ form: "apply", ...spellings });

const numeric = (args: readonly ScalarType[]): ScalarType | null =>
  args.every((t) => t === "f32") ? "f32" : args.every((t) => t === "i32") ? "i32" : null;
const float = (args: readonly ScalarType[]): ScalarType | null =>
  args.every((t) => t === "f32") ? "f32" : null;
const floatComparison = (args: readonly ScalarType[]): ScalarType | null => (float(args) ? "bool" : null);
const integer = (args: readonly ScalarType[]): ScalarType | null =>
  args.every((t) => t === "i32") ? "i32" : null;
const logical = (args: readonly ScalarType[]): ScalarType | null =>
  args.every((t) => t === "bool") ? "bool" : null;

/** Precedences of the infix spellings; larger binds tighter. */
export const precedence = {
  select: 0,
  or: 1,
  and: 2,
  compare: 3,
  add: 4,
  mul: 5,
  prefix: 6,
  pow: 7,
  primary: 8,
} as const;

// One row, one block: the layout is kept by hand.
// prettier-ignore
export const atoms: Readonly<Record<AtomName, Atom>> = {
  add: {
    arity: 2, type: numeric, evaluate: (a, b) => a + b, cost: 1, commutative: true,
    partials: [(b) => b.number(1), (b) => b.number(1)],
    javascript: infix("+", precedence.add), formula: infix("+", precedence.add),
    wat: wat({ f32: "f32.add", lanes: "f32x4.add", i32: "i32.add", integers: "i32x4.add" }),
    doc: "a + b",
  },
  sub: {
    arity: 2, type: numeric, evaluate: (a, b) => a - b, cost: 1,
    partials: [(b) => b.number(1), (b) => b.number(-1)],
    javascript: infix("-", precedence.add), formula: infix("-", precedence.add),
    wat: wat({ f32: "f32.sub", lanes: "f32x4.sub", i32: "i32.sub", integers: "i32x4.sub" }),
    doc: "a − b",
  },
  mul: {
    arity: 2, type: numeric, evaluate: (a, b) => a * b, cost: 1, commutative: true,
    partials: [(_, [, y]) => y!, (_, [x]) => x!],
    javascript: infix("*", precedence.mul), formula: infix("·", precedence.mul),
    wat: wat({ f32: "f32.mul", lanes: "f32x4.mul", i32: "i32.mul", integers: "i32x4.mul" }),
    doc: "a · b",
  },
  div: {
    arity: 2, type: float, evaluate: (a, b) => a / b, cost: 4,
    partials: [(b, [, y]) => b.div(b.number(1), y!), (b, [, y], output) => b.neg(b.div(output, y!))],
    javascript: infix("/", precedence.mul), formula: infix("/", precedence.mul),
    wat: wat({ f32: "f32.div", lanes: "f32x4.div" }),
    doc: "a / b",
  },
  neg: {
    arity: 1, type: numeric, evaluate: (a) => -a, cost: 1,
    partials: [(b) => b.number(-1)],
    javascript: { form: "prefix", operator: "-", precedence: precedence.prefix },
    formula: { form: "prefix", operator: "-", precedence: precedence.prefix },
    wat: wat({ f32: "f32.neg", lanes: "f32x4.neg", i32: "integer_neg", integers: "i32x4.neg" }),
    doc: "−a",
  },
  pow: {
    arity: 2, type: float, evaluate: Math.pow, cost: 20,
    // Only a constant exponent keeps the logarithm out: log of a negative base would poison a·x².
    partials: [
      (b, [x, n]) =>
        n!.kind === "constant"
          ? b.mul(n!, b.pow(x!, b.number(n!.value - 1)))
          : b.mul(n!, b.pow(x!, b.sub(n!, b.number(1)))),
      (b, [x, n], output) =>
        n!.kind === "constant" ? null : b.select(b.equal(x!, b.number(0)), b.number(0), b.mul(output, b.apply("log", [x!]))),
    ],
    javascript: { form: "power", callee: "Math.pow" }, formula: { form: "infix", operator: "^", precedence: precedence.pow, right: true },
    wat: { form: "power", f32: "pow", lanes: "pow4" },
    doc: "a to the power b",
  },
  exp: {
    arity: 1, type: float, evaluate: Math.exp, cost: 10, callable: true,
    partials: [(_b, _a, output) => output],
    javascript: call("Math.exp"), formula: call("exp"),
    wat: wat({ f32: "exp", lanes: "exp4" }),
    doc: "e to the power a",
  },
  log: {
    arity: 1, type: float, evaluate: Math.log, cost: 10, callable: true,
    partials: [(b, [x]) => b.div(b.number(1), x!)],
    javascript: call("Math.log"), formula: call("log"),
    wat: wat({ f32: "log", lanes: "log4" }),
    doc: "natural logarithm",
  },
  sqrt: {
    arity: 1, type: float, evaluate: Math.sqrt, cost: 4, callable: true,
    partials: [(b, _a, output) => b.div(b.number(0.5), output)],
    javascript: call("Math.sqrt"), formula: call("sqrt"),
    wat: wat({ f32: "f32.sqrt", lanes: "f32x4.sqrt" }),
    doc: "square root",
  },
  tanh: {
    arity: 1, type: float, evaluate: Math.tanh, cost: 15, callable: true,
    partials: [(b, _a, output) => b.sub(b.number(1), b.mul(output, output))],
    javascript: call("Math.tanh"), formula: call("tanh"),
    wat: wat({ f32: "tanh", lanes: "tanh4" }),
    doc: "hyperbolic tangent",
  },
  sigmoid: {
    arity: 1, type: float, evaluate: (a) => 1 / (1 + Math.exp(-a)), cost: 12, callable: true,
    partials: [(b, _a, output) => b.mul(output, b.sub(b.number(1), output))],
    javascript: { form: "helper", callee: "sigmoid" }, formula: call("sigmoid"), symbol: "σ",
    wat: wat({ f32: "sigmoid", lanes: "sigmoid4" }),
    doc: "1 / (1 + exp(−a))",
  },
  softplus: {
    arity: 1, type: float, evaluate: softplus, cost: 20, callable: true,
    partials: [(b, [x]) => b.apply("sigmoid", [x!])],
    javascript: { form: "helper", callee: "softplus" }, formula: call("softplus"),
    wat: wat({ f32: "softplus", lanes: "softplus4" }),
    doc: "log(1 + exp(a)), without overflow",
  },
  erf: {
    arity: 1, type: float, evaluate: erf, cost: 20, callable: true,
    partials: [(b, [x]) => b.mul(b.number(2 / Math.sqrt(Math.PI)), b.apply("exp", [b.neg(b.mul(x!, x!))]))],
    javascript: { form: "helper", callee: "erf" }, formula: call("erf"),
    wat: wat({ f32: "erf", lanes: "erf4" }),
    doc: "error function, 2/√π ∫₀ᵃ exp(−t²) dt",
  },
  sin: {
    arity: 1, type: float, evaluate: Math.sin, cost: 10, callable: true,
    partials: [(b, [x]) => b.apply("cos", [x!])],
    javascript: call("Math.sin"), formula: call("sin"),
    wat: wat({ f32: "sin", lanes: "sin4" }),
    doc: "sine",
  },
  cos: {
    arity: 1, type: float, evaluate: Math.cos, cost: 10, callable: true,
    partials: [(b, [x]) => b.neg(b.apply("sin", [x!]))],
    javascript: call("Math.cos"), formula: call("cos"),
    wat: wat({ f32: "cos", lanes: "cos4" }),
    doc: "sin(a + π/2)",
  },
  abs: {
    arity: 1, type: numeric, evaluate: Math.abs, cost: 1, callable: true,
    partials: [(b, [x]) => b.apply("sign", [x!])],
    javascript: call("Math.abs"), formula: call("abs"),
    wat: wat({ f32: "f32.abs", lanes: "f32x4.abs", i32: "integer_abs", integers: "i32x4.abs" }),
    doc: "absolute value; derivative 0 at 0",
  },
  sign: {
    arity: 1, type: numeric, evaluate: (a) => (a > 0 ? 1 : a < 0 ? -1 : a === 0 ? 0 : NaN), cost: 1, callable: true,
    partials: [none],
    javascript: call("Math.sign"), formula: call("sign"),
    wat: wat({ f32: "sign", lanes: "sign4", i32: "integer_sign", integers: "integer_sign4" }),
    doc: "−1, 0 or 1; derivative 0",
  },
  floor: {
    arity: 1, type: float, evaluate: Math.floor, cost: 1, callable: true,
    partials: [none],
    javascript: call("Math.floor"), formula: call("floor"),
    wat: wat({ f32: "f32.floor", lanes: "f32x4.floor" }),
    doc: "the largest integer not above a; derivative 0",
  },
  min: {
    arity: 2, type: numeric, evaluate: (a, b) => (Number.isNaN(b) ? NaN : b < a ? b : a), cost: 1, callable: true,
    partials: [
      (b, [x], output) => b.cast(b.apply("not", [b.less(output, x!)]), "f32"),
      (b, [x], output) => b.cast(b.less(output, x!), "f32"),
    ],
    javascript: call("Math.min"), formula: call("min"),
    wat: wat({ f32: "f32.min", lanes: "f32x4.min", i32: "integer_min", integers: "i32x4.min_s", lanesOfNumber: "f32x4.pmin" }),
    doc: "the smaller; of equals, the first has the derivative",
  },
  max: {
    arity: 2, type: numeric, evaluate: (a, b) => (Number.isNaN(b) ? NaN : b > a ? b : a), cost: 1, callable: true,
    partials: [
      (b, [x], output) => b.cast(b.apply("not", [b.less(x!, output)]), "f32"),
      (b, [x], output) => b.cast(b.less(x!, output), "f32"),
    ],
    javascript: call("Math.max"), formula: call("max"),
    wat: wat({ f32: "f32.max", lanes: "f32x4.max", i32: "integer_max", integers: "i32x4.max_s", lanesOfNumber: "f32x4.pmax" }),
    doc: "the larger; of equals, the first has the derivative",
  },
  select: {
    arity: 3, cost: 1,
    type: ([c, a, b]) => (c === "bool" && a === b && a !== undefined ? a : null),
    evaluate: (c, a, b) => (c ? a : b), lazy: (c, a, b) => (c() ? a() : b()),
    guards: (b, [c]) => [null, c!, b.apply("not", [c!])],
    partials: [none, (b) => b.number(1), (b) => b.number(1)],
    javascript: { form: "conditional" }, formula: { form: "words", words: ["if ", " then ", " else "], precedence: precedence.select },
    wat: { form: "conditional" },
    doc: "if c then a else b; lazy",
  },
  lt: {
    arity: 2, type: floatComparison, evaluate: (a, b) => Number(a < b), cost: 1, partials: [none, none],
    javascript: infix("<", precedence.compare), formula: infix("<", precedence.compare),
    wat: wat({ f32: "f32.lt", lanes: "f32x4.lt" }),
    doc: "a < b",
  },
  le: {
    arity: 2, type: floatComparison, evaluate: (a, b) => Number(a <= b), cost: 1, partials: [none, none],
    javascript: infix("<=", precedence.compare), formula: infix("≤", precedence.compare),
    wat: wat({ f32: "f32.le", lanes: "f32x4.le" }),
    doc: "a ≤ b",
  },
  eq: {
    arity: 2, cost: 1, commutative: true, partials: [none, none],
    type: ([a, b]) => (a === b && a !== "i32" ? "bool" : null),
    evaluate: (a, b) => Number(a === b),
    javascript: infix("===", precedence.compare), formula: infix("=", precedence.compare),
    wat: wat({ f32: "f32.eq", lanes: "f32x4.eq", bool: "i32.eq", masks: "same4" }),
    doc: "a = b",
  },
  and: {
    arity: 2, type: logical, evaluate: (a, b) => a && b, cost: 1, partials: [none, none],
    lazy: (a, b) => a() && b(), guards: (_, [a]) => [null, a!],
    javascript: infix("&&", precedence.and), formula: infix("∧", precedence.and),
    wat: { form: "both", bool: "i32.and", masks: "v128.and" },
    doc: "both; lazy",
  },
  or: {
    arity: 2, type: logical, evaluate: (a, b) => a || b, cost: 1, partials: [none, none],
    lazy: (a, b) => a() || b(), guards: (b, [a]) => [null, b.apply("not", [a!])],
    javascript: infix("||", precedence.or), formula: infix("∨", precedence.or),
    wat: { form: "either", bool: "i32.or", masks: "v128.or" },
    doc: "either; lazy",
  },
  not: {
    arity: 1, type: logical, evaluate: (a) => 1 - a, cost: 1, partials: [none],
    javascript: { form: "prefix", operator: "!", precedence: precedence.prefix },
    formula: { form: "prefix", operator: "¬", precedence: precedence.prefix },
    wat: wat({ bool: "i32.eqz", masks: "v128.not" }),
    doc: "not",
  },
  cast: {
    arity: 1, cost: 0, partials: [none],
    // To f32 from a bool (an Iverson bracket) or an integer; `Builder.cast` also makes an i32 of a bool.
    type: ([a]) => (a === "bool" || a === "i32" ? "f32" : null),
    evaluate: (a) => a,
    javascript: { form: "number" }, formula: { form: "iverson" },
    wat: { form: "number" },
    doc: "the number that a truth value or an integer is",
  },
  random: {
    arity: 4, cost: 40, partials: [none, none, none, none],
    type: (args) => (args.every((t) => t === "i32") ? "f32" : null),
    evaluate: uniform,
    javascript: { form: "helper", callee: "uniform" }, formula: call("random"),
    wat: wat({ i32: "random", integers: "random4" }),
    doc: "uniform on [0, 1), a pure function of (seed, step, place, element): Threefry-2x32",
  },
  flush: {
    arity: 1, type: float, evaluate: flush, cost: 2, callable: true,
    partials: [(b) => b.number(1)],
    javascript: { form: "helper", callee: "flush" }, formula: call("flush"),
    wat: wat({ f32: "flush", lanes: "flush4" }),
    doc: "a, or 0 where it is closer to 0 than 1e-30: what optimizers keep fades to 0; derivative 1",
  },
  stop_gradient: {
    arity: 1, type: float, evaluate: (a) => a, cost: 0, callable: true, partials: [none],
    javascript: { form: "same" }, formula: call("stop_gradient"),
    wat: { form: "same" },
    doc: "a, with derivative 0",
  },
  integer_div: {
    arity: 2, type: integer, evaluate: (a, b) => Math.floor(a / b), cost: 4, partials: [none, none],
    javascript: { form: "helper", callee: "floorDivide" }, formula: infix("div", precedence.mul),
    wat: wat({ i32: "integer_div", integers: "integer_div4" }),
    doc: "⌊a / b⌋ of integers, where b is not a constant",
  },
  integer_mod: {
    arity: 2, type: integer, evaluate: (a, b) => a - b * Math.floor(a / b), cost: 4, partials: [none, none],
    javascript: { form: "helper", callee: "floorModulo" }, formula: infix("mod", precedence.mul),
    wat: wat({ i32: "integer_mod", integers: "integer_mod4" }),
    doc: "a − b·⌊a / b⌋ of integers, where b is not a constant",
  },
};

export const atomNames = Object.keys(atoms) as AtomName[];
