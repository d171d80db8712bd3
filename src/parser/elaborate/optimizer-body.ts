/** The body of an optimizer, elaborated for one parameter: its states and its updates. */
import { isPersistent, tensorsRead, tensorsWritten } from "../../ir/dependences.ts";
import { Reported } from "../../ir/diagnostics.ts";
import type { Affine, Tensor } from "../../ir/types.ts";
import type { OptimizerDeclaration, StateStatement, Statement } from "../syntax.ts";
import { defineName } from "./definitions.ts";
import type { Elaboration, Environment, Gathered } from "./environment.ts";
import { attempt, fail } from "./environment.ts";
import { makeState } from "./owned.ts";
import { requireCondition } from "./require.ts";
import { extentsOf } from "./shapes.ts";
import { updateTensor } from "./updates.ts";
import { ofTensor } from "./values.ts";

/** What `shadows` calls the states of one optimizer that start as their parameters. */
export type ShadowNames = (state: string) => string;

export function elaborateBody(
  elab: Elaboration,
  env: Environment,
  declaration: OptimizerDeclaration,
  parameter: Tensor,
  shadowName: ShadowNames,
): void {
  for (const s of declaration.body) {
    const done = attempt(() => {
      executeUpdate(elab, env, s, parameter, shadowName);
      return true;
    });
    const defines = s.kind === "state" || s.kind === "definition";
    if (!done && defines) env.scope.bind(s.name.text, { kind: "failed", span: s.name.span });
  }
}

function executeUpdate(
  elab: Elaboration,
  env: Environment,
  s: Statement,
  parameter: Tensor,
  shadowName: ShadowNames,
): void {
  if (s.kind === "state") {
    declareOptimizerState(elab, env, s, parameter, shadowName);
  } else if (s.kind === "update") {
    const binding = env.scope.lookup(s.name.text);
    if (binding?.kind === "failed") throw new Reported();
    const target =
      binding?.kind === "value" && binding.value.kind === "array" ? binding.value.tensor : undefined;
    const own = target?.role === "state" && elab.gathered.optimizerStates.includes(target);
    if (!target || (!own && target !== parameter)) {
      return fail(elab, env, "NN2023", s.name.span, { name: s.name.text });
    }
    updateTensor(elab, env, target, s);
  } else if (s.kind === "definition") {
    defineName(elab, env, s, s.type);
  } else if (s.kind === "require") {
    requireCondition(elab, env, s);
  } else {
    fail(elab, env, "NN2019", s.span, { statement: `\`${s.kind}\``, place: "an optimizer" });
  }
}

/** A state has the shape of the parameter, unless it says its own: `state product: [] = 1`. */
function declareOptimizerState(
  elab: Elaboration,
  env: Environment,
  s: StateStatement,
  parameter: Tensor,
  shadowName: ShadowNames,
): void {
  const { builder: b, gathered } = elab;
  const path = `${env.path}.${s.name.text}`;
  const given = s.type?.extents;
  const shape: readonly Affine[] = given ? extentsOf(elab, env, given) : parameter.shape;
  const before = gathered.initialise.length;
  const starting: Environment = { ...env, gradientNorm: undefined };
  const tensor = makeState(elab, starting, s, shape, path, gathered.optimizerStates);
  requireKnown(elab, env, s, before);
  const names = elab.indexNames.get(given ? tensor : parameter);
  const isAlike = shape.length === parameter.shape.length && shape.every((e, d) => e === parameter.shape[d]);
  const isShadow = isAlike && startsAs(env, s, parameter);
  env.scope.bind(s.name.text, { kind: "value", value: ofTensor(b, tensor, names), span: s.name.span });
  if (isShadow) addShadow(gathered.shadows, shadowName(s.name.text), { parameter, state: tensor });
}

/** A state starts before any gradient is known. */
function requireKnown(elab: Elaboration, env: Environment, s: StateStatement, from: number): void {
  const statements = elab.gathered.initialise.slice(from);
  const written = new Set(statements.flatMap(tensorsWritten));
  const isKnown = (t: Tensor): boolean => written.has(t) || (isPersistent(t) && t.role !== "input");
  if (statements.every((e) => tensorsRead(e).every(isKnown))) return;
  const what = `the start of \`${s.name.text}\` can only depend on the parameter, not on its gradient`;
  fail(elab, env, "NN2011", s.value.span, { what });
}

/** Whether the state starts as a copy of this very tensor: `state average = parameter`. */
function startsAs(env: Environment, s: StateStatement, parameter: Tensor): boolean {
  const binding = s.value.kind === "name" ? env.scope.lookup(s.value.name) : undefined;
  return binding?.kind === "value" && binding.value.kind === "array" && binding.value.tensor === parameter;
}

function addShadow(
  shadows: Gathered["shadows"],
  name: string,
  pair: { parameter: Tensor; state: Tensor },
): void {
  const known = shadows.find((shadow) => shadow.name === name);
  if (known) known.pairs.push(pair);
  else shadows.push({ name, pairs: [pair] });
}
