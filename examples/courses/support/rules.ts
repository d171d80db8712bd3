/** What simplification did, rule by rule, as the compiler logs it. */
import type { RuleApplication } from "../../../src/ir/context.ts";
import { printStatement } from "../../../src/ir/printer.ts";
import type { Statement } from "../../../src/ir/types.ts";
import { simplify } from "../../../src/passes/simplify.ts";
import type { Compiled } from "./compile.ts";
import type { DeriveOptions, Derived } from "./derive.ts";
import { derive } from "./derive.ts";

export interface Simplified {
  /** The gradient as printed, from the last definition back. */
  readonly backward: readonly string[];
  readonly rules: readonly RuleApplication[];
}

/** The gradient as it is compiled: the loss is simplified, differentiated, and its gradient simplified. */
export function compiledGradient(compiled: Compiled, options: DeriveOptions): Simplified {
  return logged(compiled, () => derive(compiled, { ...options, simplify: true }).backward);
}

/** What simplification alone makes of a gradient that was derived step by step. */
export function simplifiedAfterwards(compiled: Compiled, raw: Derived): Simplified {
  const { of, forward, backward } = raw;
  const results = [of, ...backward.flatMap((s) => (s.kind === "gradient" ? [] : [s.tensor])).slice(-1)];
  const graph = { name: "derive", statements: [...forward, ...backward], results };
  const isGradient = (s: Statement): boolean => s.kind !== "gradient" && s.tensor.role === "adjoint";
  return logged(compiled, () => simplify.run(graph, compiled.context).statements.filter(isGradient));
}

function logged(compiled: Compiled, work: () => readonly Statement[]): Simplified {
  const { log } = compiled.context;
  const before = log.length;
  const backward = work().map(printStatement);
  return { backward, rules: log.slice(before) };
}

/** A rule, what it found and what it left; for gradients only, in the order in which they fired. */
export function rulesText(rules: readonly RuleApplication[], isShown: (tensor: string) => boolean): string {
  return rules
    .filter((r) => isShown(r.tensor) && r.before !== r.after)
    .map((r) => `${r.rule}${r.realOnly ? "   (over the reals)" : ""}\n    ${r.before}\n  → ${r.after}`)
    .join("\n");
}
