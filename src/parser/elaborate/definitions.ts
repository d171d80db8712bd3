/** `h = …`, `output p = …`, `metric m = …`, `encode = linear(64)`. */
import type { Tensor } from "../../ir/types.ts";
import type { CallExpression, Definition, TypeSyntax } from "../syntax.ts";
import { instantiate } from "./apply.ts";
import { define } from "./define.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail } from "./environment.ts";
import { defineIndexed } from "./indexed.ts";
import { requireArray } from "./operands.ts";
import { environmentOf, pathOf, requireNew } from "./paths.ts";
import { broadcastTo, extentsOf, fitElement } from "./shapes.ts";
import type { ArrayValue, InstanceValue } from "./values.ts";
import { castValue, isConstant, isScalar, printShape, sizeOf } from "./values.ts";

export function defineName(
  elab: Elaboration,
  env: Environment,
  s: Definition,
  type: TypeSyntax | undefined,
): void {
  if (s.value === undefined) return publish(elab, env, s, existing(elab, env, s));
  if (s.subscripts) {
    const value = defineIndexed(elab, env, s, type);
    if (s.as) publish(elab, env, s, value);
    return;
  }
  requireNew(elab, env, s.name);
  const path = pathOf(env, s.name.text);
  const inner = environmentOf(env, path);
  const instance = sharedLayer(elab, inner, s);
  const home = env.scope.home(s.name.text);
  const value = instance ?? elab.expression(s.value, inner);
  if (value.kind === "instance") {
    if (s.as) requireArray(elab, value, s.value, env);
    home.bind(s.name.text, { kind: "value", value, span: s.name.span });
    return;
  }
  const typed = type ? fitDeclared(elab, env, value, type, s) : value;
  const named = nameValue(elab, inner, s, typed, type !== undefined);
  const constant = sizeOf(named) && !named.tensor ? { constant: "size" as const } : {};
  home.bind(s.name.text, { kind: "value", value: named, span: s.name.span, ...constant });
  if (s.as) publish(elab, env, s, named);
}

/** A compile-time constant keeps being one; a name for a tensor is that tensor; all else becomes a definition. */
function nameValue(
  elab: Elaboration,
  env: Environment,
  s: Definition,
  value: ArrayValue,
  typed: boolean,
): ArrayValue {
  if (!s.as && !typed && (isConstant(value) || value.tensor)) return value;
  if (value.tensor && !isPersistent(value.tensor)) return value;
  return define(elab, env, env.path, value, s.span, s.doc);
}

const isPersistent = (t: Tensor): boolean =>
  t.role === "parameter" || t.role === "state" || t.role === "builtin";

function fitDeclared(
  elab: Elaboration,
  env: Environment,
  value: ArrayValue,
  type: TypeSyntax,
  s: Definition,
): ArrayValue {
  const fitted = fitElement(elab, env, type, value, s.name.text, s.value!.span);
  const shape = type.extents ? extentsOf(elab, env, type.extents) : [];
  const notes = [{ message: "its type is declared here", span: type.span }];
  return broadcastTo(elab, env, fitted, shape, s.name.text, s.value!.span, notes);
}

/** `encode = linear(64)`: an instance whose path is the name itself. */
function sharedLayer(elab: Elaboration, env: Environment, s: Definition): InstanceValue | undefined {
  const e = s.value as CallExpression;
  if (e.kind !== "call" || e.piped || e.callee.kind !== "name") return undefined;
  const callable = env.home.lookup(e.callee.name);
  if (callable?.declaration.kind !== "layer") return undefined;
  const layer = callable.declaration;
  if (layer.sizes.length === 0 && e.arguments.length > 0) return undefined;
  return instantiate(elab, env, callable, layer, e.arguments, e.span, env.path);
}

function existing(elab: Elaboration, env: Environment, s: Definition): ArrayValue {
  const value = elab.expression({ kind: "name", name: s.name.text, span: s.name.span }, env);
  if (value.kind === "array") return value;
  return fail(elab, env, "NN2011", s.name.span, { what: `the layer \`${s.name.text}\` is no value` });
}

/** Makes a definition an output or a metric of the model. */
function publish(elab: Elaboration, env: Environment, s: Definition, value: ArrayValue): void {
  const { gathered, builder: b } = elab;
  const name = s.name.text;
  const list = s.as === "metric" ? gathered.metrics : gathered.outputs;
  if (list.some((o) => o.name === name)) fail(elab, env, "NN2002", s.name.span, { name });
  if (s.as === "metric" && (!isScalar(value) || value.type === "bool")) {
    fail(elab, env, "NN2020", s.span, {
      what: "a metric",
      found: isScalar(value) ? "a truth value" : printShape(value.shape),
    });
  }
  const number = s.as === "metric" ? castValue(b, value, "f32") : value;
  const tensor =
    number.tensor ?? define(elab, env, s.as === "metric" ? `${name}.value` : name, number, s.span).tensor!;
  list.push({ name, tensor, ...(s.doc === undefined ? {} : { doc: s.doc }) });
}
