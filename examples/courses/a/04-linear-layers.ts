import { levels } from "../../../src/ir/kernel.ts";
import { at, compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { Reference } from "../support/reference.ts";
import { figure, rows, table } from "../support/text.ts";

const model = new URL("04-linear-layers.nn", import.meta.url);

interface Layer {
  readonly W: Float64Array;
  readonly b: Float64Array;
}

/** (x·W₁ + b₁)·W₂ + b₂ = x·(W₁·W₂) + (b₁·W₂ + b₂). */
function joined(first: Layer, second: Layer): Layer {
  const [inner, outer] = [first.b.length, second.b.length];
  const times = (a: Float64Array): Float64Array =>
    Float64Array.from({ length: (a.length / inner) * outer }, (_, cell) => {
      const [i, j] = [Math.floor(cell / outer), cell % outer];
      return first.b.reduce((sum, _, k) => sum + a[i * inner + k]! * second.W[k * outer + j]!, 0);
    });
  const b = times(first.b).map((v, j) => v + second.b[j]!);
  return { W: times(first.W), b };
}

async function show(page: Page) {
  page.source(model);
  const [stack, single] = ["Stack", "Single"].map((name) => compile(model, { model: name })) as [
    ReturnType<typeof compile>,
    ReturnType<typeof compile>,
  ];
  const reference = new Reference(stack, { seed: 1 });
  const layers = ["h1", "h2", "y"].map((name, k) => {
    const b = reference.kept(`${name}.linear.b`);
    b.forEach((_, j) => (b[j] = (k + 1) / (j + 2)));
    return { W: reference.kept(`${name}.linear.W`), b };
  });
  const map = layers.reduce(joined);
  const x = Array.from({ length: 20 }, (_, i) => Math.sin(i + 1));
  const exactStack = reference.forward({ x })["y"]!;
  const exactSingle = new Reference(single).set({ "y.linear.W": map.W, "y.linear.b": map.b }).forward({ x })[
    "y"
  ]!;
  page.print("W = W₁·W₂·W₃", rows(map.W, 3, 4), "", "b = (b₁·W₂ + b₂)·W₃ + b₃", rows(map.b, 3, 4), "");

  const difference = (a: readonly number[], b: readonly number[]): number =>
    Math.max(...a.map((v, i) => Math.abs(v - b[i]!)));
  const at32 = [];
  for (const level of levels) {
    const [many, one] = [(await generate(stack, level)).create(), (await generate(single, level)).create()];
    ["h1", "h2", "y"].forEach((name, k) => {
      at(many.parameters, `${name}.linear.W`).set(layers[k]!.W);
      at(many.parameters, `${name}.linear.b`).set(layers[k]!.b);
    });
    at(one.parameters, "y.linear.W").set(map.W);
    at(one.parameters, "y.linear.b").set(map.b);
    const [manyY, oneY] = [many, one].map((net) => [...(net.forward({ x })["y"] as Float32Array)]);
    at32.push({ level, many: manyY!, one: oneY!, differ: difference(manyY!, oneY!) });
  }
  const { many, one } = at32.at(-1)!;
  page.print("Three layers, four examples, at -O2", rows(many, 3), "", "One layer", rows(one, 3), "");
  const in64 = difference(exactStack, exactSingle);
  page.print(
    table(
      ["computed", "largest difference"],
      [...at32.map((r) => [`-O${r.level}, 32 bits`, figure(r.differ, 2)]), ["64 bits", figure(in64, 2)]],
    ),
  );
  return { at32, in64 };
}

export const linearLayers: Item<Awaited<ReturnType<typeof show>>> = {
  id: "A.4",
  title: "Linear layers collapse to one linear map",
  models: [model],
  show,
};
