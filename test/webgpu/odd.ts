/**
 * Models with what a GPU may get wrong: sizes around those of workgroups, sums long enough to be split, ties, empty sums,
 * values of every type and rank, more tensors than a shader can bind.
 */
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

const batches = (...counts: number[]): Record<string, number>[] => counts.map((batch) => ({ batch }));
const times = (values: ArrayLike<number>, factor: number, shift = 0): number[] =>
  Array.from(values, (v) => Math.fround(v * factor + shift));

export const odd: Readonly<Record<string, Odd>> = {
  "one of everything": {
    source: `model One {
      dim batch <= 1
      input x: [batch, 1]
      input label: int[batch] < 1
      h = x |> linear(1) |> layer_norm(epsilon = 0.1) |> tanh
      output p = softmax(h)
      output best = argmax(h)
      metric hits = mean(best == label)
      loss cross_entropy(h, label) + mean(h^2)
      optimizer adam(lr = 0.1)
    }`,
    counts: batches(1),
  },
  "sizes around a workgroup": {
    source: `model Sizes {
      dim batch <= 65
      input x: [batch, 63]
      input label: int[batch] < 5
      h = x |> linear(65) |> relu |> linear(3) |> gelu
      logits = h |> linear(5)
      output probability = softmax(logits)
      output narrow = sum(h, axis = 1)
      metric accuracy = mean(argmax(logits) == label)
      loss cross_entropy(logits, label)
      optimizer momentum(lr = 0.1)
    }`,
    counts: batches(65, 1, 64),
  },
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
  "long sums": {
    source: `model Long {
      dim batch <= 3000
      input x: [batch, 3]
      param w: [3] ~ normal(0, 1)
      param c: [] ~ zeros
      y[b] = tanh(sum[i] x[b, i] * w[i] + c)
      output total = sum(y)
      output highest = max(y)
      output place = argmax(y)
      output column[i] = min[b] (x[b, i] * w[i])
      metric average = mean(y)
      loss mean((y - 0.25)^2)
      optimizer adam(lr = 0.01)
    }`,
    counts: batches(3000, 1, 257),
  },
  "sums over rows and columns": {
    source: `model Columns {
      dim batch <= 600
      input x: [batch, 130]
      param b: [130] ~ normal(0, 1)
      z[i, j] = x[i, j] * b[j]
      output byColumn[j] = sum[i] z[i, j]
      output byRow[i] = sum[j] z[i, j]
      loss mean(z^2) + mean(byRow)
      optimizer sgd(lr = 0.1)
    }`,
    counts: batches(600, 3),
  },
  "rows longer than a workgroup": {
    source: `model Rows {
      dim batch <= 5
      input x: [batch, 1000]
      input label: int[batch] < 1000
      param w: [1000] ~ normal(0, 1)
      h[b, i] = x[b, i] + w[i]
      logits = h |> layer_norm() 
      output p = softmax(logits * 200)
      output best = argmax(logits)
      loss cross_entropy(logits * 3, label)
      optimizer adam(lr = 0.01)
    }`,
    counts: batches(5, 1),
  },
  "rows shorter than a workgroup": {
    source: `model Short {
      dim batch <= 22
      input x: [batch, 3, 65]
      input y: [batch, 3, 65]
      h = x |> layer_norm() |> gelu |> linear(65) |> rms_norm()
      output p = softmax(h)
      loss mse(h, y)
      optimizer adamw(lr = 0.01)
    }`,
    counts: batches(22, 1),
  },
  "rows met again and again": {
    source: `model Table {
      dim batch <= 40
      input token: int[batch, 5] < 7
      v = token |> embedding(7, 3)
      pooled[b, k] = sum[t] v[b, t, k] * (t + 1)
      output pooled
      loss mean(pooled^2) + mean(v)
      optimizer momentum(lr = 0.1)
    }`,
    counts: batches(40, 1),
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
  "bound at creation": {
    source: `model Bound {
      dim batch <= 12
      dim classes <= 80
      dim width <= 70
      input x: [batch, width]
      input label: int[batch] < classes
      param W: [width, classes] ~ normal(0, 0.1)
      param b: [classes] ~ zeros
      param G: [width] ~ ones
      h[i, k] = tanh(x[i, k] * G[k])
      logits[i, c] = (sum[k] h[i, k] * W[k, c]) + b[c]
      output probability = softmax(logits)
      output best = argmax(logits)
      metric accuracy = mean(argmax(logits) == label)
      loss cross_entropy(logits, label) + 0.01 * mean(W^2)
      optimizer adam(lr = 0.01, gradient = clip_by_norm(gradient, 0.1))
    }`,
    create: { classes: 67, width: 33 },
    counts: batches(12, 1),
  },
  "more tensors than a shader binds": {
    source: `model Many {
      dim batch <= 5
      input x: [batch, 4]
      ${Array.from({ length: 14 }, (_, k) => `param w${k}: [4] ~ normal(0, 1)`).join("\n      ")}
      y[b, i] = x[b, i] * (${Array.from({ length: 14 }, (_, k) => `w${k}[${k % 2 ? "i" : "3 - i"}]`).join(" + ")})
      ${Array.from({ length: 11 }, (_, k) => `output o${k}[b, i] = y[b, i] * w${k}[i] + ${k}`).join("\n      ")}
      loss mean(y^2) + mean(o3 * o7)
      optimizer adam(lr = 0.01)
    }`,
    counts: batches(5, 1),
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
  "five dimensions": {
    source: `model Five {
      dim batch <= 3
      input x: [batch, 2, 3, 2, 5]
      param w: [5, 2, 3] ~ normal(0, 1)
      y[b, k, i, j, l] = x[b, j, i, l mod 2, k] * w[k, j, i]
      y: [batch, 5, 3, 2, 3]
      output y
      z[i, k] = sum[b, j, l] y[b, k, i, j, l]
      loss mean(z^2)
      optimizer sgd(lr = 0.1)
    }`,
    counts: batches(3, 1),
  },
  products: {
    source: `model Products {
      dim batch <= 66
      input x: [batch, 33]
      input q: [batch, 5, 17]
      param A: [33, 67] ~ normal(0, 0.2)
      param B: [67, 17] ~ normal(0, 0.2)
      y = tanh(x @ A) @ B
      score[b, i, j] = sum[k] q[b, i, k] * q[b, j, k] / 4
      mixed[b, i, k] = sum[j] score[b, i, j] * y[b, k] * q[b, j, k]
      output y
      output mixed
      loss mean(y^2) + mean(mixed^2)
      optimizer sgd(lr = 0.1)
    }`,
    counts: batches(66, 5),
  },
  "a sum long enough to be split": {
    source: `model Split {
      dim batch <= 2
      input x: [batch, 2100]
      param A: [2100, 9] ~ normal(0, 0.05)
      y = x @ A
      output y
      loss mean(y^2)
      optimizer sgd(lr = 0.01)
    }`,
    counts: batches(2, 1),
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
