/** Calls: of functions and layers written in `.nn`, of atoms, of reducers in function form, `random` and `grad`. */
import type { AtomName } from "../../ir/atoms.ts";
import { atoms } from "../../ir/atoms.ts";
import { Reported } from "../../ir/diagnostics.ts";
import { isReducer, reducerNames } from "../words.ts";
import type { CallExpression, Expression } from "../syntax.ts";
import { applyFunction, applyLayer, instantiate } from "./apply.ts";
import type { GivenArgument } from "./arguments.ts";
import { applyAtom, gradientOf, randomValue, reducerCall, reshapeValue, sizeValue } from "./builtins.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail, failUnknown, pathOfUse, suggestion, withoutDrawn } from "./environment.ts";
import { childrenOf } from "./infer.ts";
import type { Callable } from "./scope.ts";
import type { ArrayValue, Value } from "./values.ts";

export function call(elab: Elaboration, e: CallExpression, place: Environment): Value {
  const { resultName } = place;
  const env: Environment = { ...place, resultName: undefined };
  if (e.callee.kind !== "name") return callValue(elab, env, e, elab.expression(e.callee, env), resultName);
  const name = e.callee.name;
  const binding = env.scope.lookup(name);
  if (binding?.kind === "value" && binding.value.kind === "instance")
    return callValue(elab, env, e, binding.value, resultName);
  if (binding?.kind === "failed" && !env.home.lookup(name)) elab.expression(e.callee, env);
  if (env.home.missing.has(name)) throw new Reported();
  const own = env.home.own(name);
  if (own) return callDeclared(elab, env, e, name, own, resultName);
  const builtin = callBuiltin(elab, env, e, name, resultName);
  if (builtin) return builtin;
  const library = env.home.lookup(name);
  if (library) return callDeclared(elab, env, e, name, library, resultName);
  if (binding) {
    return fail(
      elab,
      env,
      "NN2011",
      e.callee.span,
      { what: `\`${name}\` is no function or layer` },
      {
        notes: [{ message: "it is defined here", span: binding.span }],
      },
    );
  }
  const callables = Object.entries(atoms).flatMap(([atom, row]) => (row.callable ? [atom] : []));
  const known = [...env.home.visible(), ...callables, ...reducerNames, "random", "grad", "size", "reshape"];
  return failUnknown(elab, env, name, e.callee.span, suggestion(name, known));
}

/** The arguments as given, the piped value first. */
function givenArguments(e: CallExpression): GivenArgument[] {
  const piped = e.piped ? [{ value: e.piped, span: e.piped.span }] : [];
  // An argument that could not be read is reported, and no argument less.
  if (e.arguments.some((a) => isUnread(a.value))) throw new Reported();
  return [...piped, ...e.arguments];
}

/** Whether a part of the expression could not be read. */
const isUnread = (e: Expression): boolean => e.kind === "error" || childrenOf(e).some(isUnread);

function callValue(
  elab: Elaboration,
  env: Environment,
  e: CallExpression,
  callee: Value,
  resultName?: string,
): ArrayValue {
  if (callee.kind !== "instance")
    return fail(elab, env, "NN2011", e.callee.span, { what: "this is no function or layer" });
  return applyLayer(elab, env, callee, givenArguments(e), e.span, resultName);
}

function callBuiltin(
  elab: Elaboration,
  place: Environment,
  e: CallExpression,
  name: string,
  resultName?: string,
): ArrayValue | undefined {
  const given = givenArguments(e);
  const row = Object.hasOwn(atoms, name) ? atoms[name as AtomName] : undefined;
  const positional = given.filter((a) => !a.name);
  const isPair = (name === "max" || name === "min") && positional.length > 1;
  if (row?.callable && (isPair || !isReducer(name)))
    return applyAtom(elab, place, name as AtomName, row.arity, given, e.span);
  const env = withoutDrawn(place);
  if (name === "random") return randomValue(elab, env, given, e.span);
  if (name === "grad") return gradientOf(elab, env, given, e.span);
  if (name === "size") return sizeValue(elab, env, given, e.span);
  if (name === "reshape") return reshapeValue(elab, { ...env, resultName }, given, e.span);
  if (isReducer(name)) return reducerCall(elab, env, name, given, e.span);
  return undefined;
}

function callDeclared(
  elab: Elaboration,
  env: Environment,
  e: CallExpression,
  name: string,
  callable: Callable,
  resultName?: string,
): Value {
  const { declaration } = callable;
  if (declaration.kind === "function")
    return applyFunction(elab, env, callable, declaration, givenArguments(e), e.span, resultName);
  if (declaration.kind === "optimizer")
    return fail(elab, env, "NN2011", e.callee.span, { what: `\`${name}\` is an optimizer` });
  if (e.bare) {
    return fail(
      elab,
      env,
      "NN2011",
      e.callee.span,
      {
        what: `\`${name}\` is a layer: it needs its ${declaration.sizes.some((s) => !s.default) ? "sizes" : "parentheses"}`,
      },
      {
        help: `write \`|> ${name}(${declaration.sizes.some((s) => !s.default) ? "…" : ""})\``,
      },
    );
  }
  // What is piped in comes first in the text, so it is numbered first: `h.linear`, then `h.linear2`.
  if (e.piped) env.evaluated.set(e.piped, env.evaluated.get(e.piped) ?? elab.expression(e.piped, env));
  const direct = !e.piped && declaration.sizes.length === 0 && e.arguments.length > 0;
  const sizes = direct ? [] : e.arguments;
  const instance = instantiate(elab, env, callable, declaration, sizes, e.span, pathOfUse(env, name));
  if (e.piped)
    return applyLayer(elab, env, instance, [{ value: e.piped, span: e.piped.span }], e.span, resultName);
  return direct ? applyLayer(elab, env, instance, e.arguments, e.span, resultName) : instance;
}
