import type { Builder } from "../../ir/builder.ts";
import { isNumber } from "../../ir/builder.ts";
import type { Equation, Expr } from "../../ir/types.ts";

/** Σ [c]·x = Σ_{c} x, for conditions on integers; comparisons of numbers stay in the body. */
export function bodyGuards(e: Equation, b: Builder, realOnly: boolean): Equation {
  if (e.reducer !== "sum") return e;
  const guards: Expr[] = [];
  const body = withoutBrackets(e.body, b, guards, realOnly);
  return guards.length === 0 ? e : b.equation({ ...e, where: [...e.where, ...guards], body });
}

function withoutBrackets(e: Expr, b: Builder, guards: Expr[], realOnly: boolean): Expr {
  if (e.kind !== "apply") return e;
  const [x, y, z] = e.args as [Expr, Expr, Expr];
  switch (factorPlaces[e.atom]) {
    case "both": {
      const left = withoutBrackets(x, b, guards, realOnly);
      const right = withoutBrackets(y, b, guards, realOnly);
      return left === x && right === y ? e : b.mul(left, right);
    }
    case "first": {
      const inner = withoutBrackets(x, b, guards, realOnly);
      return inner === x ? e : b.apply(e.atom, [inner, ...e.args.slice(1)]);
    }
    case "bracket":
      // 0·x is 0 for real numbers only.
      if (!realOnly || !isGuard(x)) return e;
      guards.push(x);
      return b.number(1);
    case "choice":
      if (!isGuard(x) || !isNumber(z, 0)) return e;
      guards.push(x);
      return withoutBrackets(y, b, guards, realOnly);
    default:
      return e;
  }
}

/** Where a factor of an application's value may stand. */
const factorPlaces: Readonly<Record<string, "both" | "first" | "bracket" | "choice">> = {
  mul: "both",
  div: "first",
  neg: "first",
  cast: "bracket",
  select: "choice",
};

/** Affine conditions, and conjunctions of them. */
function isGuard(e: Expr): boolean {
  if (e.kind === "apply" && e.atom === "and") return e.args.every(isGuard);
  return e.kind === "condition";
}
