/** A trace of scalars as the table node · local gradient · chain rule · result. */
import type { Product } from "./product.ts";
import { inverses, named, one, printProduct, productOf, times } from "./product.ts";
import { figures, table } from "./text.ts";
import type { BackwardStep, Trace } from "./trace.ts";

/** A row: what one definition contributes to the gradient by one of the things that it reads. */
export interface ChainRow {
  /** What the gradient is by. */
  readonly node: string;
  /** `∂L/∂z4 = -L²`. */
  readonly local: string;
  /** `∂L/∂z4 · ∂z4/∂z3`. */
  readonly chain: string;
  /** The whole product: `-L²·z4`. */
  readonly result: string;
  /** What it adds to the gradient. */
  readonly value: number;
}

/** Of a trace that was not simplified, so that every step is one local gradient. */
export function chainRows(t: Trace): ChainRow[] {
  const inverse = inverses(t.derived.forward);
  const results = new Map<string, Product>();
  const parts = (name: string): number => t.backward.filter((s) => s.wrt.name === name).length;
  const rows: ChainRow[] = [];
  for (const s of t.backward) {
    const { name } = s.wrt;
    const product = resultOf(s, results, inverse);
    // Where paths meet, what lies before the meeting is not a product: it is called by its name.
    results.set(name, parts(name) > 1 ? named(`∂${t.of.name}/∂${name}`) : product);
    if (s.local.length === 0) continue;
    rows.push({
      node: name,
      local: s.steps
        .flatMap((step, i) =>
          step.partial ? [[s.local[i]!.name, productOf(step.partial, inverse)] as const] : [],
        )
        .map(([what, local]) => `${what} = ${printProduct(local)}`)
        .join(", "),
      chain: s.chain,
      result: printProduct(product),
      value: s.contribution[0]!,
    });
  }
  return rows;
}

function resultOf(
  s: BackwardStep,
  results: ReadonlyMap<string, Product>,
  inverse: ReadonlyMap<string, string>,
): Product {
  return s.steps.reduce((product, step) => {
    if (step.kind === "seed" || !step.partial || step.of.kind === "gradient") return product;
    const upstream = results.get(step.of.tensor.name) ?? one;
    return times(product, times(upstream, productOf(step.partial, inverse)));
  }, one);
}

export function chainTable(t: Trace, digits = 6): string {
  const of = t.of.name;
  const rows = chainRows(t);
  const count = (node: string): number => rows.filter((r) => r.node === node).length;
  const body = rows.flatMap((r, i) => {
    const row = [r.node, r.local, r.chain, r.result, figures([r.value], digits)];
    const last = rows.findLastIndex((other) => other.node === r.node) === i;
    if (count(r.node) === 1 || !last) return [row];
    const parts = rows.filter((other) => other.node === r.node);
    const total = parts
      .map((p) => p.result)
      .join(" + ")
      .replaceAll("+ -", "- ");
    return [row, ["", "", `∂${of}/∂${r.node}, added`, total, figures(t.gradient(r.node), digits)]];
  });
  return table(["node", "local gradient", "chain rule", "result", "value"], body);
}

/** The definitions of a trace of scalars, with their values. */
export function forwardTable(t: Trace, digits = 6): string {
  return table(
    ["node", "formula", "value"],
    t.forward.map((s) => [s.name, s.formula.replace(/^.*? \+?= /, ""), figures(s.values, digits)]),
  );
}
