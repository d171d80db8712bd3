/** Calls: of functions and layers written in `.nn`, of atoms, of reducers in function form, `random` and `grad`. */
import type { AtomName } from "../../ir/atoms.ts";
import { atoms } from "../../ir/atoms.ts";
import { Reported } from "../../ir/diagnostics.ts";
import type { Span } from "../../ir/types.ts";
import type { CallExpression, FunctionDeclaration, LayerDeclaration } from "../syntax.ts";
import type { BoundArgument, GivenArgument } from "./arguments.ts";
import { bindArguments } from "./arguments.ts";
import { applyAtom, gradientOf, isReducer, randomValue, reducerCall, reshapeValue, sizeValue } from "./builtins.ts";
import { materialise } from "./define.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail, join, pathOfUse, suggestion } from "./environment.ts";
import { arrayExpression } from "./expressions.ts";
import { overrideGradient } from "./override.ts";
import { reducerNames } from "./reductions.ts";
import type { Callable } from "./scope.ts";
import { Scope } from "./scope.ts";
import { matchType } from "./shapes.ts";
import type { ArrayValue, InstanceValue, Value } from "./values.ts";
import { sizeOf, truthOf } from "./values.ts";

/** Calls nested deeper than this are a recursion without end. */
const deepest = 64;

export function call(elab: Elaboration, e: CallExpression, place: Environment): Value {
  const { resultName } = place;
  const env: Environment = { ...place, resultName: undefined };
  if (e.callee.kind !== "name") return callValue(elab, env, e, elab.expression(e.callee, env), resultName);
  const name = e.callee.name;
  const binding = env.scope.lookup(name);
  if (binding?.kind === "value" && binding.value.kind === "instance") return callValue(elab, env, e, binding.value, resultName);
  if (binding?.kind === "failed" && !env.home.lookup(name)) elab.expression(e.callee, env);
  if (env.home.missing.has(name)) throw new Reported();
  const own = env.home.own(name);
  if (own) return callDeclared(elab, env, e, name, own, resultName);
  const builtin = callBuiltin(elab, env, e, name, resultName);
  if (builtin) return builtin;
  const library = env.home.lookup(name);
  if (library) return callDeclared(elab, env, e, name, library, resultName);
  if (binding) {
    return fail(elab, env, "NN2011", e.callee.span, { what: `\`${name}\` is no function or layer` }, {
      notes: [{ message: "it is defined here", span: binding.span }],
    });
  }
  const callables = Object.entries(atoms).flatMap(([atom, row]) => (row.callable ? [atom] : []));
  return fail(elab, env, "NN2001", e.callee.span, { name }, {
    help: suggestion(name, [...env.home.visible(), ...callables, ...reducerNames, "random", "grad", "size", "reshape"]),
  });
}

/** The arguments as given, the piped value first. */
function givenArguments(e: CallExpression): GivenArgument[] {
  const piped = e.piped ? [{ value: e.piped, span: e.piped.span }] : [];
  return [...piped, ...e.arguments];
}

function callValue(
  elab: Elaboration,
  env: Environment,
  e: CallExpression,
  callee: Value,
  resultName?: string,
): ArrayValue {
  if (callee.kind !== "instance") return fail(elab, env, "NN2011", e.callee.span, { what: "this is no function or layer" });
  return applyLayer(elab, env, callee, givenArguments(e), e.span, resultName);
}

function callBuiltin(
  elab: Elaboration,
  env: Environment,
  e: CallExpression,
  name: string,
  resultName?: string,
): ArrayValue | undefined {
  const given = givenArguments(e);
  if (name === "random") return randomValue(elab, env, given, e.span);
  if (name === "grad") return gradientOf(elab, env, given, e.span);
  if (name === "size") return sizeValue(elab, env, given, e.span);
  if (name === "reshape") return reshapeValue(elab, { ...env, resultName }, given, e.span);
  const positional = given.filter((a) => !a.name);
  const isPair = (name === "max" || name === "min") && positional.length > 1;
  if (isReducer(name) && !isPair) return reducerCall(elab, env, name, given, e.span);
  const row = Object.hasOwn(atoms, name) ? atoms[name as AtomName] : undefined;
  if (row?.callable) return applyAtom(elab, env, name as AtomName, row.arity, given, e.span);
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
  if (declaration.kind === "function") return applyFunction(elab, env, callable, declaration, givenArguments(e), e.span, resultName);
  if (declaration.kind === "optimizer") return fail(elab, env, "NN2011", e.callee.span, { what: `\`${name}\` is an optimizer` });
  if (e.bare) {
    return fail(elab, env, "NN2011", e.callee.span, { what: `\`${name}\` is a layer: it needs its sizes` }, {
      help: `write \`|> ${name}(…)\`; without sizes \`|> ${name}()\``,
    });
  }
  // What is piped in comes first in the text, so it is numbered first: `h.linear`, then `h.linear2`.
  if (e.piped) env.evaluated.set(e.piped, env.evaluated.get(e.piped) ?? elab.expression(e.piped, env));
  const direct = !e.piped && declaration.sizes.length === 0 && e.arguments.length > 0;
  const sizes = direct ? [] : e.arguments;
  const instance = instantiate(elab, env, callable, declaration, sizes, e.span, pathOfUse(env, name));
  if (e.piped) return applyLayer(elab, env, instance, [{ value: e.piped, span: e.piped.span }], e.span, resultName);
  return direct ? applyLayer(elab, env, instance, e.arguments, e.span, resultName) : instance;
}

/** A layer with its sizes bound. The same path gives the same instance: that is how nested layers are shared. */
export function instantiate(
  elab: Elaboration,
  env: Environment,
  callable: Callable,
  layer: LayerDeclaration,
  given: readonly GivenArgument[],
  span: Span,
  path: string,
): InstanceValue {
  const known = elab.instances.get(path);
  if (known?.layer === layer) return known;
  const bound = bindArguments(elab, env, callable, layer.sizes, given, layer.name.text, span);
  const sizes = new Map([...bound].map(([name, a]) => [name, compileTime(elab, env, a, name)]));
  const instance: InstanceValue = { kind: "instance", layer, home: callable.home, sizes, path, owned: new Map() };
  elab.instances.set(path, instance);
  return instance;
}

/** Sizes are known at compile time, except plain numbers such as a rate, which may be anything scalar. */
function compileTime(elab: Elaboration, env: Environment, a: BoundArgument, name: string): ArrayValue {
  const { value, parameter } = a;
  const wanted = parameter.type?.extents === undefined ? parameter.type?.element : undefined;
  if (wanted === "int" && sizeOf(value) === undefined) fail(elab, env, "NN2012", a.span, { what: `\`${name}\`` });
  if (wanted === "bool" && truthOf(value) === undefined) fail(elab, env, "NN2012", a.span, { what: `\`${name}\`` });
  return value;
}

function bindParameters(
  elab: Elaboration,
  env: Environment,
  scope: Scope,
  bound: ReadonlyMap<string, BoundArgument>,
  path: string,
): void {
  for (const [name, a] of bound) {
    const type = a.parameter.type;
    const known = type?.extents === undefined ? compileTime(elab, env, a, name) : a.value;
    const plain = materialise(elab, env, join(path, name), known, a.span);
    const value = type?.extents === undefined ? plain : matchType(elab, env, type, plain, scope, name, a.span);
    const constant = sizeOf(value) ? { constant: "size" as const } : {};
    scope.bind(name, { kind: "value", value, span: a.parameter.span, ...constant });
  }
}

function enter(elab: Elaboration, env: Environment, name: string, span: Span): Environment["calls"] {
  if (env.calls.length >= deepest) fail(elab, env, "NN2016", span, { name });
  return [...env.calls, { name, span }];
}

function applyFunction(
  elab: Elaboration,
  env: Environment,
  callable: Callable,
  declaration: FunctionDeclaration,
  given: readonly GivenArgument[],
  span: Span,
  resultName?: string,
): ArrayValue {
  const name = declaration.name.text;
  const calls = enter(elab, env, name, span);
  const { path } = env;
  const bound = bindArguments(elab, { ...env, calls }, callable, declaration.parameters, given, name, span, env);
  const scope = new Scope();
  const inner: Environment = {
    ...env,
    scope,
    path,
    calls,
    resultName,
    home: callable.home,
    owner: env.owner === "initialiser" ? "initialiser" : "function",
    protect: null,
    evaluated: new Map(),
    turns: [],
  };
  bindParameters(elab, inner, scope, bound, path);
  const value = elab.block(declaration.body, inner, declaration.result);
  if (!value) return fail(elab, inner, "NN2018", declaration.name.span, { name });
  return declaration.gradient ? overrideGradient(elab, inner, declaration, declaration.gradient, value, span) : value;
}

function applyLayer(
  elab: Elaboration,
  env: Environment,
  instance: InstanceValue,
  given: readonly GivenArgument[],
  span: Span,
  resultName?: string,
): ArrayValue {
  const { layer, path } = instance;
  const name = layer.name.text;
  const calls = enter(elab, env, name, span);
  const callable: Callable = { declaration: layer, home: instance.home };
  const bound = bindArguments(elab, { ...env, calls }, callable, layer.parameters, given, name, span, env);
  const scope = new Scope();
  for (const [size, value] of instance.sizes) {
    const constant = sizeOf(value) ? { constant: "size" as const } : {};
    scope.bind(size, { kind: "value", value, span: layer.name.span, ...constant });
  }
  const inner: Environment = {
    ...env,
    scope,
    path,
    calls,
    resultName,
    instance,
    home: instance.home,
    owner: "layer",
    uses: new Map(),
    protect: null,
    evaluated: new Map(),
    turns: [],
  };
  bindParameters(elab, inner, scope, bound, path);
  const value = elab.block(layer.body, inner, layer.result);
  orderParameters(elab, instance);
  return value ?? fail(elab, inner, "NN2018", layer.name.span, { name });
}

/** Parameters are made where they are first mentioned, but listed as they are declared. */
function orderParameters(elab: Elaboration, { layer, owned }: InstanceValue): void {
  const { parameters } = elab.gathered;
  const declared = layer.body.flatMap((s) => (s.kind === "param" ? (owned.get(s.name.text) ?? []) : []));
  const places = declared.map((t) => parameters.indexOf(t)).toSorted((a, b) => a - b);
  declared.forEach((t, k) => (parameters[places[k]!] = t));
}

/** The value of a given argument, in the environment of the caller. */
export function argumentValue(elab: Elaboration, env: Environment, a: GivenArgument): ArrayValue {
  return arrayExpression(elab, a.value, env);
}
