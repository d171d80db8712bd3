/** `require c mod groups == 0 else "groups must divide the channels"`: decided where it is compiled. */
import { atoms } from "../../ir/atoms.ts";
import type { Builder } from "../../ir/builder.ts";
import type { Note } from "../../ir/diagnostics.ts";
import { prove } from "../../ir/intervals.ts";
import { rewriter } from "../../ir/rewrite.ts";
import type { Expr } from "../../ir/types.ts";
import type { Expression, RequireStatement } from "../syntax.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail } from "./environment.ts";
import { childrenOf } from "./infer.ts";
import { arrayExpression } from "./operands.ts";
import { typeName } from "./shapes.ts";
import { isConstant, isScalar, printExtent, scalarExpr } from "./values.ts";

/** A condition that is false, or that can't be decided, is a mistake of whoever called the function or layer. */
export function requireCondition(elab: Elaboration, env: Environment, s: RequireStatement): void {
  const { builder: b } = elab;
  const value = arrayExpression(elab, s.condition, env);
  if (value.type !== "bool") {
    const found = { what: "what is required", wanted: typeName("bool"), found: typeName(value.type) };
    fail(elab, env, "NN2009", s.condition.span, found);
  }
  const condition = isScalar(value) && !value.flexible ? computed(b, scalarExpr(value)) : undefined;
  const holds = (e: typeof condition): boolean => e !== undefined && prove(e, env.assumptions, b);
  if (holds(condition)) return;
  const site = env.calls.at(-1);
  // Seen from the caller: in the user's text the call itself, in the library the outermost call of the user.
  const caller: Environment = { ...env, calls: env.calls.slice(0, -1) };
  const span = site?.span ?? s.span;
  const values = valuesOf(env, s.condition);
  const note = (more: string): Note[] => [{ message: `this must hold${more}${values}`, span: s.span }];
  if (condition && holds(b.apply("not", [condition]))) {
    const what = site ? `\`${site.name}\` can't be used here` : "this can't be compiled";
    fail(elab, caller, "NN2038", span, { what, reason: s.reason }, { notes: note("") });
  }
  const what = site ? `what \`${site.name}\` requires` : "what is required";
  const more = {
    notes: note(` (${s.reason})`),
    help: "it is decided for every extent that a dynamic dimension may have; a static one has a single extent, `dim n = 64`",
  };
  fail(elab, caller, "NN2012", span, { what, wanted: "true or false" }, more);
}

/** What is computed of constants alone is computed: 0.5 < 1 is true. */
function computed(b: Builder, e: Expr): Expr {
  return rewriter(b, {
    after: (node) => {
      if (node.kind !== "apply" || node.type === "i32") return node;
      const args = node.args.flatMap((a) => (a.kind === "constant" ? [a.value] : []));
      if (args.length < node.args.length) return node;
      const value = atoms[node.atom].evaluate(...args);
      if (node.type === "bool") return b.bool(value !== 0);
      return Number.isFinite(value) ? b.number(value) : node;
    },
  })(e);
}

/** `, where c is 5, groups is 2`: the sizes and constants that the condition names. */
function valuesOf(env: Environment, condition: Expression): string {
  const values = new Map<string, string>();
  const visit = (e: Expression): void => {
    const text = e.kind === "name" ? valueOf(env, e.name) : undefined;
    if (e.kind === "name" && text !== undefined && text !== e.name) values.set(e.name, text);
    childrenOf(e).forEach(visit);
  };
  visit(condition);
  return values.size === 0
    ? ""
    : `, where ${[...values].map(([name, text]) => `\`${name}\` is ${text}`).join(", ")}`;
}

function valueOf(env: Environment, name: string): string | undefined {
  const binding = env.scope.lookup(name);
  if (binding?.kind !== "value" || binding.value.kind !== "array" || !isConstant(binding.value))
    return undefined;
  const e = scalarExpr(binding.value);
  if (e.kind === "affine") return printExtent(e);
  return e.kind === "constant" ? (e.type === "bool" ? String(e.value === 1) : String(e.value)) : undefined;
}
