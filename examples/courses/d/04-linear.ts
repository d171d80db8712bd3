import { at, compile, generate, generatedText } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { Reference } from "../support/reference.ts";
import { figures } from "../support/text.ts";

const model = new URL("04-linear.nn", import.meta.url);

const W = Array.from({ length: 12 }, (_, i) => i + 1);
const b = [1, 1, 1];
const examples = 100;

/** The function that computes the layer, of the generated module. */
function loopOf(text: string): string {
  const code = /^function z[^]*?^}/m.exec(text)?.[0];
  if (code === undefined) throw new Error("the module has no function that computes z");
  return code;
}

/** The same text with a, b, c, … for its names in the order in which they come, so that only the names are lost. */
function unnamed(code: string): string {
  const words = new Map<string, string>();
  const keep = /^(function|for|let|const)$/;
  return code.replace(/[A-Za-z_]\w*/g, (word) => {
    if (keep.test(word)) return word;
    if (!words.has(word)) words.set(word, String.fromCharCode(97 + words.size));
    return words.get(word)!;
  });
}

async function show(page: Page) {
  page.source(model);
  const one = compile(model, { model: "One" });
  const exact = new Reference(one).set({ W, b }).forward({ x: [1, 1, 1, 1] })["z"]!;
  page.print(`x = (1, 1, 1, 1) gives z = ${figures(exact)}.`);

  const x = new Array<number>(examples * 4).fill(1);
  const batches = await Promise.all(
    ["Loops", "Matrices"].map(async (name) => {
      const compiled = compile(model, { model: name });
      const net = (await generate(compiled)).create();
      at(net.parameters, "W").set(W);
      at(net.parameters, "b").set(b);
      const z = net.forward({ x })["z"] as Float32Array;
      return {
        name,
        shape: compiled.program.outputs[0]!.tensor.shape.map((e) => e.constant),
        z,
        loop: loopOf(generatedText(compiled)),
      };
    }),
  );
  const [loops, matrices] = batches as [(typeof batches)[0], (typeof batches)[0]];
  page.print(`A batch of ${examples} gives ${loops.shape.join("×")} numbers.`);
  for (const { name, loop } of batches) {
    page.heading(name === "Loops" ? "What the sum over k becomes" : "What the matrix product becomes");
    page.print(loop);
  }
  const same = unnamed(loops.loop) === unnamed(matrices.loop);
  page.print("", same ? "But for the names these are the same loops." : "These are different loops.");
  return { exact, loops, matrices, same };
}

export const linearLayer: Item<Awaited<ReturnType<typeof show>>> = {
  id: "D.4",
  title: "A linear layer, as a triple loop and as a matrix product",
  models: [model],
  show,
};
