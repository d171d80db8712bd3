/** What activations and losses are, written so that 64-bit numbers neither overflow nor cancel. */
import { erf } from "../../src/ir/numeric.ts";

/** Numbers by name: parameters and inputs of a model, or gradients. */
export type Cells = Readonly<Record<string, readonly number[]>>;

export interface Point {
  readonly parameters: Cells;
  readonly inputs: Cells;
  readonly value: number;
  readonly gradients: Cells;
}

export interface LossCase {
  /** The statements before the loss. */
  readonly declarations: string;
  readonly loss: string;
  readonly points: readonly Point[];
}

export const sigmoid = (x: number): number =>
  x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
/** log(1/p), where p is a sigmoid of x: for a target y, binary cross-entropy of a logit. */
export const surprise = (x: number, y: number): number => y * softplus(-x) + (1 - y) * softplus(x);

export function logSoftmax(z: readonly number[]): number[] {
  const largest = Math.max(...z);
  const rest = Math.log(z.map((u) => Math.exp(u - largest)).reduce((a, b) => a + b));
  return z.map((u) => u - largest - rest);
}

export const softmax = (z: readonly number[]): number[] => logSoftmax(z).map(Math.exp);

export const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** a·x + b·y */
export const combine = (a: number, x: readonly number[], b: number, y: readonly number[]): number[] =>
  x.map((u, i) => a * u + b * y[i]!);

/** The distance of two vectors and its derivative by the first; 0 where they are the same. */
export function distance(a: readonly number[], b: readonly number[]): [number, number[]] {
  const difference = combine(1, a, -1, b);
  const length = Math.hypot(...difference);
  return [length, difference.map((u) => (length === 0 ? 0 : u / length))];
}

/** The cosine of two vectors and its derivative by the first; 0 where one of them is 0. */
export function cosine(a: readonly number[], b: readonly number[]): [number, number[]] {
  const [p, q] = [Math.hypot(...a), Math.hypot(...b)];
  if (p === 0 || q === 0) return [0, a.map(() => 0)];
  const c = dot(a, b) / p / q;
  return [c, combine(1 / p / q, b, -c / p / p, a)];
}

/** A function of one number, and its derivative. */
export type Curve = readonly [value: (x: number) => number, slope: (x: number) => number];

const { exp, tanh } = Math;
const elu = (alpha: number, scale = 1, width = alpha): Curve => [
  (x) => scale * (x > 0 ? x : alpha * Math.expm1(x / width)),
  (x) => scale * (x > 0 ? 1 : (alpha / width) * exp(x / width)),
];
const swish = (beta: number): Curve => [
  (x) => x * sigmoid(beta * x),
  (x) => sigmoid(beta * x) * (1 + beta * x * sigmoid(-beta * x)),
];
const inner = (x: number): number => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const between = (x: number, low: number, high: number): number => Number(low < x && x < high);

/** At kinks the derivatives are PyTorch's. */
export const activations: Readonly<Record<string, Curve>> = {
  "relu(x)": [(x) => Math.max(0, x), (x) => Number(x > 0)],
  "relu6(x)": [(x) => Math.min(6, Math.max(0, x)), (x) => between(x, 0, 6)],
  "leaky_relu(x)": [(x) => (x > 0 ? x : 0.01 * x), (x) => (x > 0 ? 1 : 0.01)],
  "x |> prelu()": [(x) => (x > 0 ? x : 0.25 * x), (x) => (x > 0 ? 1 : 0.25)],
  "elu(x)": elu(1),
  "elu(x, alpha = 0.5)": elu(0.5, 1, 1),
  "selu(x)": elu(1.6732632423543772, 1.0507009873554805, 1),
  "celu(x, alpha = 2)": elu(2),
  "x |> srelu()": [(x) => (x > 0 ? x : 0.2 * x), (x) => (x > 0 ? 1 : 0.2)],
  "softsign(x)": [(x) => x / (1 + Math.abs(x)), (x) => 1 / (1 + Math.abs(x)) ** 2],
  "hard_sigmoid(x)": [(x) => Math.min(1, Math.max(0, x / 6 + 0.5)), (x) => between(x, -3, 3) / 6],
  "hard_tanh(x)": [(x) => Math.min(1, Math.max(-1, x)), (x) => between(x, -1, 1)],
  "silu(x)": swish(1),
  "swish(x, beta = 1.5)": swish(1.5),
  "x |> learned_swish()": swish(1),
  "hard_swish(x)": [
    (x) => (x < -3 ? 0 : x > 3 ? x : (x * (x + 3)) / 6),
    (x) => (x < -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6),
  ],
  "mish(x)": [
    (x) => x * tanh(softplus(x)),
    (x) => tanh(softplus(x)) + (x * sigmoid(x)) / Math.cosh(Math.min(softplus(x), 100)) ** 2,
  ],
  "gelu(x)": [
    (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
    (x) => (1 + erf(x / Math.SQRT2)) / 2 + (x * exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  ],
  "gelu_tanh(x)": [
    (x) => (x / 2) * (1 + tanh(inner(x))),
    (x) =>
      (1 + tanh(inner(x))) / 2 +
      ((x / 2) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x)) /
        Math.cosh(Math.min(Math.abs(inner(x)), 300)) ** 2,
  ],
  "log(sigmoid(x))": [(x) => -softplus(-x), (x) => sigmoid(-x)],
};

/** As textbooks write them; in terms of outputs, which are rounded, the derivatives are differences. */
export const writtenOut: Readonly<Record<string, Curve>> = {
  "x / (1 + exp(-x))": swish(1),
  "exp(x) / (1 + exp(x))": [sigmoid, (x) => sigmoid(x) * sigmoid(-x)],
  "(exp(x) - exp(-x)) / (exp(x) + exp(-x))": [tanh, (x) => 1 / Math.cosh(Math.min(Math.abs(x), 300)) ** 2],
  "(1 - exp(-2 * x)) / (1 + exp(-2 * x))": [tanh, (x) => 1 / Math.cosh(Math.min(Math.abs(x), 300)) ** 2],
  "log((exp(x) + exp(-x)) / 2)": [(x) => Math.abs(x) + softplus(-2 * Math.abs(x)) - Math.LN2, tanh],
};
