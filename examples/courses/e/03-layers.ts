import { printStatement } from "../../../src/ir/printer.ts";
import { reassemble } from "../../../src/ir/reassemble.ts";
import { at, compile, generate } from "../support/compile.ts";
import { inCourseNames } from "../support/course-names.ts";
import { derive } from "../support/derive.ts";
import type { Item, Page } from "../support/item.ts";
import { Reference } from "../support/reference.ts";
import { figure, table } from "../support/text.ts";

const model = new URL("03-layers.nn", import.meta.url);

const given = { x: [0.5, -1, 2], y: [1] };

/** The order of the course: from the last layer to the first, in each da, dz, dW, db. */
const order = ["a", "z", "W", "b"];

const compare = (a: number, b: number): number => (a === b ? 0 : a - b);

/** Which gradient of which layer a name is; those of the loss stand before all layers. */
function placeOf(name: string): { layer: number; kind: string } {
  const [, layer, kind = "a"] = /^da\.(\d+)(?:\.dense\.([zWb]))?$/.exec(name) ?? [];
  return layer === undefined ? { layer: Infinity, kind: "a" } : { layer: Number(layer) + 1, kind };
}

/** The gradients of all layers as equations, in the order of the course. */
function gradientsOf(layers: number, simplify: boolean) {
  const compiled = compile(model, { sizes: { L: layers } });
  const wrt = compiled.program.parameters.map((p) => p.name);
  const { forward, backward } = derive(compiled, { wrt, simplify });
  const defined = backward.flatMap((s) => (s.kind === "gradient" ? [] : [{ ...placeOf(s.tensor.name), s }]));
  const equations = defined
    .toSorted((s, t) => compare(t.layer, s.layer) || order.indexOf(s.kind) - order.indexOf(t.kind))
    .map(({ s }) => inCourseNames(printStatement(s)));
  const lines = reassemble(forward, compiled.context.builder).map((s) => inCourseNames(printStatement(s)));
  return { compiled, wrt, equations, forward: lines };
}

async function show(page: Page) {
  page.source(model);
  const one = gradientsOf(2, false);
  page.heading("One hidden layer");
  page.print("Forward:", ...one.forward.map((e) => `    ${e}`), "", "Backward, as the chain rule gives it:");
  page.print(...one.equations.map((e) => `    ${e}`), "", "Simplified, da⁽²⁾ and dz⁽²⁾ are one step:");
  const simplified = gradientsOf(2, true);
  page.print(...simplified.equations.map((e) => `    ${e}`));

  page.heading("L layers, here L = 4");
  const several = gradientsOf(4, true);
  page.print(...several.equations.map((e) => `    ${e}`), "", "The gradients at random weights:", "");
  const { compiled, wrt } = several;
  const reference = new Reference(compiled, { seed: 4 });
  const loss = reference.backward(given);
  const net = (await generate(compiled)).create({ seed: 4 });
  for (const name of wrt) at(net.parameters, name).set(reference.kept(name));
  net.backward(given);
  const step = 1e-5;
  const gradients = wrt.map((name) => reference.gradient(name));
  const compared = wrt.map((name, p) => {
    const kept = reference.kept(name);
    const exact = gradients[p]!;
    const numeric = exact.map((_, cell) => {
      const start = kept[cell]!;
      const lossAt = (value: number): number => {
        kept[cell] = value;
        return reference.backward(given);
      };
      const slope = (lossAt(start + step) - lossAt(start - step)) / (2 * step);
      kept[cell] = start;
      return slope;
    });
    return { name: inCourseNames(`d${name}`), exact, numeric, rounded: [...at(net.gradients, name)] };
  });
  const largest = (list: readonly number[]): number => Math.max(...list.map(Math.abs));
  page.print(
    table(
      ["", "largest", "off from differences", "in 32 bits"],
      compared.map((c) => [
        c.name,
        figure(largest(c.exact), 3),
        figure(largest(c.exact.map((v, i) => v - c.numeric[i]!)), 1),
        figure(largest(c.exact.map((v, i) => v - c.rounded[i]!)), 1),
      ]),
    ),
  );
  return { one: one.equations, simplified: simplified.equations, several: several.equations, compared, loss };
}

export const layersInOrder: Item<Awaited<ReturnType<typeof show>>> = {
  id: "E.3",
  title: "One hidden layer, then L: da, dz, dW, db",
  models: [model],
  show,
};
