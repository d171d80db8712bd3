/** Models with what a GPU may get wrong in values: ties, empty sums, values of every type and rank. */
import type { Inputs } from "./agreement.ts";

export interface Odd {
  readonly source: string;
  /** Counts of the dimensions that vary by call, one of them a step's. */
  readonly counts?: readonly Readonly<Record<string, number>>[];
  /** Of dimensions that are bound at creation. */
  readonly create?: Readonly<Record<string, number>>;
  /** Instead of numbers between 0 and 1. */
  readonly given?: (inputs: Inputs) => Inputs;
}

export const batches = (...counts: number[]): Record<string, number>[] => counts.map((batch) => ({ batch }));
const times = (values: ArrayLike<number>, factor: number, shift = 0): number[] =>
  Array.from(values, (v) => Math.fround(v * factor + shift));

export const oddValues: Readonly<Record<string, Odd>> = {
  scalars: {
    source: `model Scalars {
      input a: []
      input k: int < 3
      input isOn: bool
      param w: [3] ~ normal(0, 1)
      param s: [] ~ constant(0.5)
      picked = w[k] * a
      chosen = if isOn then picked * s else -s
      output value = chosen + a
      output next = k + 1
      output isLarge = chosen > 0.1
      metric size = abs(chosen)
      loss (chosen - 1)^2 + s^2
      optimizer sgd(lr = 0.1)
    }`,
  },
  "truth values": {
    source: `model Flags {
      dim batch <= 9
      input flag: bool[batch, 5]
      input x: [batch, 5]
      param w: [5] ~ normal(0, 1)
      isHigh[b, i] = x[b, i] > 0.5
      both[b, i] = flag[b, i] and isHigh[b, i] or not flag[b, i] and x[b, i] < 0.2
      output allowed[b, i] = both[b, i]
      output count[b] = sum[i] if both[b, i] then 1 else 0
      output masked[b, i] = if flag[b, i] then w[i] * x[b, i] else -1
      metric share = mean(flag == isHigh)
      loss mean(masked^2)
      optimizer sgd(lr = 0.1)
    }`,
    counts: batches(9, 1),
  },
  ties: {
    source: `model Ties {
      dim batch <= 7
      input x: [batch, 70]
      param w: [70] ~ zeros
      q[b, i] = floor(x[b, i] * 3) + w[i]
      output highest = argmax(q)
      output lowest[b] = argmin[i] q[b, i]
      output column[i] = argmax[b] q[b, i]
      top[b] = max[i] q[b, i]
      bottom[i] = min[b] q[b, i]
      loss mean(top^2) + sum(bottom * bottom)
      optimizer sgd(lr = 0.01)
    }`,
    counts: batches(7, 2),
  },
  "random numbers": {
    source: `model Noise {
      dim batch <= 33
      input x: [batch, 9]
      u = random()
      output noise[b, i] = random() * x[b, i]
      output one = u
      h = dropout(x |> linear(9), 0.3) |> tanh
      metric kept = mean(dropout(x, 0.5) > 0)
      loss mean((dropout(h, 0.4) - x)^2)
      optimizer sgd(lr = 0.5)
    }`,
    counts: batches(33, 2, 32),
  },
  "running statistics": {
    source: `model Running {
      dim batch <= 20
      input x: [batch, 3, 3, 5]
      input y: [batch, 2]
      h = x |> conv2d(4, kernel = 2) |> batch_norm() |> relu
      k = flatten(h) |> linear(2) |> batch_norm(epsilon = 0.1)
      output k
      loss mse(k, y)
      optimizer nadam(lr = 0.02)
      optimizer average(decay = 0.5)
    }`,
    counts: batches(20, 3),
  },
  "empty sums": {
    source: `model Empty {
      dim batch <= 6
      input x: [batch, 5]
      param w: [5, 5] ~ normal(0, 1)
      before: [batch, 5]
      before[b, t] = sum[s] (if s < t then w[t, s] * x[b, s] else 0)
      beyond: [batch, 5]
      beyond[b, t] = (x[b, t + 5] else 0.25) + (x[b, t - 2] else w[t, 0])
      highest: [batch, 5]
      highest[b, t] = max[s] (if s > t then x[b, s] else -1)
      output before
      output beyond
      loss mean((before + beyond)^2 + highest)
      optimizer sgd(lr = 0.1)
    }`,
    counts: batches(6, 1),
  },
  "prefixes and products": {
    source: `model Prefix {
      dim batch <= 4
      input x: [batch, 9]
      param w: [9] ~ normal(0, 1)
      run: [batch, 9]
      run[b, t] = sum[s] (if s <= t then x[b, s] * w[s] else 0)
      all[b] = prod[s] (1 + w[s] * x[b, s] / 4)
      output run
      output all
      loss mean(run^2) + mean(all)
      optimizer sgd(lr = 0.01)
    }`,
    counts: batches(4, 1),
  },
  "integers that are data": {
    source: `model Integers {
      dim batch <= 8
      input n: int[batch, 3] < 11
      param w: [11, 2] ~ normal(0, 1)
      half[b, i] = n[b, i] div 2
      rest[b, i] = n[b, i] mod 3
      output half
      output shifted[b, i] = (n[b, i] - 7) mod 4 
      output down[b, i] = (n[b, i] - 7) div 3
      picked[b, i, k] = w[half[b, i] + rest[b, i], k]
      loss mean(picked^2)
      optimizer sgd(lr = 0.1)
    }`,
    counts: batches(8, 1),
  },
  "overlapping windows with ties": {
    source: `model Windows {
      dim batch <= 3
      input x: [batch, 7, 6, 2]
      h = x |> conv2d(3, kernel = 3, stride = 2, pad = 1) |> relu
      p = relu(h - 0.3) |> max_pool2d(2, stride = 1)
      t = p |> conv_transpose2d(2, kernel = 3, stride = 2)
      output t
      loss mean(t^2)
      optimizer sgd(lr = 0.1)
    }`,
    counts: batches(3, 1),
  },
  "large and small numbers": {
    source: `model Extremes {
      dim batch <= 64
      input x: [batch]
      param w: [] ~ ones
      y[b] = x[b] * w
      output hyperbolic = tanh(y)
      output logistic = sigmoid(y)
      output bounded = exp(-abs(y))
      output soft = softplus(y)
      output normal = erf(y)
      output wave = sin(y / 30) + cos(y / 50)
      output cube = y^3
      output bell = gelu(y)
      loss mean(softplus(y) - log(sigmoid(y)))
      optimizer sgd(lr = 0.01)
    }`,
    counts: batches(64, 1),
    given: ({ x }) => ({ x: times(x!, 400, -200) }),
  },
};
