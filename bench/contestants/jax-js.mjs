/**
 * jax-js on WebAssembly or, in a page, on WebGPU; the whole step is one jitted function. `variant` says how convolutions
 * are computed: "stock", by the library's own operation, or "patches", as a product with the patches of the image.
 *
 * Every operation takes over its arguments; `.ref` keeps one for another use.
 */
import { defaultDevice, init, jit, lax, nn, numpy as np, valueAndGrad } from "@jax-js/jax";

const linear = (x, W, b) => np.matmul(x, W).add(b);

const meanSquare = (y, t) => np.square(y.sub(t)).mean();

/** The mean over all places of −log softmax(logits)[label]. */
function crossEntropy(logits, label) {
  const places = logits.shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const target = nn.oneHot(label, logits.shape.at(-1));
  return nn.logSoftmax(logits).mul(target).sum().div(-places);
}

function binaryCrossEntropy(p, t) {
  const hit = t.ref.mul(np.log(p.ref));
  const miss = np.subtract(1, t).mul(np.log(np.subtract(1, p)));
  return hit.add(miss).mean().neg();
}

function binaryCrossEntropyWithLogits(z, t) {
  return nn.softplus(z.ref).sub(t.mul(z)).mean();
}

function layerNorm(x, gain, shift) {
  const centred = x.ref.sub(x.mean(-1, { keepdims: true }));
  const variance = np.square(centred.ref).mean(-1, { keepdims: true });
  return centred
    .div(np.sqrt(variance.add(1e-5)))
    .mul(gain)
    .add(shift);
}

/** Images are [n, c, h, w] for the stock convolution, and [n, h, w, c] for patches. */
const layouts = {
  stock: {
    places: [2, 3],
    image: (x) => np.transpose(x, [0, 3, 1, 2]),
    kernel: (W) => np.transpose(W, [3, 2, 0, 1]),
    channels: (v) => v.reshape([1, v.shape[0], 1, 1]),
    conv: (x, W, stride, pad) => {
      const padding = [pad, pad];
      return lax.convGeneralDilated(x, W, [stride, stride], [padding, padding]);
    },
    maxPool2: (x) => lax.reduceWindow(x, (w) => np.max(w), [2, 2], [2, 2]),
  },
  patches: {
    places: [1, 2],
    image: (x) => x,
    kernel: (W) => W,
    channels: (v) => v,
    conv: convolvePatches,
    maxPool2: (x) => {
      const [n, h, w, c] = x.shape;
      const [rows, columns] = [Math.floor(h / 2), Math.floor(w / 2)];
      const even = x.slice([], [0, 2 * rows], [0, 2 * columns], []);
      return np.max(even.reshape([n, rows, 2, columns, 2, c]), [2, 4]);
    },
  },
};

function convolvePatches(x, W, stride, pad) {
  const padded = pad > 0 ? np.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]]) : x; // prettier-ignore
  const [n, height, width, channels] = padded.shape;
  const [size, , , filters] = W.shape;
  const rows = Math.floor((height - size) / stride) + 1;
  const columns = Math.floor((width - size) / stride) + 1;
  const shifted = [];
  for (let u = 0; u < size; u++) {
    for (let v = 0; v < size; v++)
      shifted.push(every(every(padded.ref, 1, u, rows, stride), 2, v, columns, stride));
  }
  padded.dispose();
  const patches = shifted.length > 1 ? np.concatenate(shifted, 3) : shifted[0];
  const flat = patches.reshape([n * rows * columns, size * size * channels]);
  return np.matmul(flat, W.reshape([size * size * channels, filters])).reshape([n, rows, columns, filters]);
}

/** `count` places along an axis, from `start` on, `stride` apart. */
function every(x, axis, start, count, stride) {
  const range = (from, to) => x.shape.map((_, a) => (a === axis ? [from, to] : []));
  if (stride === 1) return x.slice(...range(start, start + count));
  const missing = Math.max(0, start + count * stride - x.shape[axis]);
  const longer = missing > 0 ? np.pad(x, x.shape.map((_, a) => [0, a === axis ? missing : 0])) : x; // prettier-ignore
  const kept = longer.slice(...range(start, start + count * stride));
  const split = kept.shape.flatMap((extent, a) => (a === axis ? [count, stride] : [extent]));
  return kept.reshape(split).slice(...split.map((_, a) => (a === axis + 1 ? 0 : [])));
}

function batchNorm(x, gain, shift, layout) {
  const over = { keepdims: true };
  const axes = [0, ...layout.places];
  const centred = x.ref.sub(np.mean(x, axes, over));
  const variance = np.mean(np.square(centred.ref), axes, over);
  const normal = centred.div(np.sqrt(variance.add(1e-5)));
  return normal.mul(layout.channels(gain)).add(layout.channels(shift));
}

function attention(x, W, b, heads) {
  const [n, time, width] = x.shape;
  const split = (z, at) => {
    const part = z.slice([], [], [at * width, (at + 1) * width]);
    return np.transpose(part.reshape([n, time, heads, width / heads]), [0, 2, 1, 3]);
  };
  const z = linear(x, W, b);
  const [q, k, v] = [split(z.ref, 0), split(z.ref, 1), split(z, 2)];
  const score = np.matmul(q, np.transpose(k, [0, 1, 3, 2])).mul(1 / Math.sqrt(width / heads));
  const past = np.tril(np.ones([time, time])).reshape([1, 1, time, time]);
  const weight = nn.softmax(np.where(past.greater(0), score, -1e9), -1);
  return np.transpose(np.matmul(weight, v), [0, 2, 1, 3]).reshape([n, time, width]);
}

function lstmLast(x, W_x, W_h, b, hidden) {
  const [n, time] = x.shape;
  const u = linear(x, W_x, b);
  let h = np.zeros([n, hidden]);
  let c = np.zeros([n, hidden]);
  for (let t = 0; t < time; t++) {
    const z = u.ref.slice([], t, []).add(np.matmul(h, W_h.ref));
    const gate = (at) => z.ref.slice([], [at * hidden, (at + 1) * hidden]);
    const kept = nn.sigmoid(gate(1)).mul(c);
    c = kept.add(nn.sigmoid(gate(0)).mul(np.tanh(gate(2))));
    h = nn.sigmoid(gate(3)).mul(np.tanh(c.ref));
    z.dispose();
  }
  for (const rest of [u, W_h, c]) rest.dispose();
  return h;
}

/** The loss of each workload, from the parameters and the inputs in the order of the model. */
const losses = {
  xor: ([W1, b1, W2, b2], [x, t]) => meanSquare(nn.sigmoid(linear(nn.sigmoid(linear(x, W1, b1)), W2, b2)), t),
  twolayer: ([W1, b1, W2, b2], [x, t]) => meanSquare(linear(nn.relu(linear(x, W1, b1)), W2, b2), t),
  mnist_mlp: ([W1, b1, W2, b2, W3, b3], [x, label]) =>
    crossEntropy(linear(nn.relu(linear(nn.relu(linear(x, W1, b1)), W2, b2)), W3, b3), label),
  deep_sigmoid: (p, [x, t]) => {
    let h = x;
    for (let i = 0; i < p.length; i += 2) h = nn.sigmoid(linear(h, p[i], p[i + 1]));
    return binaryCrossEntropy(h, t);
  },
  cnn: ([K1, c1, K2, c2, K3, c3, W4, b4, W5, b5], [x, label], layout) => {
    const stage = (image, K, c) =>
      layout.maxPool2(nn.relu(layout.conv(image, K, 1, 0).add(layout.channels(c))));
    const h = stage(stage(stage(x, K1, c1), K2, c2), K3, c3);
    const flat = h.reshape([h.shape[0], 64]);
    return crossEntropy(linear(nn.relu(linear(flat, W4, b4)), W5, b5), label);
  },
  transformer: ([E, P, g1, s1, Wz, bz, Wo, bo, g2, s2, W1, b1, W2, b2, W3, b3], [token, next]) => {
    const x = E.slice(token).add(P);
    const a = x.ref.add(linear(attention(layerNorm(x, g1, s1), Wz, bz, 4), Wo, bo));
    const inner = nn.gelu(linear(layerNorm(a.ref, g2, s2), W1, b1));
    return crossEntropy(linear(a.add(linear(inner, W2, b2)), W3, b3), next);
  },
  lstm: ([W_x, W_h, b_x, b_h, W, b], [x, label]) =>
    crossEntropy(linear(lstmLast(x, W_x, W_h, b_x.add(b_h), 64), W, b), label),
  resnet: ([K1, g1, s1, K2, g2, s2, K3, g3, s3, K4, W, b], [x, label], layout) => {
    const { conv } = layout;
    const stem = nn.relu(batchNorm(conv(x, K1, 1, 1), g1, s1, layout));
    const first = nn.relu(batchNorm(conv(stem.ref, K2, 2, 1), g2, s2, layout));
    const second = batchNorm(conv(first, K3, 1, 1), g3, s3, layout);
    const sum = nn.relu(second.add(conv(stem, K4, 2, 0)));
    return crossEntropy(linear(np.mean(sum, layout.places), W, b), label);
  },
  tabular: ([E, W1, b1, W2, b2, W3, b3], [category, x, t]) => {
    // 0 is added because jit refuses a gradient of a lookup that only the lookup takes.
    const nothing = E.ref.slice([0, 1], []).reshape([1, 1, 8]).mul(0);
    const flat = E.slice(category).add(nothing).reshape([x.shape[0], 64]);
    const h1 = nn.relu(linear(np.concatenate([flat, x], 1), W1, b1));
    return binaryCrossEntropyWithLogits(linear(nn.relu(linear(h1, W2, b2)), W3, b3), t);
  },
};

/** The new parameters and memories from gradients, each a list. */
const optimizers = {
  sgd: (rate) => (parameters, gradients, memory) => [
    parameters.map((p, i) => p.sub(gradients[i].mul(rate))),
    memory,
  ],
  adam:
    (rate) =>
    (parameters, gradients, [m, v, count]) => {
      const next = count.add(1);
      const correct = (beta) => np.subtract(1, np.exp(next.ref.mul(Math.log(beta))));
      const [c1, c2] = [correct(0.9), correct(0.999)];
      const m2 = m.map((old, i) => old.mul(0.9).add(gradients[i].ref.mul(0.1)));
      const v2 = v.map((old, i) => old.mul(0.999).add(np.square(gradients[i]).mul(0.001)));
      const moved = parameters.map((p, i) => {
        const size = np.sqrt(v2[i].ref.div(c2.ref)).add(1e-8);
        return p.sub(m2[i].ref.div(c1.ref).mul(rate).div(size));
      });
      for (const rest of [c1, c2]) rest.dispose();
      return [moved, [m2, v2, next]];
    },
};

/** A function that takes a step and gives its loss, which may not be computed yet. */
async function prepare(backend, { workload, variant, optimizer, parameters: given, inputs: data }) {
  const available = await init(backend);
  if (!available.includes(backend)) throw new Error(`jax-js has no backend ${backend} here`);
  defaultDevice(backend);
  const layout = layouts[variant];
  const tensor = ({ shape, values }) => np.array(values).reshape(shape);
  const kernel = (t) => (t.shape.length === 4 ? layout.kernel(tensor(t)) : tensor(t));
  const picture = (t) => (t.shape.length === 4 ? layout.image(tensor(t)) : tensor(t));
  const inputs = data.map(picture);
  let parameters = given.map(kernel);
  const zeros = () => parameters.map((p) => np.zeros(p.shape));
  let memory = optimizer.kind === "adam" ? [zeros(), zeros(), np.array(0)] : [];
  const update = optimizers[optimizer.kind](optimizer.rate);

  const step = jit((p, state, batch) => {
    const lossOf = (q) => losses[workload](q, batch, layout);
    const [loss, gradients] = valueAndGrad(lossOf)(p.map((x) => x.ref));
    return [loss, ...update(p, gradients, state)];
  });
  return () => {
    const [loss, ...next] = step(parameters, memory, inputs.map((x) => x.ref)); // prettier-ignore
    [parameters, memory] = next;
    return loss;
  };
}

export async function create(options) {
  const step = await prepare("wasm", options);
  return () => step().item();
}

/** In a page: takes so many steps, and gives the loss of the last when it is there. */
export async function createInPage(options) {
  const step = await prepare("webgpu", options);
  return async (count) => {
    for (let i = 1; i < count; i++) step().dispose();
    return step().jsAsync();
  };
}
