import { atoms } from "../../ir/atoms.ts";
import type { Builder } from "../../ir/builder.ts";
import { isNumber } from "../../ir/builder.ts";
import type { Equation, Expr, Reducer } from "../../ir/types.ts";

/**
 * Σ [c]·x = Σ_{c} x and max (if c then x else −∞) = max_{c} x, for conditions on integers; comparisons of numbers stay
 * in the body.
 */
export function bodyGuards(e: Equation, b: Builder, realOnly: boolean): Equation {
  const guards: Expr[] = [];
  const body = e.reducer === "sum" ? withoutBrackets(e.body, b, guards, realOnly) : withoutNeutral(e, guards);
  return guards.length === 0 ? e : b.equation({ ...e, where: [...e.where, ...guards], body });
}

/** What a reduction over nothing is: a value that changes none. A position has no such value. */
const neutral: Readonly<Partial<Record<Reducer, number>>> = { max: -Infinity, min: Infinity, prod: 1 };

function withoutNeutral({ reducer, body }: Equation, guards: Expr[]): Expr {
  const value = reducer === null ? undefined : neutral[reducer];
  if (value === undefined) return body;
  while (body.kind === "apply" && body.atom === "select") {
    const [condition, x, otherwise] = body.args as [Expr, Expr, Expr];
    if (!isGuard(condition) || valueOf(otherwise) !== value) break;
    guards.push(condition);
    body = x;
  }
  return body;
}

/** The number that a constant, or an atom of constants, is: infinities are written `-1/0` and not folded. */
function valueOf(e: Expr): number | undefined {
  if (e.kind === "constant") return e.value;
  if (e.kind !== "apply" || !e.args.every((a) => a.kind === "constant")) return undefined;
  return atoms[e.atom].evaluate(...e.args.map((a) => a.value));
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
