/** Small models of every kind. */
export const models: Readonly<Record<string, string>> = {
  digits: `model Digits(hidden: int = 5) {
    dim batch <= 4
    input image: [batch, 6]
    input label: int[batch] < 3
    h = image |> linear(hidden) |> relu
    logits = h |> linear(3)
    output probability = softmax(logits)
    metric accuracy = mean(argmax(logits) == label)
    loss cross_entropy(logits, label)
    optimizer adam(lr = 1e-3)
  }`,
  convolution: `model Pictures {
    dim batch <= 3
    input x: [batch, 6, 6, 1]
    input label: int[batch] < 2
    h = x |> conv2d(2, kernel = 3, stride = 2, pad = 1) |> relu
    p = h |> max_pool2d(2, stride = 1)
    logits = flatten(p) |> linear(2)
    output probability = softmax(logits)
    loss cross_entropy(logits, label)
    optimizer sgd(lr = 0.1)
  }`,
  normalised: `model Normalised {
    dim batch <= 4
    input x: [batch, 5]
    input y: [batch, 3]
    h = x |> linear(4) |> batch_norm() |> gelu
    k = dropout(h, 0.3) |> linear(3) |> layer_norm()
    output out = k
    loss mse(k, y)
    optimizer momentum(lr = 0.1)
  }`,
  language: `model Language {
    dim batch <= 3
    input token: int[batch, 4] < 6
    input next: int[batch, 4] < 6
    x = token |> embedding(6, 4) |> layer_norm()
    q = x |> linear(4, bias = false)
    k = x |> linear(4, bias = false)
    v = x |> linear(4, bias = false)
    score[b, t, s] = if s <= t then (sum[c] q[b, t, c] * k[b, s, c]) / 2 else -1e30
    weight = softmax(score)
    mixed[b, t, c] = sum[s] weight[b, t, s] * v[b, s, c]
    logits = mixed |> linear(6)
    output probability = softmax(logits)
    loss cross_entropy(logits, next)
    optimizer adamw(lr = 0.01)
  }`,
  recurrent: `model Recurrent {
    dim batch <= 3
    input x: [batch, 4, 2]
    input y: [batch, 3]
    cell = linear(3)
    out = linear(3)
    s = tanh(cell(x[:, 0]))
    for t in 1..4 { s = tanh(cell(x[:, t]) + out(s)) }
    loss mse(s, y)
    optimizer sgd(lr = 0.1)
  }`,
  created: `model Created {
    dim batch <= 4
    dim classes <= 6
    input x: [batch, 3]
    input label: int[batch] < classes
    param W: [3, classes] ~ he_uniform
    param b: [classes] ~ zeros
    logits[i, c] = sum[k] x[i, k] * W[k, c] + b[c]
    output probability = softmax(logits)
    metric accuracy = mean(argmax(logits) == label)
    loss cross_entropy(logits, label)
    optimizer adam(lr = 0.01)
  }`,
  views: `model Views {
    dim batch <= 4
    input x: [batch, 3]
    output column = reshape(x, batch, 3, 1)
    loss mean(column^2)
  }`,
  worst: `model Worst {
    dim batch <= 4
    input label: int[batch] < 3
    v = label |> embedding(3, 2)
    worst[j] = min[b] v[b, j]
    loss mean((v - worst)^2)
    optimizer sgd(lr = 0.1)
  }`,
};
