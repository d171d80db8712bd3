/** Losses of the library, with values and gradients in closed form at points far beyond what exp can hold. */
import type { Cells, LossCase } from "./closed-forms.ts";
import { combine, dot, logSoftmax, sigmoid, softmax, softplus, surprise } from "./closed-forms.ts";

export const logits = [-1000, -100, -50, -10, -3, -1, -0.5, 0, 0.5, 1, 3, 6, 10, 50, 100, 1000];

/** A loss of one number y and one target t: its value and its derivative by y. */
function ofNumbers(
  loss: string,
  [value, slope]: readonly [(y: number, t: number) => number, (y: number, t: number) => number],
  targets: readonly number[],
  at: readonly number[] = logits,
): LossCase {
  const points = at.flatMap((y) =>
    targets.map((t) => ({
      parameters: { y: [y] },
      inputs: { t: [t] },
      value: value(y, t),
      gradients: { y: [slope(y, t)] },
    })),
  );
  return { declarations: "param y: [1] ~ zeros\n  input t: [1]", loss, points };
}

const { abs, sign, max, exp } = Math;
const targets = [-1000, -1, 0, 1, 1000];
const probabilities = [0, 0.25, 1];
const signs = [-1, 1];

const numbers: readonly LossCase[] = [
  ofNumbers("mse(y, t)", [(y, t) => (y - t) ** 2, (y, t) => 2 * (y - t)], targets),
  ofNumbers("mae(y, t)", [(y, t) => abs(y - t), (y, t) => sign(y - t)], targets),
  ofNumbers(
    "huber(y, t, delta = 2)",
    [
      (y, t) => (abs(y - t) < 2 ? (y - t) ** 2 / 2 : 2 * (abs(y - t) - 1)),
      (y, t) => max(-2, Math.min(2, y - t)),
    ],
    targets,
  ),
  ofNumbers(
    "smooth_l1(y, t, beta = 2)",
    [
      (y, t) => (abs(y - t) < 2 ? (y - t) ** 2 / 4 : abs(y - t) - 1),
      (y, t) => max(-1, Math.min(1, (y - t) / 2)),
    ],
    targets,
  ),
  ofNumbers(
    "log_cosh(y, t)",
    [(y, t) => abs(y - t) + softplus(-2 * abs(y - t)) - Math.LN2, (y, t) => Math.tanh(y - t)],
    targets,
  ),
  ofNumbers("hinge(y, t)", [(y, t) => max(0, 1 - t * y), (y, t) => (t * y < 1 ? -t : 0)], signs),
  ofNumbers(
    "squared_hinge(y, t)",
    [(y, t) => max(0, 1 - t * y) ** 2, (y, t) => -2 * t * max(0, 1 - t * y)],
    signs,
  ),
  ofNumbers(
    "poisson_nll(y, t)",
    [(y, t) => exp(y) - t * y, (y, t) => exp(y) - t],
    [0, 1, 7],
    logits.filter((y) => y < 80),
  ),
  ...["binary_cross_entropy(sigmoid(y), t)", "binary_cross_entropy_with_logits(y, t)"].map((loss) =>
    ofNumbers(loss, [surprise, (y, t) => sigmoid(y) * (1 - t) - sigmoid(-y) * t], probabilities),
  ),
  ofNumbers(
    "binary_cross_entropy_with_logits(y, t, positive = 3)",
    [
      (y, t) => 3 * t * softplus(-y) + (1 - t) * softplus(y),
      (y, t) => (1 - t) * sigmoid(y) - 3 * t * sigmoid(-y),
    ],
    probabilities,
  ),
  ofNumbers(
    "weighted_binary_cross_entropy(sigmoid(y), t, 10, 0.5)",
    [
      (y, t) => 10 * t * softplus(-y) + 0.5 * (1 - t) * softplus(y),
      (y, t) => 0.5 * (1 - t) * sigmoid(y) - 10 * t * sigmoid(-y),
    ],
    probabilities,
  ),
];

/** Of probabilities that are exactly right. */
const certain: LossCase = {
  declarations: "param p: [1] ~ zeros\n  input t: [1]",
  loss: "binary_cross_entropy(p, t)",
  points: [0, 1].map((t) => ({
    parameters: { p: [t] },
    inputs: { t: [t] },
    value: 0,
    gradients: { p: [1 - 2 * t] },
  })),
};

const gaussian: LossCase = {
  declarations: "param y: [1] ~ zeros\n  param s: [1] ~ zeros\n  input t: [1]",
  loss: "gaussian_nll(y, t, exp(s))",
  points: [-0.5, 0, 100].flatMap((d) =>
    logits.flatMap((s) => {
      const [value, y] = [(s + d * d * exp(-s)) / 2, d * exp(-s)];
      const point = { parameters: { y: [d], s: [s] }, inputs: { t: [0] }, value };
      // Below, exp(s) is no number of 32 bits.
      return s < -80 ? [] : [{ ...point, gradients: { y: [y], s: [(1 - d * y) / 2] } }];
    }),
  ),
};

const rows = [-1000, -50, 0, 1, 1000].flatMap((a) =>
  [-1000, 0, 2, 1000].flatMap((b) => [0, 60].map((c) => [a, b, c])),
);
const one = (label: number): number[] => [0, 1, 2].map((j) => Number(j === label));

/** A loss of one row of logits and its class: the loss is −Σⱼ targetⱼ·log pⱼ. */
function ofClass(loss: string, target: (label: number) => number[], more: Cells = {}): LossCase {
  const inputs = Object.entries(more).map(([name, cells]) => `\n  input ${name}: [${cells.length}]`);
  const points = rows.flatMap((z) =>
    [0, 1, 2].map((label) => ({
      parameters: { z },
      inputs: { label: [label], ...more },
      value: -dot(target(label), logSoftmax(z)),
      gradients: { z: combine(dot(target(label), [1, 1, 1]), softmax(z), -1, target(label)) },
    })),
  );
  return {
    declarations: `param z: [1, 3] ~ zeros\n  input label: int[1] < 3${inputs.join("")}`,
    loss,
    points,
  };
}

function ofDistribution(loss: string, kind: string): LossCase {
  const points = rows.flatMap((z) =>
    [one(0), one(2), [0.25, 0.75, 0]].map((t) => ({
      parameters: { z },
      inputs: { t },
      value: t.reduce(
        (sum, x, j) =>
          sum + (x === 0 ? 0 : x * ((loss.startsWith("kl") ? Math.log(x) : 0) - logSoftmax(z)[j]!)),
        0,
      ),
      gradients: { z: combine(1, softmax(z), -1, t) },
    })),
  );
  return { declarations: `param z: [1, 3] ~ zeros\n  input t: ${kind}[1, 3]`, loss, points };
}

const multiClassHinge: LossCase = {
  declarations: "param z: [1, 3] ~ zeros\n  input label: int[1] < 3",
  loss: "multi_class_hinge(z, label)",
  points: rows.flatMap((z) =>
    [0, 1, 2].map((label) => {
      const excess = z.map((u, j) => (j === label ? 0 : max(0, 1 - z[label]! + u)));
      const push = excess.map((u) => Number(u > 0) / 3);
      const gradient = combine(1, push, -dot(push, [1, 1, 1]), one(label));
      return {
        parameters: { z },
        inputs: { label: [label] },
        value: dot(excess, [1, 1, 1]) / 3,
        gradients: { z: gradient },
      };
    }),
  ),
};

const divergence: LossCase = {
  declarations: "param z: [1, 3] ~ zeros\n  param u: [1, 3] ~ zeros",
  loss: "kl_divergence(softmax(u), softmax(z))",
  points: rows.flatMap((z, i) => {
    const u = rows[(7 * i + 3) % rows.length]!;
    const [p, q, ratio] = [softmax(u), softmax(z), combine(1, logSoftmax(u), -1, logSoftmax(z))];
    const value = dot(p, ratio);
    return [
      {
        parameters: { z, u },
        inputs: {},
        value,
        gradients: { z: combine(1, q, -1, p), u: p.map((x, j) => x * (ratio[j]! - value)) },
      },
    ];
  }),
};

/** One of two classes of a softmax, as a probability. */
const ofTwoClasses = [0, 1].map((place): LossCase => ({
  declarations: `param z: [1, 2] ~ zeros\n  input t: [1]\n  p = softmax(z)\n  q[b] = p[b, ${place}]`,
  loss: "binary_cross_entropy(q, t)",
  points: logits.flatMap((a) =>
    [-1000, 0, 1000].flatMap((b) =>
      probabilities.map((t) => {
        const x = place === 0 ? a - b : b - a;
        const slope = sigmoid(x) * (1 - t) - sigmoid(-x) * t;
        const gradient = place === 0 ? [slope, -slope] : [-slope, slope];
        return {
          parameters: { z: [a, b] },
          inputs: { t: [t] },
          value: surprise(x, t),
          gradients: { z: gradient },
        };
      }),
    ),
  ),
}));

const weights = [1, 2, 0.5];

export const losses: readonly LossCase[] = [
  ...numbers,
  certain,
  gaussian,
  ofClass("cross_entropy(z, label)", one),
  ofClass("cross_entropy(z, label, smoothing = 0.3)", (label) => combine(0.7, one(label), 0.1, [1, 1, 1])),
  ofClass("weighted_cross_entropy(z, label, weight)", one, { weight: weights }),
  ofDistribution("soft_cross_entropy(z, t)", ""),
  ofDistribution("soft_cross_entropy(z, t)", "distribution"),
  ofDistribution("kl_divergence(t, softmax(z))", ""),
  ofDistribution("kl_divergence(t, softmax(z))", "distribution"),
  divergence,
  multiClassHinge,
  ...ofTwoClasses,
];
