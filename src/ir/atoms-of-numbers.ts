/** Rows of the table of scalar functions (atoms.ts): arithmetic, and functions of numbers. */
import type { Atom } from "./atom.ts";
import { call, float, infix, node, none, numeric, precedence, wat } from "./atom-spelling.ts";
import { erf, softplus } from "./numeric.ts";

// One row, one block: the layout is kept by hand.
// prettier-ignore
export const atomsOfNumbers = {
  add: {
    arity: 2, type: numeric, evaluate: (a, b) => a + b, cost: 1, commutative: true,
    partials: [(b) => b.number(1), (b) => b.number(1)],
    javascript: infix("+", precedence.add), formula: infix("+", precedence.add),
    wat: wat({ f32: "f32.add", lanes: "f32x4.add", i32: "i32.add", integers: "i32x4.add" }),
    onnx: node("Add"),
    doc: "a + b",
  },
  sub: {
    arity: 2, type: numeric, evaluate: (a, b) => a - b, cost: 1,
    partials: [(b) => b.number(1), (b) => b.number(-1)],
    javascript: infix("-", precedence.add), formula: infix("-", precedence.add),
    wat: wat({ f32: "f32.sub", lanes: "f32x4.sub", i32: "i32.sub", integers: "i32x4.sub" }),
    onnx: node("Sub"),
    doc: "a − b",
  },
  mul: {
    arity: 2, type: numeric, evaluate: (a, b) => a * b, cost: 1, commutative: true,
    partials: [(_, [, y]) => y!, (_, [x]) => x!],
    javascript: infix("*", precedence.mul), formula: infix("·", precedence.mul),
    wat: wat({ f32: "f32.mul", lanes: "f32x4.mul", i32: "i32.mul", integers: "i32x4.mul" }),
    onnx: node("Mul"),
    doc: "a · b",
  },
  div: {
    arity: 2, type: float, evaluate: (a, b) => a / b, cost: 4,
    partials: [(b, [, y]) => b.div(b.number(1), y!), (b, [, y], output) => b.neg(b.div(output, y!))],
    javascript: infix("/", precedence.mul), formula: infix("/", precedence.mul),
    wat: wat({ f32: "f32.div", lanes: "f32x4.div" }),
    onnx: node("Div"),
    doc: "a / b",
  },
  neg: {
    arity: 1, type: numeric, evaluate: (a) => -a, cost: 1,
    partials: [(b) => b.number(-1)],
    javascript: { form: "prefix", operator: "-", precedence: precedence.prefix },
    formula: { form: "prefix", operator: "-", precedence: precedence.prefix },
    wat: wat({ f32: "f32.neg", lanes: "f32x4.neg", i32: "integer_neg", integers: "i32x4.neg" }),
    onnx: node("Neg"),
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
    onnx: node("Pow"),
    doc: "a to the power b",
  },
  exp: {
    arity: 1, type: float, evaluate: Math.exp, cost: 10, callable: true,
    partials: [(_b, _a, output) => output],
    javascript: call("Math.exp"), formula: call("exp"),
    wat: wat({ f32: "exp", lanes: "exp4" }),
    onnx: node("Exp"),
    doc: "e to the power a",
  },
  log: {
    arity: 1, type: float, evaluate: Math.log, cost: 10, callable: true,
    partials: [(b, [x]) => b.div(b.number(1), x!)],
    javascript: call("Math.log"), formula: call("log"),
    wat: wat({ f32: "log", lanes: "log4" }),
    onnx: node("Log"),
    doc: "natural logarithm",
  },
  sqrt: {
    arity: 1, type: float, evaluate: Math.sqrt, cost: 4, callable: true,
    partials: [(b, _a, output) => b.div(b.number(0.5), output)],
    javascript: call("Math.sqrt"), formula: call("sqrt"),
    wat: wat({ f32: "f32.sqrt", lanes: "f32x4.sqrt" }),
    onnx: node("Sqrt"),
    doc: "square root",
  },
  tanh: {
    arity: 1, type: float, evaluate: Math.tanh, cost: 15, callable: true,
    partials: [(b, _a, output) => b.sub(b.number(1), b.mul(output, output))],
    javascript: call("Math.tanh"), formula: call("tanh"),
    wat: wat({ f32: "tanh", lanes: "tanh4" }),
    onnx: node("Tanh"),
    doc: "hyperbolic tangent",
  },
  sigmoid: {
    arity: 1, type: float, evaluate: (a) => 1 / (1 + Math.exp(-a)), cost: 12, callable: true,
    partials: [(b, _a, output) => b.mul(output, b.sub(b.number(1), output))],
    javascript: { form: "helper", callee: "sigmoid" }, formula: call("sigmoid"), symbol: "σ",
    wat: wat({ f32: "sigmoid", lanes: "sigmoid4" }),
    onnx: node("Sigmoid"),
    doc: "1 / (1 + exp(−a))",
  },
  softplus: {
    arity: 1, type: float, evaluate: softplus, cost: 20, callable: true,
    partials: [(b, [x]) => b.apply("sigmoid", [x!])],
    javascript: { form: "helper", callee: "softplus" }, formula: call("softplus"),
    wat: wat({ f32: "softplus", lanes: "softplus4" }),
    onnx: node("Softplus"),
    doc: "log(1 + exp(a)), without overflow",
  },
  erf: {
    arity: 1, type: float, evaluate: erf, cost: 20, callable: true,
    partials: [(b, [x]) => b.mul(b.number(2 / Math.sqrt(Math.PI)), b.apply("exp", [b.neg(b.mul(x!, x!))]))],
    javascript: { form: "helper", callee: "erf" }, formula: call("erf"),
    wat: wat({ f32: "erf", lanes: "erf4" }),
    onnx: node("Erf"),
    doc: "error function, 2/√π ∫₀ᵃ exp(−t²) dt",
  },
  sin: {
    arity: 1, type: float, evaluate: Math.sin, cost: 10, callable: true,
    partials: [(b, [x]) => b.apply("cos", [x!])],
    javascript: call("Math.sin"), formula: call("sin"),
    wat: wat({ f32: "sin", lanes: "sin4" }),
    onnx: node("Sin"),
    doc: "sine",
  },
  cos: {
    arity: 1, type: float, evaluate: Math.cos, cost: 10, callable: true,
    partials: [(b, [x]) => b.neg(b.apply("sin", [x!]))],
    javascript: call("Math.cos"), formula: call("cos"),
    wat: wat({ f32: "cos", lanes: "cos4" }),
    onnx: node("Cos"),
    doc: "sin(a + π/2)",
  },
  abs: {
    arity: 1, type: numeric, evaluate: Math.abs, cost: 1, callable: true,
    partials: [(b, [x]) => b.apply("sign", [x!])],
    javascript: call("Math.abs"), formula: call("abs"),
    wat: wat({ f32: "f32.abs", lanes: "f32x4.abs", i32: "integer_abs", integers: "i32x4.abs" }),
    onnx: node("Abs"),
    doc: "absolute value; derivative 0 at 0",
  },
  sign: {
    arity: 1, type: numeric, evaluate: (a) => (a > 0 ? 1 : a < 0 ? -1 : a === 0 ? 0 : NaN), cost: 1, callable: true,
    partials: [none],
    javascript: call("Math.sign"), formula: call("sign"),
    wat: wat({ f32: "sign", lanes: "sign4", i32: "integer_sign", integers: "integer_sign4" }),
    onnx: node("Sign"),
    doc: "−1, 0 or 1; derivative 0",
  },
  floor: {
    arity: 1, type: float, evaluate: Math.floor, cost: 1, callable: true,
    partials: [none],
    javascript: call("Math.floor"), formula: call("floor"),
    wat: wat({ f32: "f32.floor", lanes: "f32x4.floor" }),
    onnx: node("Floor"),
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
    onnx: node("Min"),
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
    onnx: node("Max"),
    doc: "the larger; of equals, the first has the derivative",
  },
} satisfies Readonly<Record<string, Atom>>;
