import type { Equation, Tensor } from "../../ir/types.ts";
import { costOfEquation } from "./cost.ts";
import { withoutGuards } from "./guards.ts";
import type { Factor, Product } from "./products.ts";
import { Refolder } from "./refold.ts";
import type { Inliner } from "./translate.ts";
import { Translator } from "./translate.ts";
import type { Workspace } from "./workspace.ts";

/** Folding back one definition may make another fit. */
const mostRefolds = 4;

/** Writes equations out in normal form, looking through what `inline` says. */
export class Writing {
  readonly refolder: Refolder;
  private readonly translator: Translator;
  private readonly work: Workspace;

  constructor(work: Workspace, inline: Inliner) {
    this.work = work;
    this.translator = new Translator(work.builder, inline);
    this.refolder = new Refolder(this.translator);
  }

  /** The normal form, folded back into definitions before `position` as long as that makes it cheaper. */
  cheapest(e: Equation, position: number): { readonly equation: Equation; readonly by: readonly Tensor[] } {
    let form = this.translator.normal(e.body);
    let equation = this.written(e, form);
    let cost = costOfEquation(equation);
    const by: Tensor[] = [];
    for (let round = 0; round < mostRefolds; round++) {
      const denominators = denominatorsOf(form);
      let found: Tensor | undefined;
      for (const option of this.refolder.rewritten(form, position)) {
        // u·σ(u)-like definitions could be divided by u: right on paper, and 0/0 at u = 0.
        if ([...denominatorsOf(option.form)].some((d) => !denominators.has(d))) continue;
        const trial = this.written(e, option.form);
        const trialCost = costOfEquation(trial);
        if (trialCost >= cost) continue;
        [form, equation, cost, found] = [option.form, trial, trialCost, option.by];
      }
      if (!found) break;
      by.push(found);
    }
    return { equation, by };
  }

  /** A bracket under a sum may use up the loop: that counts. */
  private written(e: Equation, form: Product): Equation {
    const body = this.translator.render(form);
    return withoutGuards(this.work.builder.equation({ ...e, body }), this.work);
  }
}

/** What a product divides by, inside its sums too. */
function denominatorsOf(p: Product, found = new Set<Factor>()): Set<Factor> {
  for (const [factor, exponent] of p.factors) {
    if (exponent < 0) found.add(factor);
    if (factor.kind === "sum") for (const term of factor.terms) denominatorsOf(term, found);
  }
  return found;
}
