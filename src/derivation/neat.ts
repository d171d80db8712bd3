/**
 * A product of the chain rule as one would write it by hand: signs in front, x·(1/y) as x/y. It is notation, not algebra:
 * nothing cancels, and nothing changes that rounding would not. What is printed this way is evaluated like every step.
 */
import type { AtomName } from "../ir/atoms.ts";
import type { Builder } from "../ir/builder.ts";
import { isNumber } from "../ir/builder.ts";
import { rewriter } from "../ir/rewrite.ts";
import type { Apply, Expr } from "../ir/types.ts";

const isApply = (e: Expr, atom: AtomName): e is Apply => e.kind === "apply" && e.atom === atom;
const negated = (e: Expr): Expr | undefined => (isApply(e, "neg") ? e.args[0] : undefined);

type Rule = (b: Builder, args: readonly Expr[]) => Expr | undefined;

const rules: Readonly<Partial<Record<AtomName, Rule>>> = {
  neg: (_, [x]) => negated(x!),
  add: (b, [x, y]) => {
    if (negated(y!)) return b.sub(x!, negated(y!)!);
    return negated(x!) && b.sub(y!, negated(x!)!);
  },
  sub: (b, [x, y]) => (negated(y!) ? b.add(x!, negated(y!)!) : undefined),
  mul: (b, [x, y]) => {
    if (negated(x!)) return b.neg(times(b, negated(x!)!, y!));
    if (negated(y!)) return b.neg(times(b, x!, negated(y!)!));
    if (isNumber(x!, 1) || isNumber(x!, -1)) return isNumber(x!, 1) ? y! : b.neg(y!);
    if (isNumber(y!, 1) || isNumber(y!, -1)) return isNumber(y!, 1) ? x! : b.neg(x!);
    return quotient(b, x!, y!);
  },
  div: (b, [x, y]) => (negated(x!) ? b.neg(b.div(negated(x!)!, y!)) : undefined),
};

const times = (b: Builder, x: Expr, y: Expr): Expr => quotient(b, x, y) ?? b.mul(x, y);

/** x·(1/y). */
function quotient(b: Builder, x: Expr, y: Expr): Expr | undefined {
  if (isApply(y, "div") && isNumber(y.args[0]!, 1)) return b.div(x, y.args[1]!);
  return isApply(x, "div") && isNumber(x.args[0]!, 1) ? b.div(y, x.args[1]!) : undefined;
}

export function neat(b: Builder, e: Expr): Expr {
  return rewriter(b, {
    after: (x) => {
      if (x.kind !== "apply" || x.type !== "f32") return x;
      return rules[x.atom]?.(b, x.args) ?? x;
    },
  })(e);
}
