/**
 * Models with what a GPU may get wrong in sizes: those around workgroups, sums long enough to be split, more tensors than a
 * shader can bind.
 */
import type { Odd } from "./odd-values.ts";
import { batches, oddValues } from "./odd-values.ts";

const oddSizes: Readonly<Record<string, Odd>> = {
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
  "tables of several sizes": {
    source: `model Tables {
      dim batch <= 900
      dim words <= 90
      input token: int[batch, 5] < 7
      input word: int[batch, 5] < words
      param A: [7, 3] ~ normal(0, 1)
      param B: [11, 3] ~ normal(0, 1)
      param C: [words, 3] ~ normal(0, 1)
      y[b, d] = sum[t] A[token[b, t], d] * (t + 1)
      z[b, d] = sum[t] B[token[b, t], d] * (t + 1)
      v[b, d] = sum[t] C[word[b, t], d] * (t + 1)
      output y
      loss mean(y^2) + mean(z^2) + mean(v^2)
      optimizer momentum(lr = 0.1)
    }`,
    create: { words: 83 },
    counts: batches(900, 1),
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
};

export const odd: Readonly<Record<string, Odd>> = { ...oddSizes, ...oddValues };
