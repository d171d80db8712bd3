/** From genes to a model. */
import { elementBlocks } from "./blocks.ts";
import type { Choose, Draft, Gene } from "./draft.ts";
import { at, Draw, inputsOf, letters } from "./draft.ts";
import { declarations, networkBlocks } from "./networks.ts";

export type { Draft, Gene };
export { inputsOf };

const blocks = [...elementBlocks, ...networkBlocks, ...elementBlocks.slice(0, 3)];
const optimizers = [
  "sgd(lr = 0.05)",
  "momentum(lr = 0.02)",
  "adam(lr = 0.01)",
  "adamw(lr = cosine(0.01, steps = 5))",
  "nadam(lr = 0.02)\n  optimizer average(decay = 0.5)",
  "lamb(lr = 0.02, gradient = clip_by_norm(gradient, 0.1))",
];
export const largestBatch = 6;

/** Picks in order, then zeros. */
function chooser(picks: readonly number[]): Choose {
  let next = 0;
  return (count) => (picks[next++] ?? 0) % count;
}

export function generate(first: Gene, genes: readonly Gene[]): Draft {
  const d = new Draw();
  const choose = chooser(first.picks);
  d.line(`dim batch <= ${largestBatch}`);
  d.input("x", ["batch", 2 + choose(3)]);
  if (first.block % 2) d.input("row", ["batch", 3, 2 + choose(2)]);
  if (first.block % 3 === 1) d.input("image", ["batch", 4 + choose(2), 5, 1 + choose(2)]);
  if (first.block % 5 < 2) d.input("token", ["batch", 2 + choose(2)], 4);
  if (first.block % 5 > 2) d.input("label", ["batch"], 3);
  // A parameter is a value like any other.
  const size = 2 + choose(3);
  d.add(d.param([size, size]), [size, size]);
  for (const gene of genes) blocks[gene.block % blocks.length]!(d, chooser(gene.picks));
  finish(d, choose);
  const source = `${declarations}\nmodel Random {\n${d.lines.map((l) => `  ${l}\n`).join("")}}\n`;
  return { source, inputs: d.inputs, isDuplicable: d.isDuplicable, isExact: d.isExact };
}

/** The loss takes in what nothing read; some of it is also an output. */
function finish(d: Draw, choose: Choose): void {
  const leaves = d.leaves().slice(-5);
  if (leaves.length === 0) d.define("tanh(x)", d.values[0]!.shape, 1);
  const last = leaves.length > 0 ? leaves : [d.values.at(-1)!];
  last.forEach((v, k) => {
    if (k === 0 || choose(2)) d.line(`output out${k} = ${v.name}`);
  });
  const metric = last[0]!;
  d.line(`metric size = mean(abs(${metric.name}))`);
  const terms = last.map((v) => {
    const classes = v.shape.at(-1);
    const label = d.values.find(
      (n) =>
        n.type === "int" &&
        n.below === classes &&
        n.shape.length === v.shape.length - 1 &&
        n.shape.every((e, k) => e === v.shape[k]),
    );
    const ways = [
      `mean((${v.name} - 0.3)^2)`,
      `mean(${v.name} * sin(${v.name}))`,
      `binary_cross_entropy(sigmoid(${v.name}), 0.3)`,
      `mae(${v.name}, 0.4)`,
      v.shape.length > 0
        ? `(mean[${v.shape.map((_, k) => letters[k]).join(", ")}] softplus(${at(v)}))`
        : `softplus(${v.name})`,
      ...(label
        ? [`cross_entropy(${v.name}, ${label.name})`, `cross_entropy(${v.name} * 3, ${label.name})`]
        : []),
    ];
    return ways[choose(ways.length + (label ? 2 : 0)) % ways.length]!;
  });
  d.line(`loss ${terms.join(" + ")}`);
  d.line(`optimizer ${optimizers[choose(optimizers.length)]!}`);
}
