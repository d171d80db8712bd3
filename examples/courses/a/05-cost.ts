import { costOf } from "../../../src/ir/cost.ts";
import { tensorsRead } from "../../../src/ir/dependences.ts";
import type { Statement } from "../../../src/ir/types.ts";
import { compile } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { figure, table } from "../support/text.ts";

const model = new URL("05-cost.nn", import.meta.url);

/** The layer that a statement belongs to, forward or backward: `h2` of `h2.linear.sum`. */
function layerOf(s: Statement): string {
  const of = s.origin.steps?.[0]?.of ?? s;
  return of.kind === "gradient" ? "" : of.tensor.name.split(".")[0]!;
}

const isBackward = (s: Statement): boolean => s.origin.steps !== undefined;

/** Whether it is one of the products with a weight matrix, or the gradient of one. */
const isProduct = (s: Statement): boolean =>
  s.kind === "equation" &&
  s.reduced.length > 0 &&
  [...tensorsRead(s), ...(s.origin.steps ?? []).map((step) => step.wrt)].some((t) => t.name.endsWith(".W"));

function show(page: Page) {
  page.source(model);
  const { statements } = compile(model).graphs.backward;
  const counted = ["h1", "h2", "h3", "h4"].map((layer) => {
    const own = statements.filter((s) => layerOf(s) === layer);
    const operations = (which: (s: Statement) => boolean): number => costOf(own.filter(which)).operations;
    return {
      layer,
      products: [
        operations((s) => isProduct(s) && !isBackward(s)),
        operations((s) => isProduct(s) && isBackward(s)),
      ],
      all: [operations((s) => !isBackward(s)), operations(isBackward)],
    } as const;
  });
  const ratio = ([forward, backward]: readonly number[]): string => `1 : ${figure(backward! / forward!, 4)}`;
  page.print(
    "Operations on floats in one pass of 32 examples, counted from the equations of the compiled graph:",
    "",
    table(
      ["layer", "products forward", "backward", "ratio", "all forward", "backward", "ratio"],
      counted.map((c) => [
        c.layer,
        ...c.products.map(String),
        ratio(c.products),
        ...c.all.map(String),
        ratio(c.all),
      ]),
    ),
    "",
    "Backward, a hidden layer has two products for the one forward: the gradient of its weights and that",
    "of its input. The first layer needs no gradient of its input, so there the ratio is 1 : 1.",
  );
  return Promise.resolve(counted);
}

export const cost: Item<Awaited<ReturnType<typeof show>>> = {
  id: "A.5",
  title: "Backward costs twice as much as forward",
  models: [model],
  show,
};
