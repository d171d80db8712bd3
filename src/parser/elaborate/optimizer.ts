/** `optimizer adam(lr = 1e-3)`: its updates, written for one parameter, are elaborated for every parameter. */
import type { Tensor } from "../../ir/types.ts";
import type { OptimizerDeclaration, StateStatement, Statement } from "../syntax.ts";
import type { BoundArgument } from "./arguments.ts";
import { bindArguments } from "./arguments.ts";
import { defineName } from "./definitions.ts";
import type { Elaboration, Environment, Gathered } from "./environment.ts";
import { attempt, fail, suggestion } from "./environment.ts";
import { makeState } from "./owned.ts";
import { requireCondition } from "./require.ts";
import { Scope } from "./scope.ts";
import { updateTensor } from "./updates.ts";
import type { ArrayValue } from "./values.ts";
import { isScalar, ofTensor, scalarExpr } from "./values.ts";

/** Emits the updates of every trained parameter; `gradients[i]` belongs to `trained[i]`. */
export function elaborateOptimizer(
  elab: Elaboration,
  trained: readonly Tensor[],
  gradients: readonly Tensor[],
): void {
  const { gathered, builder: b } = elab;
  const chosen = gathered.optimizer;
  if (!chosen) return;
  const { statement, env } = chosen;
  const name = statement.name.text;
  attempt(() => {
    const callable = env.home.lookup(name);
    if (callable?.declaration.kind !== "optimizer") {
      const known = env.home.visible().filter((n) => env.home.lookup(n)?.declaration.kind === "optimizer");
      return fail(
        elab,
        env,
        callable ? "NN2032" : "NN2001",
        statement.name.span,
        { name },
        { help: suggestion(name, known) },
      );
    }
    const declaration = callable.declaration;
    const calls = [...env.calls, { name, span: statement.span }];
    const bound = bindArguments(
      elab,
      { ...env, calls },
      callable,
      declaration.parameters,
      statement.arguments,
      name,
      statement.span,
      env,
    );
    const hypers = new Map([...bound].map(([parameter, a]) => [parameter, hyper(elab, parameter, a)]));
    trained.forEach((parameter, k) => {
      const scope = new Scope();
      for (const [key, value] of hypers)
        scope.bind(key, { kind: "value", value, span: declaration.name.span });
      const names = elab.indexNames.get(parameter);
      const bind = (key: string, tensor: Tensor): void =>
        scope.bind(key, { kind: "value", value: ofTensor(b, tensor, names), span: declaration.name.span });
      bind("parameter", parameter);
      bind("gradient", gradients[k]!);
      const inner: Environment = {
        ...env,
        scope,
        calls,
        home: callable.home,
        owner: "optimizer",
        path: `${parameter.name}.${name}`,
        uses: new Map(),
        evaluated: new Map(),
        emit: gathered.update,
        turns: [],
      };
      updateParameter(elab, inner, declaration, parameter);
    });
  });
}

/** A plain number is a hyper, which the program may change while it trains; a schedule is an expression of `step`. */
function hyper(elab: Elaboration, name: string, a: BoundArgument): ArrayValue {
  const { builder: b, gathered } = elab;
  if (!isScalar(a.value)) return a.value;
  const e = scalarExpr(a.value);
  const value =
    e.kind === "affine" ? b.constantOf(e) : e.kind === "constant" && e.type === "f32" ? e.value : undefined;
  const compileTime = a.parameter.type !== undefined && a.parameter.type.element !== "float";
  if (value === undefined || compileTime) return a.value;
  const tensor = b.tensor({ name, type: "f32", shape: [], role: "hyper", span: a.span, value });
  gathered.hypers.push(tensor);
  return ofTensor(b, tensor);
}

function updateParameter(
  elab: Elaboration,
  env: Environment,
  declaration: OptimizerDeclaration,
  parameter: Tensor,
): void {
  for (const s of declaration.body) attempt(() => executeUpdate(elab, env, s, parameter));
}

function executeUpdate(elab: Elaboration, env: Environment, s: Statement, parameter: Tensor): void {
  const { builder: b, gathered } = elab;
  if (s.kind === "state") {
    const tensor = makeState(
      elab,
      env,
      s,
      parameter.shape,
      `${env.path}.${s.name.text}`,
      gathered.optimizerStates,
    );
    env.scope.bind(s.name.text, {
      kind: "value",
      value: ofTensor(b, tensor, elab.indexNames.get(parameter)),
      span: s.name.span,
    });
    if (startsAs(env, s, parameter)) addShadow(gathered.shadows, s.name.text, { parameter, state: tensor });
  } else if (s.kind === "update") {
    const binding = env.scope.lookup(s.name.text);
    const target =
      binding?.kind === "value" && binding.value.kind === "array" ? binding.value.tensor : undefined;
    if (target?.role !== "state" && target !== parameter) {
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
