/**
 * Solves subscripts for loop indices: which values of the loops satisfy f(loops) = 0, for several affine forms f?
 *
 * A solved loop becomes an expression of what stays; what a solution demands becomes a guard, to which `rangeGuards` of
 * the solved loops must be added. The solver is total: an
 * equation that no rule solves is kept as an equality guard, never dropped. It is the one place that knows how an
 * equation removes a loop; `differentiate` uses it on subscripts, and anyone may use it on equality guards.
 */
import type { Builder } from "../../ir/builder.ts";
import type { Affine, Index } from "../../ir/types.ts";
import type { RuleName } from "./rules.ts";
import { nextStep } from "./rules.ts";
import { splitIndices } from "./split.ts";

import type { Solution } from "./system.ts";
import { System } from "./system.ts";

export { rangeGuards } from "./system.ts";
export type { Solution } from "./system.ts";
export type { RuleName } from "./rules.ts";

export const allRules: ReadonlySet<RuleName> = new Set([
  "unit",
  "radix",
  "lattice",
  "divisibility",
  "remainder",
]);

/** Solves `equations` (each = 0) for `loops`; every other index is given. The cheapest solution that the rules find. */
export function solve(
  b: Builder,
  loops: readonly Index[],
  equations: readonly Affine[],
  rules: ReadonlySet<RuleName> = allRules,
): Solution {
  const plain = new System(b, loops, equations);
  run(plain, rules);
  if (!rules.has("remainder") || plain.loops.length === 0) return plain.solution();
  const split = new System(b, loops, equations);
  if (!splitIndices(split)) return plain.solution();
  run(split, rules);
  return (split.loopCount() < plain.loopCount() ? split : plain).solution();
}

function run(system: System, rules: ReadonlySet<RuleName>): void {
  for (;;) {
    system.settle();
    const step = nextStep(system, rules);
    if (!step) return system.finish();
    step.apply();
  }
}
