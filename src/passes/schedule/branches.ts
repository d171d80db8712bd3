/**
 * A choice between long expressions with shared parts becomes an `if`, so that the parts can be named in the branch:
 * named before the choice they would be evaluated even where they are not chosen.
 */
import { atoms } from "../../ir/atoms.ts";
import type { Builder } from "../../ir/builder.ts";
import type { KernelStatement } from "../../ir/kernel.ts";
import { rewriter, visit } from "../../ir/rewrite.ts";
import type { Apply, Expr, IntegerAtom } from "../../ir/types.ts";
import { costOf, partsOf } from "./facts.ts";
import type { FactTable } from "./facts.ts";
import type { NameSpace } from "./names.ts";
import { constantOf } from "./reduction.ts";
import { ownExpressions, mapStatement } from "../../ir/kernel-walk.ts";

/** Repeating less than this many additions is shorter than an `if`. */
const worthBranching = 8;

/** The statement, after an `if` for every choice in it that repeats itself too much, and that `may` be branched on. */
export function branchOut(
  s: KernelStatement,
  facts: FactTable,
  may: (condition: Expr) => boolean,
  names: NameSpace,
  b: Builder,
): readonly KernelStatement[] {
  const choice = ownExpressions(s)
    .map((e) => findChoice(e, facts, may))
    .find((c) => c !== undefined);
  if (!choice) return [s];
  const [condition, chosen, otherwise] = choice.args as [Expr, Expr, Expr];
  const local = b.local(names.fresh("choice"), choice.type);
  const assign = (value: Expr): KernelStatement[] => [{ kind: "assign", local, value, reducer: null }];
  const variable: KernelStatement = { kind: "variable", local, value: constantOf(b, choice.type, 0) };
  const branch: KernelStatement = {
    kind: "if",
    condition,
    body: assign(chosen),
    otherwise: assign(otherwise),
  };
  const replace = rewriter(b, { node: (e) => (e === choice ? local : undefined) });
  const rest = mapStatement(s, replace, (inner) => inner);
  return [variable, branch, ...branchOut(rest, facts, may, names, b)];
}

/** The outermost certainly evaluated `select` with much repetition inside one branch. */
function findChoice(root: Expr, facts: FactTable, may: (condition: Expr) => boolean): Apply | undefined {
  const seen = new Set<Expr | IntegerAtom>();
  const find = (node: Expr | IntegerAtom): Apply | undefined => {
    if (seen.has(node)) return undefined;
    seen.add(node);
    if (node.kind === "apply" && node.atom === "select") {
      const repeats =
        may(node.args[0]!) &&
        node.args.slice(1).some((branch) => repetition(branch, facts) >= worthBranching);
      return repeats ? node : find(node.args[0]!);
    }
    // What stands behind the first argument of a lazy function may not be evaluated.
    const lazy = node.kind === "apply" && atoms[node.atom].lazy !== undefined;
    for (const part of lazy ? partsOf(node).slice(0, 1) : partsOf(node)) {
      const found = find(part);
      if (found) return found;
    }
    return undefined;
  };
  return find(root);
}

/** What a printed tree computes more often than once, in additions. */
function repetition(e: Expr, facts: FactTable): number {
  let once = 0;
  const count = (node: Expr | IntegerAtom): number => (once += costOf(node));
  visit([e], count);
  return facts.of(e).treeCost - once;
}
