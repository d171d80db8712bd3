import { printTensor, printStatement } from "../../../src/ir/printer.ts";
import { reassemble } from "../../../src/ir/reassemble.ts";
import { at, compile, generate, parameterCounts } from "../support/compile.ts";
import { derive } from "../support/derive.ts";
import type { Item, Page } from "../support/item.ts";
import { Reference } from "../support/reference.ts";
import { table } from "../support/text.ts";

const model = new URL("07-convolutions.nn", import.meta.url);

/** The images that are computed are smaller than those that are shown. */
const small = 10;

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const { program, context } = compiled;
  const wrt = program.parameters.map((p) => p.name);
  const derived = derive(compiled, { wrt, simplify: true });
  const forward = reassemble(derived.forward, context.builder).filter((s) => s.kind !== "gradient");
  const shapes = forward
    .filter((s) => /^h\d$/.test(s.tensor.name))
    .map((s) => printTensor(s.tensor).replace(/^\w+ /, ""));
  const counts = parameterCounts(compiled);
  page.print(
    table(
      ["parameter", "numbers"],
      [...counts].map(([name, n]) => [name, String(n)]),
    ),
    "",
  );
  page.print("Forward:", ...forward.map((s) => `    ${printStatement(s)}`), "");
  const equations = derived.backward.map(printStatement);
  page.print("Backward:", ...equations.map((e) => `    ${e}`), "");
  page.print("The shapes:", ...shapes.map((s) => `    ${s}`), "");

  const sized = compile(model, { sizes: { size: small } });
  const image = Array.from({ length: small * small }, (_, i) => Math.sin(1.3 * i));
  const reference = new Reference(sized, { dims: { batch: 1 }, seed: 1 });
  const exact = reference.forward({ image })["h"]!;
  const net = (await generate(sized)).create({ seed: 1 });
  for (const name of wrt) at(net.parameters, name).set(reference.kept(name));
  const rounded = [...(net.forward({ image })["h"] as Float32Array)];
  const weights = Object.fromEntries(wrt.map((name) => [name, [...reference.kept(name)]]));
  reference.backward({ image });
  net.backward({ image });
  const gradients = wrt.map((name) => ({
    name,
    exact: reference.gradient(name),
    rounded: [...at(net.gradients, name)],
  }));
  const off = Math.max(...exact.map((v, i) => Math.abs(v - rounded[i]!)));
  page.print(`On an image of ${small}×${small} the 32-bit module is off by ${off.toExponential(0)} at most.`);
  return { shapes, counts: [...counts.values()], equations, image, exact, rounded, weights, gradients };
}

export const convolutions: Item<Awaited<ReturnType<typeof show>>> = {
  id: "E.7",
  title: "Two convolutions of twenty 5×5 filters",
  models: [model],
  show,
};
