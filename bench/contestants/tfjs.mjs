/**
 * TensorFlow.js; `variant` is its backend, "cpu", "wasm" (with SIMD, one thread) or, in a page, "webgpu". It runs as a
 * bundle, because Node can't import the gradients from the package.
 */
import * as tf from "@tensorflow/tfjs-core";

const linear = (x, W, b) => tf.add(tf.matMul(x, W), b);

/** A linear map over the last of three dimensions. */
function linearEach(x, W, b) {
  const [n, time, width] = x.shape;
  return tf.reshape(linear(tf.reshape(x, [n * time, width]), W, b), [n, time, W.shape[1]]);
}

const meanSquare = (y, t) => tf.mean(tf.squaredDifference(y, t));

function crossEntropy(logits, label) {
  const classes = logits.shape.at(-1);
  const flat = tf.reshape(logits, [-1, classes]);
  return tf.losses.softmaxCrossEntropy(tf.oneHot(tf.reshape(label, [-1]), classes), flat);
}

function binaryCrossEntropy(p, t) {
  const hit = tf.mul(t, tf.log(p));
  const miss = tf.mul(tf.sub(1, t), tf.log(tf.sub(1, p)));
  return tf.neg(tf.mean(tf.add(hit, miss)));
}

/** Over the last dimension or over `axes`. */
function normalise(x, gain, shift, axes = [x.rank - 1]) {
  const { mean, variance } = tf.moments(x, axes, true);
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), gain), shift);
}

const batchNorm = (x, gain, shift) => normalise(x, gain, shift, [0, 1, 2]);

/**
 * Rows of a table. Its gradient is a product, since that of `gather` is missing in the backend of WebAssembly, and slow
 * in the other.
 */
function rows(table, ids) {
  const [count, width] = table.shape;
  return tf.customGrad((E, save) => {
    save([]);
    const gradFunc = (dy) =>
      tf.matMul(tf.oneHot(tf.reshape(ids, [-1]), count), tf.reshape(dy, [-1, width]), true, false);
    return { value: tf.gather(E, ids), gradFunc };
  })(table);
}

/** With tanh, as the others have it. */
function gelu(x) {
  const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.mul(x, tf.square(x)))));
  return tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(inner)));
}

function attention(x, W, b, heads) {
  const [n, time, width] = x.shape;
  const [q, k, v] = tf
    .split(linearEach(x, W, b), 3, 2)
    .map((z) => tf.transpose(tf.reshape(z, [n, time, heads, width / heads]), [0, 2, 1, 3]));
  const score = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(width / heads));
  const future = tf.sub(tf.linalg.bandPart(tf.ones([time, time]), -1, 0), 1);
  const weight = tf.softmax(tf.add(score, tf.mul(1e9, future)));
  return tf.reshape(tf.transpose(tf.matMul(weight, v), [0, 2, 1, 3]), [n, time, width]);
}

function lstmLast(x, W_x, W_h, b, hidden) {
  const [n] = x.shape;
  let h = tf.zeros([n, hidden]);
  let c = tf.zeros([n, hidden]);
  for (const u of tf.unstack(linearEach(x, W_x, b), 1)) {
    const z = tf.add(u, tf.matMul(h, W_h));
    const [i, f, g, o] = tf.split(z, 4, 1);
    c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
    h = tf.mul(tf.sigmoid(o), tf.tanh(c));
  }
  return h;
}

/** The loss of each workload, from the parameters and the inputs in the order of the model. */
const losses = {
  xor: ([W1, b1, W2, b2], [x, t]) => meanSquare(tf.sigmoid(linear(tf.sigmoid(linear(x, W1, b1)), W2, b2)), t),
  twolayer: ([W1, b1, W2, b2], [x, t]) => meanSquare(linear(tf.relu(linear(x, W1, b1)), W2, b2), t),
  mnist_mlp: ([W1, b1, W2, b2, W3, b3], [x, label]) =>
    crossEntropy(linear(tf.relu(linear(tf.relu(linear(x, W1, b1)), W2, b2)), W3, b3), label),
  deep_sigmoid: (p, [x, t]) => {
    let h = x;
    for (let i = 0; i < p.length; i += 2) h = tf.sigmoid(linear(h, p[i], p[i + 1]));
    return binaryCrossEntropy(h, t);
  },
  cnn: ([K1, c1, K2, c2, K3, c3, W4, b4, W5, b5], [x, label]) => {
    const stage = (image, K, c) =>
      tf.maxPool(tf.relu(tf.add(tf.conv2d(image, K, 1, "valid"), c)), 2, 2, "valid");
    const h = tf.reshape(stage(stage(stage(x, K1, c1), K2, c2), K3, c3), [-1, 64]);
    return crossEntropy(linear(tf.relu(linear(h, W4, b4)), W5, b5), label);
  },
  transformer: ([E, P, g1, s1, Wz, bz, Wo, bo, g2, s2, W1, b1, W2, b2, W3, b3], [token, next]) => {
    const x = tf.add(rows(E, token), P);
    const a = tf.add(x, linearEach(attention(normalise(x, g1, s1), Wz, bz, 4), Wo, bo));
    const inner = gelu(linearEach(normalise(a, g2, s2), W1, b1));
    return crossEntropy(linearEach(tf.add(a, linearEach(inner, W2, b2)), W3, b3), next);
  },
  lstm: ([W_x, W_h, b_x, b_h, W, b], [x, label]) =>
    crossEntropy(linear(lstmLast(x, W_x, W_h, tf.add(b_x, b_h), 64), W, b), label),
  resnet: ([K1, g1, s1, K2, g2, s2, K3, g3, s3, K4, W, b], [x, label]) => {
    const stem = tf.relu(batchNorm(tf.conv2d(x, K1, 1, 1), g1, s1));
    const first = tf.relu(batchNorm(tf.conv2d(stem, K2, 2, 1), g2, s2));
    const second = batchNorm(tf.conv2d(first, K3, 1, 1), g3, s3);
    const sum = tf.relu(tf.add(second, tf.conv2d(stem, K4, 2, "valid")));
    return crossEntropy(linear(tf.mean(sum, [1, 2]), W, b), label);
  },
  tabular: ([E, W1, b1, W2, b2, W3, b3], [category, x, t]) => {
    const flat = tf.reshape(rows(E, category), [-1, 64]);
    const h1 = tf.relu(linear(tf.concat([flat, x], 1), W1, b1));
    const z = linear(tf.relu(linear(h1, W2, b2)), W3, b3);
    return tf.mean(tf.sub(tf.softplus(z), tf.mul(t, z)));
  },
};

const optimizers = {
  sgd: (rate) => tf.train.sgd(rate),
  adam: (rate) => tf.train.adam(rate, 0.9, 0.999, 1e-8),
};

const backends = {
  cpu: () => import("@tensorflow/tfjs-backend-cpu"),
  wasm: async (folder) => {
    const { fileURLToPath } = await import("node:url");
    const { setThreadsCount, setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    setWasmPaths(fileURLToPath(new URL("../node_modules/@tensorflow/tfjs-backend-wasm/dist/", folder)));
    setThreadsCount(1);
  },
  webgpu: () => import("@tensorflow/tfjs-backend-webgpu"),
};

/** A function that takes a step and gives its loss, which may not be computed yet. */
async function prepare({ workload, variant, folder, optimizer: { kind, rate }, parameters, inputs }) {
  await import("@tensorflow/tfjs-core/dist/register_all_gradients.js");
  tf.enableProdMode();
  await backends[variant](folder);
  if (!(await tf.setBackend(variant))) throw new Error(`TensorFlow.js has no backend ${variant} here`);
  const tensor = ({ shape, values }) => tf.tensor(values, shape);
  const batch = inputs.map(tensor);
  const variables = parameters.map((p) => tf.variable(tensor(p)));
  const optimizer = optimizers[kind](rate);
  return () => optimizer.minimize(() => losses[workload](variables, batch), true, variables);
}

export async function create(options) {
  const step = await prepare(options);
  return () => {
    const loss = step();
    const [value] = loss.dataSync();
    loss.dispose();
    return value;
  };
}

/** In a page: takes so many steps, and gives the loss of the last when it is there. */
export async function createInPage(options) {
  const step = await prepare({ ...options, variant: "webgpu" });
  return async (count) => {
    for (let i = 1; i < count; i++) step().dispose();
    const loss = step();
    const [value] = await loss.data();
    loss.dispose();
    return value;
  };
}
