/** Application: a function or layer written in `.nn`, elaborated in a scope of its own. */
import type { Span } from "../../ir/types.ts";
import type { FunctionDeclaration, LayerDeclaration, Parameter, TypeSyntax } from "../syntax.ts";
import type { BoundArgument, GivenArgument } from "./arguments.ts";
import { bindArgumentsAndLayers } from "./arguments.ts";
import { materialise } from "./define.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail, join, withoutDrawn } from "./environment.ts";
import { unboundNames } from "./left.ts";
import { matchShape, matchType } from "./match.ts";
import { overrideGradient } from "./override.ts";
import type { Callable } from "./scope.ts";
import { Scope } from "./scope.ts";
import type { ArrayValue, InstanceValue, Value } from "./values.ts";
import { isConstant, printShape, sizeOf, truthOf } from "./values.ts";

/** Calls nested deeper than this are a recursion without end. */
const deepest = 64;

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
  const bound = bindArgumentsAndLayers(elab, env, callable, layer.sizes, given, span);
  const sizes = new Map([...bound].map(([name, a]) => [name, layerSize(elab, env, layer, a)]));
  const instance: InstanceValue = {
    kind: "instance",
    layer,
    home: callable.home,
    sizes,
    path,
    owned: new Map(),
  };
  elab.instances.set(path, instance);
  return instance;
}

/** A tensor among the sizes is meant to be what the layer is applied to. */
function layerSize(
  elab: Elaboration,
  env: Environment,
  layer: LayerDeclaration,
  a: BoundArgument<Value>,
): Value {
  const name = a.parameter.name.text;
  if (a.value.kind === "array" && a.value.shape.length > 0) {
    const sizes = layer.sizes.some((s) => !s.default) ? "…" : "";
    const more = {
      notes: [
        { message: `\`${name}\` is a size of \`${layer.name.text}\`, declared here`, span: a.parameter.span },
      ],
      help: `what a layer is applied to is piped in: \`x |> ${layer.name.text}(${sizes})\``,
    };
    fail(elab, env, "NN2020", a.span, { what: `\`${name}\``, found: printShape(a.value.shape) }, more);
  }
  return compileTime(elab, env, a, name);
}

/** Sizes are known at compile time, except plain numbers such as a rate, which may be anything scalar. */
function compileTime(elab: Elaboration, env: Environment, a: BoundArgument<Value>, name: string): Value {
  const { value, parameter } = a;
  const wanted = parameter.type?.extents === undefined ? parameter.type?.element : undefined;
  const notes = [{ message: `\`${name}\` is declared here`, span: parameter.span }];
  const what = `\`${name}\``;
  if (wanted === "int" && sizeOf(value) === undefined)
    fail(elab, env, "NN2012", a.span, { what, wanted: "an integer" }, { notes });
  if (wanted === "bool" && truthOf(value) === undefined)
    fail(elab, env, "NN2012", a.span, { what, wanted: "true or false" }, { notes });
  return value;
}

/** `axis: int` and `bias: bool` are known at compile time. */
const isSize = ({ type }: Parameter): boolean =>
  type !== undefined && type.extents === undefined && (type.element === "int" || type.element === "bool");

function bindParameters(
  elab: Elaboration,
  env: Environment,
  scope: Scope,
  bound: ReadonlyMap<string, BoundArgument<Value>>,
  path: string,
): void {
  // Sizes first: a type may speak of one that stands after it, `a: [...s(axis), n], axis: int`.
  const constants = [...bound].filter(([, a]) => isConstant(a.value) || isSize(a.parameter));
  for (const [name, a] of new Map([...constants, ...bound])) {
    const type = a.parameter.type;
    const known = type?.extents === undefined ? compileTime(elab, env, a, name) : a.value;
    if (known.kind === "instance") {
      scope.bind(name, { kind: "value", value: known, span: a.parameter.span });
      continue;
    }
    const plain = materialise(elab, env, join(path, name), known, a.span);
    const value =
      type?.extents === undefined ? plain : matchType(elab, env, type, plain, scope, name, a.span);
    const constant = sizeOf(value) ? { constant: "size" as const } : {};
    scope.bind(name, { kind: "value", value, span: a.parameter.span, ...constant });
  }
}

/** More calls than this in one model are not a network: each of `deepest` levels may call twice the next. */
const mostCalls = 50_000;

function enter(elab: Elaboration, env: Environment, name: string, span: Span): Environment["calls"] {
  if (env.calls.length >= deepest) {
    // What stands innermost may be called by what recurs: the name is the last that was entered before.
    const calls = [...env.calls, { name, span }];
    const last = calls.findLastIndex((c, k) => calls.findIndex((d) => d.name === c.name) < k);
    const recurring = calls[Math.max(last, 0)]!;
    fail(elab, env, "NN2016", recurring.span, { name: recurring.name });
  }
  if (++elab.limits.calls > mostCalls) {
    fail(elab, env, "NN2028", span, { what: "the number of calls", limit: String(mostCalls) });
  }
  return [...env.calls, { name, span }];
}

export function applyFunction(
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
  const { path, drawn } = env;
  const caller = withoutDrawn(env);
  const bound = bindArgumentsAndLayers(
    elab,
    { ...caller, calls },
    callable,
    declaration.parameters,
    given,
    span,
    caller,
  );
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
  const { result } = declaration;
  if (drawn && result && isOpen(inner, result))
    matchShape(elab, inner, result, drawn.shape, drawn.name, span);
  const value = elab.block(declaration.body, result ? withoutDrawn(inner) : inner, result);
  if (!value) return fail(elab, inner, "NN2018", declaration.name.span, { name });
  return declaration.gradient
    ? overrideGradient(elab, inner, declaration, declaration.gradient, value, span)
    : value;
}

/** Whether a result type has names that no argument has bound. */
const isOpen = (env: Environment, { extents }: TypeSyntax): boolean =>
  (extents ?? []).some((e) =>
    e.kind === "rest" ? !env.scope.lookup(e.name.text) : unboundNames(env, e.value).length > 0,
  );

export function applyLayer(
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
  const bound = bindArgumentsAndLayers(elab, { ...env, calls }, callable, layer.parameters, given, span, env);
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
