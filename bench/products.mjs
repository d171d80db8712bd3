/**
 * The products of `mnist_mlp`, as level 2 makes them in JavaScript, beside one written by hand: four by four sums at a
 * time, both factors packed into panels. `npm run products`; the share is what counts, since both run side by side.
 */
import { loadCompiler } from "./compile.mjs";

const { compile } = await loadCompiler();
const rounds = Number(process.argv[2] ?? 30);

/** y[i, j] = Σ_k a·b, of which either factor may be stored across. */
const products = [
  ["64×784 · 784×512", 64, 784, 512, "i, k", "k, j"],
  ["64×512 · 512×512", 64, 512, 512, "i, k", "k, j"],
  ["64×512 · (512×512)ᵀ", 64, 512, 512, "i, k", "j, k"],
  ["(64×784)ᵀ · 64×512", 784, 64, 512, "k, i", "k, j"],
  ["(64×512)ᵀ · 64×512", 512, 64, 512, "k, i", "k, j"],
];

async function generated(m, depth, n, left, right) {
  const shape = (at) => at.replace("i", m).replace("k", depth).replace("j", n);
  const source = `model Product {
    input a: [${shape(left)}]
    input b: [${shape(right)}]
    y[i, j] = sum[k] a[${left}] * b[${right}]
    output z = y
  }`;
  const { outputs, diagnostics } = await compile(source, { level: 2, language: "javascript" });
  if (outputs.length === 0) throw new Error(diagnostics.map((d) => d.message).join("\n"));
  const text = outputs.find((o) => o.kind === "module").text;
  const { Product } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  const model = Product.create();
  return (inputs) => model.forward(inputs).z;
}

/** Copies four columns at a time of a matrix with these strides, so that a step along the sum is four neighbours. */
function pack(panel, from, columns, depth, columnStride, stepStride) {
  let at = 0;
  for (let column = 0; column < columns; column += 4) {
    for (let k = 0; k < depth; k++) {
      const start = column * columnStride + k * stepStride;
      panel[at] = from[start];
      panel[at + 1] = from[start + columnStride];
      panel[at + 2] = from[start + 2 * columnStride];
      panel[at + 3] = from[start + 3 * columnStride];
      at += 4;
    }
  }
}

function multiply(out, a, b, m, depth, n) {
  for (let j = 0; j < n; j += 4) {
    for (let i = 0; i < m; i += 4) {
      let s00 = 0;
      let s01 = 0;
      let s02 = 0;
      let s03 = 0;
      let s10 = 0;
      let s11 = 0;
      let s12 = 0;
      let s13 = 0;
      let s20 = 0;
      let s21 = 0;
      let s22 = 0;
      let s23 = 0;
      let s30 = 0;
      let s31 = 0;
      let s32 = 0;
      let s33 = 0;
      let p = i * depth;
      let q = j * depth;
      for (let k = 0; k < depth; k++, p += 4, q += 4) {
        const b0 = b[q];
        const b1 = b[q + 1];
        const b2 = b[q + 2];
        const b3 = b[q + 3];
        let x = a[p];
        s00 += x * b0;
        s01 += x * b1;
        s02 += x * b2;
        s03 += x * b3;
        x = a[p + 1];
        s10 += x * b0;
        s11 += x * b1;
        s12 += x * b2;
        s13 += x * b3;
        x = a[p + 2];
        s20 += x * b0;
        s21 += x * b1;
        s22 += x * b2;
        s23 += x * b3;
        x = a[p + 3];
        s30 += x * b0;
        s31 += x * b1;
        s32 += x * b2;
        s33 += x * b3;
      }
      let at = i * n + j;
      out[at] = s00;
      out[at + 1] = s01;
      out[at + 2] = s02;
      out[at + 3] = s03;
      at += n;
      out[at] = s10;
      out[at + 1] = s11;
      out[at + 2] = s12;
      out[at + 3] = s13;
      at += n;
      out[at] = s20;
      out[at + 1] = s21;
      out[at + 2] = s22;
      out[at + 3] = s23;
      at += n;
      out[at] = s30;
      out[at + 1] = s31;
      out[at + 2] = s32;
      out[at + 3] = s33;
    }
  }
}

function byHand(m, depth, n, left, right) {
  const out = new Float32Array(m * n);
  const [rows, columns] = [new Float64Array(m * depth), new Float64Array(depth * n)];
  const [rowStride, leftStep] = left === "i, k" ? [depth, 1] : [1, m];
  const [columnStride, rightStep] = right === "k, j" ? [1, n] : [depth, 1];
  return ({ a, b }) => {
    pack(rows, a, m, depth, rowStride, leftStep);
    pack(columns, b, n, depth, columnStride, rightStep);
    multiply(out, rows, columns, m, depth, n);
    return out;
  };
}

/** The least time of a call, in seconds, out of some. */
function least(run, inputs, calls) {
  let best = Infinity;
  for (let call = 0; call < calls; call++) {
    const began = performance.now();
    run(inputs);
    best = Math.min(best, performance.now() - began);
  }
  return best / 1000;
}

const random = (count) => Float32Array.from({ length: count }, () => Math.random() - 0.5);
const contestants = [];
for (const [name, m, depth, n, left, right] of products) {
  const inputs = { a: random(m * depth), b: random(depth * n) };
  const runs = [await generated(m, depth, n, left, right), byHand(m, depth, n, left, right)];
  const [ours, wanted] = runs.map((run) => Float32Array.from(run(inputs)));
  if (ours.some((v, i) => Math.abs(v - wanted[i]) > 1e-4)) throw new Error(`${name}: the results differ`);
  contestants.push({ name, operations: 2 * m * depth * n, inputs, runs, best: [Infinity, Infinity] });
}
for (let round = 0; round < rounds; round++) {
  for (const c of contestants)
    c.runs.forEach((run, which) => (c.best[which] = Math.min(c.best[which], least(run, c.inputs, 4))));
}
console.log(`${"GFLOP/s".padEnd(24)}generated  by hand  share`);
for (const { name, operations, best } of contestants) {
  const [ours, hand] = best.map((seconds) => operations / seconds / 1e9);
  const share = `${Math.round((100 * ours) / hand)} %`;
  console.log(
    `${name.padEnd(24)}${ours.toFixed(2).padStart(9)}${hand.toFixed(2).padStart(9)}${share.padStart(7)}`,
  );
}
