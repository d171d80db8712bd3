import { costOf } from "../../../src/ir/cost.ts";
import { printTensor } from "../../../src/ir/printer.ts";
import type { Digits } from "../../training/digits-data.mjs";
import { loadDigits } from "../../training/digits-data.mjs";
import { generator, shuffled } from "../../training/random.mjs";
import type { Generated } from "../support/compile.ts";
import { compile, generate, parameterCounts } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { figure, table } from "../support/text.ts";

const model = new URL("09-cnn.nn", import.meta.url);

const [small, large, batchSize] = [8, 32, 64];

/** Examples as the network takes them: each pixel of an 8 × 8 digit becomes 4 × 4 equal ones. */
function batchOf({ image, label }: Digits, indices: readonly number[]) {
  const scale = large / small;
  const images = new Float32Array(indices.length * large * large);
  indices.forEach((from, to) => {
    for (let cell = 0; cell < large * large; cell++) {
      const [row, column] = [Math.floor(cell / large / scale), Math.floor((cell % large) / scale)];
      images[to * large * large + cell] = image[from * small * small + row * small + column]!;
    }
  });
  return { image: images, label: Int32Array.from(indices, (i) => label[i]!) };
}

const pieces = (order: readonly number[]): number[][] =>
  Array.from({ length: Math.ceil(order.length / batchSize) }, (_, i) =>
    order.slice(i * batchSize, (i + 1) * batchSize),
  );

function accuracy(net: Generated, digits: Digits, count: number): number {
  const order = Array.from({ length: count }, (_, i) => i);
  const right = pieces(order).map(
    (piece) => net.evaluate(batchOf(digits, piece))["accuracy"]! * piece.length,
  );
  return right.reduce((sum, n) => sum + n, 0) / count;
}

/** The network, not yet trained, and what can be said of it. */
export async function build() {
  const compiled = compile(model);
  const { backward, forward } = compiled.graphs;
  const shapes = compiled.program.forward
    .flatMap((s) => (s.kind === "gradient" ? [] : [s.tensor]))
    .filter((t, i, all) => /^(a\d|features|h|logits)$/.test(t.name) && all.indexOf(t) === i)
    .map(printTensor);
  return {
    shapes,
    counts: parameterCounts(compiled),
    operations: {
      forward: costOf(forward.statements).operations / batchSize,
      training: costOf(backward.statements).operations / batchSize,
    },
    net: (await generate(compiled, 2)).create({ seed: 1 }),
  };
}

/** The losses of some steps on one batch. */
export function steps(net: Generated, count: number): number[] {
  const batch = batchOf(
    loadDigits().train,
    Array.from({ length: 4 }, (_, i) => i),
  );
  return Array.from({ length: count }, () => net.step(batch));
}

async function show(page: Page) {
  page.source(model);
  const { shapes, counts, operations, net } = await build();
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
  page.print(
    ...shapes,
    "",
    table(
      ["parameter", "numbers"],
      [...counts].map(([name, n]) => [name, String(n)]),
    ),
  );
  page.print(
    `${total} numbers are learned. An example takes ${figure(operations.forward / 1e6, 3)} million operations`,
  );
  page.print(`forward, and ${figure(operations.training / 1e6, 3)} million in a training step.`, "");

  const { train, test } = loadDigits();
  // The default takes seconds, --full about half a minute.
  const [examples, tested, epochs] = page.full ? [train.count, test.count, 8] : [640, 180, 4];
  const random = generator(2);
  page.print(
    `${examples} digits to train on, ${tested} others to test${page.full ? "" : " (--full: all of them, eight times: above 96 %)"}`,
    "",
  );
  let reached = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const start = performance.now();
    let loss = 0;
    for (const piece of pieces(shuffled(examples, random)))
      loss += net.step(batchOf(train, piece)) * piece.length;
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    reached = accuracy(net, test, tested);
    page.print(
      `epoch ${epoch}   loss ${(loss / examples).toFixed(3)}   test accuracy ${(100 * reached).toFixed(1)} %   ${seconds} s`,
    );
  }
  return { total, reached };
}

export const cnn: Item<Awaited<ReturnType<typeof show>>> = {
  id: "A.9",
  title: "A convolutional network on real digits",
  models: [model],
  show,
};
