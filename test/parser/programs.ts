/** Programs that use every construct of the language. */
export const programs: readonly string[] = [
  `// digits.nn — 8×8 grey images, ten classes
model Digits(hidden: int = 64) {
  dim batch <= 128                         // dynamic: any count up to 128 on each call
  input image: [batch, 64]
  input label: int[batch] < 10 /* class ids; checked on the way in */

  h      = image |> linear(hidden) |> relu
  logits = h |> linear(10)

  output probability = softmax(logits)
  metric accuracy = mean(argmax(logits) == label)
  loss cross_entropy(logits, label)
  optimizer adam(lr = 1e-3)
}
`,
  `import { block, cell as step } from "./block.nn"

/// Rectified linear unit.
fn relu(x) = max(0, x)          // the first of equals wins: the derivative at 0 is 0
fn leaky_relu(x, slope = 0.01) = if x > 0 then x else slope * x
fn gelu(x) = x / 2 * (1 + erf(x / sqrt(2)))
fn sign_ste(x) = sign(x) with gradient(x, dy) = dy

/// Probabilities over the last dimension.
fn softmax(z: [...s, n]) -> [...s, n] {
  e[...i, j] = exp(z[...i, j] - stop_gradient(max[k] z[...i, k]))
  return e[...i, j] / sum[k] e[...i, k]
}

layer conv2d(filters: int, kernel: int, stride: int = 1, pad: int = 0)(x: [n, h, w, c])
  -> [n, (h + 2*pad - kernel) div stride + 1, (w + 2*pad - kernel) div stride + 1, filters] {
  param W: [kernel, kernel, c, filters] ~ he_uniform
  param b: [filters] ~ normal(0, 0.01)
  y[s, i, j, f] = b[f] + sum[u, v, k] (x[s, i*stride + u - pad, j*stride + v - pad, k] else 0) * W[u, v, k, f]
  return y
}

layer residual(x: [n, d]) -> [n, d] { return x + inner(x[:, d]) }

layer batch_norm(momentum = 0.9, epsilon = 1e-5)(x: [n, ...s, c]) -> [n, ...s, c] {
  param gain: [c] ~ ones
  state mean_seen: [c] = 0
  m[c] = mean[n, ...i] x[n, ...i, c]
  update mean_seen = momentum * mean_seen + (1 - momentum) * m
  update mean_seen[0] = 1
  y: [n, ...s, c]
  y[a, ...i, b] = if training and not random() < rate then 0 else x[a, ...i, b] * gain[b]
  return y
}
`,
  `optimizer adam(lr = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8) {
  state m = 0
  state v = 0
  update m = beta1 * m + (1 - beta1) * gradient
  update v = beta2 * v + (1 - beta2) * gradient^2
  update parameter = parameter - lr * (m / (1 - beta1^step)) / (sqrt(v / (1 - beta2^step)) + epsilon)
}
model Recurrent {
  dim n = 64
  input token: int[n]
  /// The states.
  s: [n + 1, 4]
  s[0] = h0; total = 0
  for t in 0..n {
    for l in 0..50 { h = h |> linear(50) |> sigmoid }
    s[t + 1, j < 4, ...i] = tanh(-E[token[t], j]^2)
      + U[j]
  }
  output total
  output pooled[b, i < n div 2] = max[u < 2, v] x[b, 2*i + u, v mod 2]
  output typed: [n] = x @ y
}
`,
];
