/** Training: gradients of whole models against central differences, updates by hand, states, randomness. */
import { describe, expect, test } from "vitest";
import { close, model, numbers } from "../support/model.ts";

const gradients: Record<string, { body: string; inputs?: Record<string, number[]>; before?: string }> = {
  "every transposition of a product": {
    body: `param A: [3, 4] ~ normal
      param B: [4, 2] ~ normal
      p[i, j] = sum[k] A[i, k] * B[k, j]
      q[i, j] = sum[k] A[k, i] * A[k, j]
      r[i, j] = sum[k] A[i, k] * A[j, k]
      loss sum(p^2) + sum(sin(q)) + sum(r * r)`,
  },
  broadcasting: {
    body: `param w: [4] ~ normal
      param c: [3, 1] ~ normal
      param s: [] ~ normal
      loss mean((x * w + c) * s * c / (2 + w^2))`,
  },
  "every reducer": {
    body: `param w: [3, 4] ~ normal
      loss sum(prod(w, axis = 1)) + sum(max(w, axis = 0) * 3) + sum(min(w, axis = 1)^2) + mean(w)^2 + max(w) * min(w)`,
  },
  "convolution: stride, padding, dilation": {
    body: `image = reshape(x, 1, 3, 4, 1)
      a = image |> conv2d(2, kernel = 3, pad = 1) |> tanh
      b = a |> conv2d(2, kernel = 2, stride = 2, pad = 1)
      c = a |> conv2d(2, kernel = 2, dilation = 2, pad = 1)
      loss sum(b^2) + sum(c^3)`,
  },
  "convolution in groups": {
    body: `param V: [3, 2, 2, 2] ~ normal
      h[i, c < 4] = x[i, c]
      y[i < 3, f < 4] = sum[u < 3, k < 2] (h[i + u - 1, (f div 2) * 2 + k] else 0) * V[u, k, f div 2, f mod 2]
      loss sum(y^2)`,
  },
  "transposed convolution": {
    body: `param V: [3] ~ normal
      h = x[0]
      y[i < 9] = sum[j, u < 3] if 2 * j + u == i then h[j] * V[u] else 0
      loss sum(y^3)`,
  },
  "pooling with overlaps": {
    body: `image = reshape(x, 1, 3, 4, 1) |> conv2d(2, kernel = 1)
      big[s, i, j, k] = (if training then image[s, i, j, k] else 0)
      loss sum((image |> max_pool2d(2, 1))^2) + sum((big |> avg_pool2d(2, 1))^2)`,
  },
  "softmax and cross-entropy": {
    body: `logits = x |> linear(4)
      loss cross_entropy(logits, label) + mean(softmax(logits)^2)`,
    inputs: { label: [1, 3, 0] },
  },
  "layer norm": { body: "loss sum((x |> linear(5) |> layer_norm())^3)" },
  "batch norm": { body: "loss sum((x |> linear(5) |> batch_norm())^3)" },
  embedding: {
    body: "loss sum((label |> embedding(4, 3))^2) + sum((label |> embedding(5, 3))^3)",
    inputs: { label: [2, 2, 0] },
  },
  "concatenation, slices, padding": {
    body: `param w: [3, 4] ~ normal
      both[i, j < 8] = if j < 4 then w[i, j] else x[i, j - 4] * w[i, 7 - j]
      padded[i < 5, j] = (both[i - 1, j] else 0)
      strided[i < 2, j < 4] = padded[2 * i + 1, 2 * j]
      loss sum(strided^2) + sum(both[1]^3)`,
  },
  reshape: {
    body: `param w: [3, 4] ~ normal
      v = reshape(w, 2, 6)
      f[m < 12] = w[m div 4, m mod 4]
      loss sum(v[0] * v[1]^2) + sum(f^3)`,
  },
  "diagonal reads": {
    body: `param A: [4, 4] ~ normal
      param v: [4] ~ normal
      w[i < 2, j < 3] = v[i] * v[j] * v[i + j]
      loss sum[i] A[i, i] * v[i]^2 * 3 + sum(w^2)`,
  },
  "attention with a mask": {
    body: `q = x |> linear(4)
      k = x |> linear(4)
      v = x |> linear(4)
      score[i, j] = if j <= i then sum[d] q[i, d] * k[j, d] / 2 else -1e9
      a = softmax(score)
      loss sum((a @ v)^2)`,
  },
  "recurrent cell, shared": {
    body: `cell = linear(2)
      step_in = linear(2)
      s: [5, 3, 2]
      s[0, b, j] = 0
      for t in 0..4 {
        h = tanh(cell(s[t]) + step_in(reshape(x[:, t], 3, 1)))
        s[t + 1, b, j] = h[b, j]
      }
      loss sum(s[4]^2) + sum(s[2])`,
  },
  "dropout redraws the same mask": { body: "loss sum(dropout(x |> linear(5), 0.4)^2)" },
  "grad of grad": {
    body: `h = x |> linear(4) |> tanh
      u = sum(h |> linear(1))
      g = grad(u, x)
      loss mean(g^2) + u`,
  },
  "a gradient of a strided convolution's gradient": {
    body: `image = reshape(x, 1, 3, 4, 1)
      c = image |> conv2d(2, kernel = 2, stride = 2, pad = 1) |> tanh
      g = grad(sum(c^2), image)
      loss sum(g^2)`,
  },
};

describe("gradients agree with central differences", () => {
  for (const [name, { body, inputs = {}, before = "" }] of Object.entries(gradients)) {
    for (const simplify of [true, false]) {
      test(`${name}${simplify ? "" : ", raw"}`, () => {
        const source = `${before}model M {\n input x: [3, 4]\n input label: int[3] < 4\n ${body}\n}`;
        const m = model(source, { simplify });
        const error = m.gradientError({ x: numbers(12, 7), label: [0, 0, 0], ...inputs });
        expect(error).toBeLessThan(2e-7);
      });
    }
  }
});

test("prod has its exact gradient at zeros", () => {
  const m = model(
    "model M { param w: [3, 4] ~ normal\n loss sum(prod(w, axis = 1)) + sum[j] prod[i, k < 2] w[i, j] * w[i, k] }",
  );
  const w = m.parameter("w");
  w[1] = w[4] = w[6] = 0;
  expect(m.gradientError()).toBeLessThan(2e-7);
});

describe("what saturates stays finite", () => {
  const far = (body: string, z: number): { loss: number; gradient: number[] } => {
    const m = model(`model M { param z: [2, 1] ~ zeros\n y[b < 2] = if b == 0 then 1 else 0\n ${body} }`);
    m.parameter("z").set([z, z]);
    return { loss: m.backward(), gradient: m.gradient("z") };
  };
  for (const [name, body] of Object.entries({
    "sigmoid and cross-entropy": "p = sigmoid(z)\n loss binary_cross_entropy(p[:, 0], y)",
    "the same through a reshape": "loss binary_cross_entropy(reshape(sigmoid(z), 2), y)",
    "the sigmoid written out": "p = 1 / (1 + exp(-z[:, 0]))\n loss -mean(y * log(p) + (1 - y) * log(1 - p))",
  })) {
    test.each([1000, -1000])(`${name}, at %i`, (z) => {
      const { loss, gradient } = far(body, z);
      expect(loss).toBeCloseTo(500, 9);
      close(gradient, z > 0 ? [0, 0.5] : [-0.5, 0]);
    });
  }
  test("x to the power of a parameter, at 0", () => {
    const m = model("model M { param x: [1] ~ zeros\n param n: [1] ~ ones\n loss sum(x ^ n) }");
    m.backward();
    close(m.gradient("n"), [0]);
  });
});

describe("gradients that are given", () => {
  test("a function may override its derivative", () => {
    const m = model(`fn ste(x) = sign(x) with gradient(x, dy) = 3 * dy * x
      model M { param w: [3] ~ normal
        loss sum(ste(2 * w) * 5) }`);
    m.backward();
    close(
      m.gradient("w"),
      [...m.parameter("w")].map((w) => 5 * 3 * 2 * w * 2),
    );
  });
  test("stop_gradient has none", () => {
    const m = model("model M { param w: [2] ~ ones\n loss sum(w * stop_gradient(w)) }");
    m.backward();
    close(m.gradient("w"), [1, 1]);
  });
  test("of relu at 0 it is 0; of equals, the first has it", () => {
    const m = model("model M { param w: [3] ~ zeros\n loss sum(relu(w)) + max(w) }");
    m.backward();
    close(m.gradient("w"), [1, 0, 0]);
  });
  test("of a parameter that the loss does not reach it is 0", () => {
    const m = model("model M { param w: [2] ~ ones\n param v: [2] ~ ones\n loss sum(w) }");
    m.backward();
    close(m.gradient("v"), [0, 0]);
  });
  test("grad is an output at inference", () => {
    const m = model("model M { input x: [2]\n output g = grad(sum(x^3), x) }");
    close(m.forward({ x: [1, 2] }).g!, [3, 12]);
  });
});

describe("updates", () => {
  test("adam, by hand", () => {
    const m = model("model M { param w: [1] ~ ones\n loss sum(w^2)\n optimizer adam(lr = 0.1) }");
    let [w, a, v] = [1, 0, 0];
    for (let t = 1; t <= 3; t++) {
      const g = 2 * w;
      a = 0.9 * a + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      expect(m.step()).toBeCloseTo(w * w, 12);
      w -= (0.1 * (a / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
      expect(m.parameter("w")[0]).toBeCloseTo(w, 12);
    }
  });
  test("a schedule is an expression of step, a number a hyper", () => {
    const m = model("model M { param w: [1] ~ ones\n loss sum(w)\n optimizer sgd(lr = 1 / step) }");
    expect(m.program.hypers).toEqual([]);
    m.step();
    m.step();
    close(m.parameter("w"), [1 - 1 - 1 / 2]);
  });
  test("a user's own optimizer", () => {
    const m = model(`optimizer mine(rate = 0.5) {
        state seen = 1
        update seen = seen + 1
        update parameter = parameter - rate * gradient * seen
      }
      model M { param w: [1] ~ zeros\n loss sum(3 * w)\n optimizer mine() }`);
    m.step();
    m.step();
    close(m.parameter("w"), [-0.5 * 3 * 2 - 0.5 * 3 * 3]);
    expect(m.program.hypers.map((h) => h.name)).toEqual(["rate"]);
  });
  test("running statistics, unbiased, in step only", () => {
    const m = model(
      "model M { input x: [4, 2]\n y = x |> batch_norm()\n output z = y\n loss sum(y)\n optimizer sgd() }",
    );
    const x = [1, 5, 2, 6, 3, 7, 6, 6];
    m.backward({ x });
    close(m.parameter("y.batch_norm.mean_seen"), [0, 0]);
    m.step({ x });
    close(m.parameter("y.batch_norm.mean_seen"), [0.3, 0.6]);
    const unbiased = [(4 + 1 + 0 + 9) / 3, (1 + 0 + 1 + 0) / 3];
    close(
      m.parameter("y.batch_norm.var_seen"),
      unbiased.map((v) => 0.9 + 0.1 * v),
    );
  });
  test("a state of the model", () => {
    const m = model(
      "model M { input x: [2]\n state s: [2] = 1\n update s[i] = s[1 - i] + x[i]\n param w: [] ~ ones\n loss w }",
    );
    m.step({ x: [10, 20] });
    close(m.parameter("s"), [11, 21]);
    m.step({ x: [0, 1] });
    close(m.parameter("s"), [21, 12]);
  });
});

describe("randomness", () => {
  test("depends on seed, step and place only", () => {
    const source = "model M { output a = x + random()\n output b = x + random()\n input x: [4] }"
      .replace("{ ", "{ input x: [4]\n ")
      .replace("\n input x: [4] }", " }");
    const run = (seed: number): Record<string, number[]> =>
      model(source, { seed }).forward({ x: [0, 0, 0, 0] });
    expect(run(1)).toEqual(run(1));
    expect(run(1).a).not.toEqual(run(2).a);
    expect(run(1).a).not.toEqual(run(1).b);
    expect(new Set(run(1).a).size).toBe(4);
  });
  test("dropout is the identity at inference and rescales in training", () => {
    const m = model(
      "model M { param w: [1000] ~ ones\n d = dropout(w, 0.25)\n output y = d\n loss mean(d) }",
    );
    close(
      m.forward().y!,
      Array.from({ length: 1000 }, () => 1),
    );
    expect(m.backward()).toBeCloseTo(1, 1);
    expect(new Set(m.gradient("w").map((g) => g.toFixed(6)))).toEqual(
      new Set(["0.000000", (1 / 750).toFixed(6)]),
    );
  });
  test("initialisers have the variance they promise", () => {
    const m = model(
      "model M { param w: [200, 100] ~ he_uniform\n param v: [200, 100] ~ normal(1, 2)\n loss sum(w) + sum(v) }",
    );
    const moments = (a: Float64Array): [number, number] => {
      const average = a.reduce((s, z) => s + z, 0) / a.length;
      return [average, a.reduce((s, z) => s + (z - average) ** 2, 0) / a.length];
    };
    const [average, variance] = moments(m.parameter("w"));
    expect(average).toBeCloseTo(0, 2);
    expect(variance).toBeCloseTo(2 / 200, 3);
    const normal = moments(m.parameter("v"));
    expect(normal[0]).toBeCloseTo(1, 1);
    expect(normal[1]).toBeCloseTo(4, 0);
  });
});
