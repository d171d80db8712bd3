import { printStatement } from "../../../src/ir/printer.ts";
import { reassemble } from "../../../src/ir/reassemble.ts";
import { at, compile, generate } from "../support/compile.ts";
import { inCourseNames } from "../support/course-names.ts";
import { derive } from "../support/derive.ts";
import type { Item, Page } from "../support/item.ts";
import { Reference } from "../support/reference.ts";
import { figure, table } from "../support/text.ts";

const model = new URL("09-layers.nn", import.meta.url);

const examples = 5;
const x = Array.from({ length: examples * 4 }, (_, i) => Math.sin(1.7 * i));
const y = Array.from({ length: examples * 4 }, (_, i) => ((7 * i) % 3) % 2);

const largest = (list: readonly number[]): number => Math.max(...list.map(Math.abs));

async function show(page: Page) {
  const compiled = compile(model);
  page.source(model);
  const wrt = compiled.program.parameters.map((p) => p.name);
  const { forward, backward } = derive(compiled, { wrt, simplify: true });
  const named = (s: (typeof backward)[number]): string => inCourseNames(printStatement(s));
  const equations = backward.map(named);
  page.print("Forward, three layers:");
  page.print(...reassemble(forward, compiled.context.builder).map((s) => `    ${named(s)}`), "");
  page.print("Backward:", ...equations.map((e) => `    ${e}`), "");

  const all = new Reference(compiled, { dims: { m: examples }, seed: 1 });
  all.backward({ x, y });
  const single = new Reference(compiled, { dims: { m: 1 }, seed: 1 });
  const apart = Array.from({ length: examples }, (_, i) => {
    single.backward({ x: x.slice(4 * i, 4 * i + 4), y: y.slice(4 * i, 4 * i + 4) });
    return wrt.map((name) => single.gradient(name));
  });
  const net = (await generate(compiled)).create({ seed: 1 });
  for (const name of wrt) at(net.parameters, name).set(all.kept(name));
  net.backward({ x, y });
  const compared = wrt.map((name, p) => {
    const together = all.gradient(name);
    const mean = together.map((_, cell) => apart.reduce((sum, g) => sum + g[p]![cell]!, 0) / examples);
    const rounded = [...at(net.gradients, name)];
    return {
      name: inCourseNames(name),
      largest: largest(together),
      difference: largest(together.map((v, i) => v - mean[i]!)),
      rounding: largest(together.map((v, i) => v - rounded[i]!)),
    };
  });
  page.print(
    `All ${examples} examples at once against the mean of ${examples} passes, one example each:`,
    "",
    table(
      ["gradient by", "largest", "difference", "in 32 bits"],
      compared.map((c) => [c.name, ...[c.largest, c.difference, c.rounding].map((v) => figure(v, 3))]),
    ),
  );
  return { equations, compared };
}

export const vectorisedLayers: Item<Awaited<ReturnType<typeof show>>> = {
  id: "D.9",
  title: "m examples, L layers",
  models: [model],
  show,
};
