import type { Span } from "../../ir/types.ts";
import type { Expression, Name, Parameter } from "../syntax.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail, suggestion } from "./environment.ts";
import { arrayExpression } from "./operands.ts";
import type { Callable } from "./scope.ts";
import { Scope } from "./scope.ts";
import type { ArrayValue, Value } from "./values.ts";

export interface GivenArgument {
  readonly name?: Name;
  readonly value: Expression;
  readonly span: Span;
}

export interface BoundArgument<V extends Value = ArrayValue> {
  readonly parameter: Parameter;
  readonly value: V;
  readonly span: Span;
}

/**
 * Matches arguments with parameters, by position and then by name; what is left takes its default, evaluated where the
 * callee was written and seeing the parameters before it. `caller` is where the arguments are evaluated.
 */
export function bindArguments(
  elab: Elaboration,
  env: Environment,
  callable: Callable,
  parameters: readonly Parameter[],
  given: readonly GivenArgument[],
  callee: string,
  span: Span,
  caller: Environment = env,
): Map<string, BoundArgument> {
  const evaluate = (e: Expression, where: Environment): ArrayValue => arrayExpression(elab, e, where);
  return bind(elab, env, callable, parameters, given, callee, span, caller, evaluate);
}

/** The same, where a layer with its sizes may be given for a parameter without a type. */
export function bindArgumentsAndLayers(
  elab: Elaboration,
  env: Environment,
  callable: Callable,
  parameters: readonly Parameter[],
  given: readonly GivenArgument[],
  span: Span,
  caller: Environment = env,
): Map<string, BoundArgument<Value>> {
  const evaluate = (e: Expression, where: Environment, parameter: Parameter): Value =>
    parameter.type ? arrayExpression(elab, e, where) : elab.expression(e, where);
  const callee = callable.declaration.name.text;
  return bind(elab, env, callable, parameters, given, callee, span, caller, evaluate);
}

function bind<V extends Value>(
  elab: Elaboration,
  env: Environment,
  callable: Callable,
  parameters: readonly Parameter[],
  given: readonly GivenArgument[],
  callee: string,
  span: Span,
  caller: Environment,
  evaluate: (e: Expression, env: Environment, parameter: Parameter) => V,
): Map<string, BoundArgument<V>> {
  const assigned = assign(elab, caller, parameters, given, callee, callable, span);
  const bound = new Map<string, BoundArgument<V>>();
  const scope = new Scope();
  for (const parameter of parameters) {
    const name = parameter.name.text;
    const argument = assigned.get(name);
    const inside: Environment = { ...env, scope, home: callable.home, evaluated: new Map() };
    const value = argument
      ? evaluate(argument.value, caller, parameter)
      : evaluate(parameter.default!, inside, parameter);
    bound.set(name, { parameter, value, span: argument?.span ?? parameter.span });
    scope.bind(name, { kind: "value", value, span: parameter.span });
  }
  return bound;
}

function assign(
  elab: Elaboration,
  env: Environment,
  parameters: readonly Parameter[],
  given: readonly GivenArgument[],
  callee: string,
  callable: Callable,
  span: Span,
): Map<string, GivenArgument> {
  const declared = { message: `\`${callee}\` is declared here`, span: callable.declaration.name.span };
  const assigned = new Map<string, GivenArgument>();
  let position = 0;
  for (const argument of given) {
    const parameter = argument.name
      ? parameters.find((p) => p.name.text === argument.name!.text)
      : parameters[position++];
    if (!parameter) {
      const problem = argument.name
        ? `no parameter \`${argument.name.text}\``
        : `only ${parameters.length} parameter${parameters.length === 1 ? "" : "s"}`;
      const help = argument.name
        ? suggestion(
            argument.name.text,
            parameters.map((p) => p.name.text),
          )
        : undefined;
      const takes = parameters.map((p) => `\`${p.name.text}\``).join(", ");
      return fail(
        elab,
        env,
        "NN2010",
        argument.span,
        { callee, problem: `it has ${problem}` },
        { notes: [declared], help: help ?? (takes === "" ? "it takes none" : `it takes ${takes}`) },
      );
    }
    if (assigned.has(parameter.name.text)) {
      fail(
        elab,
        env,
        "NN2010",
        argument.span,
        { callee, problem: `\`${parameter.name.text}\` is given twice` },
        { notes: [declared] },
      );
    }
    assigned.set(parameter.name.text, argument);
  }
  const missing = parameters.filter((p) => !p.default && !assigned.has(p.name.text));
  if (missing.length > 0) {
    const names = missing.map((p) => `\`${p.name.text}\``).join(", ");
    fail(
      elab,
      env,
      "NN2010",
      span,
      { callee, problem: `${names} ${missing.length === 1 ? "is" : "are"} missing` },
      { notes: [declared] },
    );
  }
  return assigned;
}
