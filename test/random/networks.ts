/** Blocks of networks: products, layers, images, loops, parts, derivatives inside the model. */
import type { Block } from "./blocks.ts";
import { fixed, hasFixed, replace } from "./blocks.ts";
import type { Value } from "./draft.ts";
import { at, isFloat, letters } from "./draft.ts";

const endsFixed = (v: Value): boolean => isFloat(v) && v.shape.length > 0 && v.shape.at(-1) !== "batch";
const hasBatch = (v: Value): boolean => isFloat(v) && v.shape[0] === "batch";

const product: Block = (d, choose) => {
  const v = d.find(choose, endsFixed);
  if (!v) return;
  const n = v.shape.at(-1)!;
  const units = 1 + choose(4);
  const shape = [...v.shape.slice(0, -1), units];
  const last = v.shape.length - 1;
  const w = d.param([n, units]);
  switch (choose(3)) {
    case 0:
      return void d.define(`sum[q] ${at(v, { [last]: "q" })} * ${w}[q, ${letters[last]}]`, shape, 9, true);
    case 1:
      if (v.shape.length < 2) return;
      return void d.define(`${v.name} @ ${w}`, shape, 9);
    default: {
      const bias = d.param([units]);
      return void d.define(
        `(sum[q] ${at(v, { [last]: "q" })} * ${w}[q, ${letters[last]}]) + ${bias}[${letters[last]}]`,
        shape,
        9,
        true,
      );
    }
  }
};

/** Layers and functions of the library that keep or only change the last dimension. */
const layer: Block = (d, choose) => {
  const v = d.find(choose, (x) => endsFixed(x) && x.shape.length > 1);
  if (!v) return;
  const units = 1 + choose(4);
  const ways: readonly (() => unknown)[] = [
    () => d.define(`${v.name} |> linear(${units})`, [...v.shape.slice(0, -1), units], 9),
    () =>
      d.define(`${v.name} |> linear(${units}, bias = false) |> silu`, [...v.shape.slice(0, -1), units], 9),
    () => d.define(`softmax(${v.name})`, v.shape, 1),
    () => d.define(`log_softmax(${v.name})`, v.shape, 9),
    () => d.define(`${v.name} |> layer_norm(epsilon = 0.1)`, v.shape, 3),
    () => v.shape[0] === "batch" && d.define(`${v.name} |> batch_norm(epsilon = 0.1)`, v.shape, 3),
    () => {
      d.isDuplicable = false;
      d.define(`dropout(${v.name}, 0.3)`, v.shape, 4);
    },
    () => d.define(`${v.name} |> twice()`, v.shape, 3),
    () => {
      d.isExact = false;
      d.define(`bent(${v.name}) * 0.5`, v.shape, 2);
    },
    () => {
      d.isExact = false;
      d.define(`stop_gradient(${v.name}) * ${v.name}`, v.shape, 9);
    },
  ];
  ways[choose(ways.length)]!();
};

/** Functions and a layer that the user wrote. */
export const declarations = `
fn bent(x) = sign(x) + x with gradient(x, dy) = dy * (1 - tanh(x)^2)
layer twice()(x: [...s, n]) -> [...s, n] {
  half = linear(n)
  y = x |> half |> tanh
  return (y |> half |> tanh) + x / 3
}
`;

/** Places of one sequence against each other. */
const attention: Block = (d, choose) => {
  const v = d.find(
    choose,
    (x) =>
      hasFixed(x) && x.shape.length === 3 && hasBatch(x) && x.shape[1] !== "batch" && x.shape[2] !== "batch",
  );
  if (!v) return;
  const t = v.shape[1]!;
  const score = d.define(
    `sum[q] ${v.name}[b, i, q] * ${v.name}[b, j, q] / sqrt(${v.shape[2]})`,
    ["batch", t, t],
    9,
    true,
  );
  const masked = choose(2)
    ? d.define(`if j <= i then ${score}[b, i, j] else -1e4`, ["batch", t, t], 1, true)
    : score;
  const weight = d.define(`softmax(${masked})`, ["batch", t, t], 1);
  d.values.splice(
    d.values.findIndex((x) => x.name === masked),
    1,
  );
  d.define(`sum[q] ${weight}[b, i, q] * ${v.name}[b, q, j]`, v.shape, 3, true);
};

const transposed: Block = (d, choose) => {
  const v = d.find(choose, (x) => isFloat(x) && x.shape.length >= 2);
  if (!v) return;
  const p = choose(v.shape.length - 1);
  const shape = v.shape.map((e, k) => (k === p ? v.shape[p + 1]! : k === p + 1 ? v.shape[p]! : e));
  d.define(at(v, { [p]: letters[p + 1]!, [p + 1]: letters[p]! }), shape, 3, true);
};

const diagonal: Block = (d, choose) => {
  const v = d.find(choose, (x) => isFloat(x) && x.shape.length >= 2 && x.shape.at(-1) === x.shape.at(-2));
  if (!v) return;
  const last = v.shape.length - 1;
  if (choose(2)) return void d.define(at(v, { [last]: letters[last - 1]! }), v.shape.slice(0, -1), 3, true);
  d.define(
    `if ${letters[last]} == ${letters[last - 1]} then ${at(v)} else 0.1 * ${at(v)}^2`,
    v.shape,
    3,
    true,
  );
};

const reshaped: Block = (d, choose) => {
  const v = d.find(choose, (x) => hasBatch(x) && x.shape.length > 1 && x.shape.lastIndexOf("batch") === 0);
  if (!v) return;
  const n = v.shape.slice(1).reduce<number>((product, e) => product * (e as number), 1);
  const divisors = Array.from({ length: n }, (_, k) => k + 1).filter((k) => n % k === 0);
  const f = divisors[choose(divisors.length)]!;
  if (choose(3) === 0) return void d.define(`flatten(${v.name})`, ["batch", n], 3);
  d.define(`reshape(${v.name}, batch, ${n / f}, ${f})`, ["batch", n / f, f], 3);
};

/** A definition in parts: places of its own, then the rest. */
const parts: Block = (d, choose) => {
  const v = d.find(choose, hasFixed);
  if (!v) return;
  const [k, e] = fixed(v, choose);
  const name = d.fresh("v");
  const left = (s: string): string =>
    `${name}[${v.shape.map((_, n) => (n === k ? s : letters[n])).join(", ")}]`;
  const i = letters[k]!;
  d.line(`${name}: [${replace(v.shape, k, e + 1).join(", ")}]`);
  const first = choose(2) ? "0.25" : `${at(v, { [k]: "0" })} / 2`;
  if (choose(2)) {
    d.line(`${left("0")} = ${first}`);
    d.line(`${left(`${i} + 1`)} = ${at(v)}`);
  } else {
    d.line(`for t in 0..${e} { ${left("t")} = ${at(v, { [k]: "t" })} * 0.9 }`);
    d.line(`${left(String(e))} = ${first}`);
  }
  d.add(name, replace(v.shape, k, e + 1));
};

/** A recurrence over a dimension, each place from the one before. */
const recurrence: Block = (d, choose) => {
  const v = d.find(
    choose,
    (x) => hasBatch(x) && x.shape.length === 3 && x.shape[1] !== "batch" && x.shape[2] !== "batch",
  );
  if (!v) return;
  const [, t, n] = v.shape as ["batch", number, number];
  const w = d.param([n, n]);
  const name = d.fresh("v");
  const start = choose(2) ? "0" : `${v.name}[b, 0, j]`;
  d.line(`${name}: [${t + 1}, batch, ${n}]`);
  d.line(`${name}[0, b, j] = ${start}`);
  d.line(
    `for t in 0..${t} { ${name}[t + 1, b, j] = tanh(${v.name}[b, t, j] + sum[q] ${name}[t, b, q] * ${w}[q, j]) }`,
  );
  d.add(name, [t + 1, "batch", n]);
};

/** The same definition, carried from turn to turn. */
const carried: Block = (d, choose) => {
  const v = d.find(choose, (x) => endsFixed(x) && x.shape.length >= 2);
  if (!v) return;
  const n = v.shape.at(-1)!;
  const name = d.fresh("v");
  d.line(`${name} = ${v.name}`);
  const turn = choose(2) ? `linear(${n})` : "twice()";
  d.line(`for l in 0..${1 + choose(3)} { ${name} = tanh(${name} |> ${turn}) + ${name} / (l + 2) }`);
  d.define(`tanh(${name})`, v.shape, 1);
};

const image: Block = (d, choose) => {
  const v = d.find(
    choose,
    (x) =>
      hasBatch(x) &&
      x.shape.length === 4 &&
      x.shape.lastIndexOf("batch") === 0 &&
      Math.min(...(x.shape.slice(1, 3) as number[])) >= 3,
  );
  if (!v) return;
  const [, h, w, c] = v.shape as ["batch", number, number, number];
  const size = (e: number, kernel: number, stride: number, pad = 0, dilation = 1): number =>
    Math.floor((e + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1;
  const stride = 1 + choose(3);
  switch (choose(3)) {
    case 0: {
      const kernel = 1 + choose(3);
      const pad = choose(2) + (kernel > 2 ? 1 : 0);
      const dilation = kernel > 1 && pad > 1 ? 2 : 1;
      const shape = [
        "batch",
        size(h, kernel, stride, pad, dilation),
        size(w, kernel, stride, pad, dilation),
        2,
      ] as const;
      return void d.define(
        `${v.name} |> conv2d(2, kernel = ${kernel}, stride = ${stride}, pad = ${pad}, dilation = ${dilation})`,
        shape,
        9,
      );
    }
    case 1:
      return void d.define(
        `${v.name} |> max_pool2d(2, ${stride})`,
        ["batch", size(h, 2, stride), size(w, 2, stride), c],
        3,
      );
    default: {
      const window = 2 + choose(2);
      const shape = ["batch", size(h, window, stride), size(w, window, stride), c] as const;
      return void d.define(`${v.name} |> avg_pool2d(${window}, ${stride})`, shape, 3);
    }
  }
};

/** The derivative of a scalar by a definition or input. */
const derivative: Block = (d, choose) => {
  const u = d.find(choose, (x) => isFloat(x) && x.shape.length > 0 && x.name.startsWith("v"));
  if (!u) return;
  const x = d.find(choose, (v) => isFloat(v))!;
  const scalar = d.fresh("u");
  d.line(`${scalar} = sum(${u.name}^2)`);
  const name = d.fresh("g");
  d.line(`${name} = grad(${scalar}, ${x.name})`);
  // By what has no batch, the sum over twice as many examples is twice as large.
  if (!x.shape.includes("batch") || !u.shape.includes("batch")) d.isDuplicable = false;
  d.values.push({ name, shape: x.shape, type: "float", below: 0 });
  d.define(`tanh(${name})`, x.shape, 1);
};

/** A state with an update, and rows against other rows. */
const across: Block = (d, choose) => {
  const v = d.find(choose, (x) => hasBatch(x) && x.shape.lastIndexOf("batch") === 0 && x.shape.length > 1);
  if (!v) return;
  if (choose(2)) {
    const s = d.fresh("s");
    d.line(`state ${s}: [${v.shape.slice(1).join(", ")}] = 0.5`);
    d.line(`update ${s} = 0.9 * ${s} + 0.1 * mean(${v.name}, axis = 0)`);
    return void d.define(`${v.name} * ${s}`, v.shape, 3);
  }
  d.isDuplicable = false;
  d.define(`(${at(v, { 0: "b - 1" })} else 0) + ${at(v)} * b / batch`, v.shape, 6, true);
};

export const networkBlocks: readonly Block[] = [
  product,
  layer,
  layer,
  attention,
  transposed,
  diagonal,
  reshaped,
  parts,
  recurrence,
  carried,
  image,
  derivative,
  across,
];
