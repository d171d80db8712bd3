/** `optimizer adam(lr = 1e-3)`: its updates, written for one parameter, are elaborated for every parameter. */
import { readsOf } from "../../ir/rewrite.ts";
import type { Span, Statement, Tensor } from "../../ir/types.ts";
import type { Argument, OptimizerDeclaration, OptimizerStatement } from "../syntax.ts";
import type { BoundArgument } from "./arguments.ts";
import { bindArguments } from "./arguments.ts";
import { define } from "./define.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { attempt, fail, suggestion } from "./environment.ts";
import { gradientNorm } from "./gradient-norm.ts";
import { requireLasting } from "./lasting.ts";
import type { Group } from "./groups.ts";
import { gradientArgument, groupsOf, overridesFor, splitGradient } from "./groups.ts";
import { arrayExpression } from "./operands.ts";
import type { ShadowNames } from "./optimizer-body.ts";
import { elaborateBody } from "./optimizer-body.ts";
import type { Callable } from "./scope.ts";
import { Scope } from "./scope.ts";
import { broadcastTo } from "./shapes.ts";
import type { ArrayValue } from "./values.ts";
import { castValue, freshIndices, isScalar, ofTensor, scalarExpr } from "./values.ts";

/** One optimizer statement, with what all parameters share. */
interface Plan {
  readonly statement: OptimizerStatement;
  /** Where the statement stands. */
  readonly env: Environment;
  readonly callable: Callable;
  readonly declaration: OptimizerDeclaration;
  readonly gradient: Argument | undefined;
  readonly others: readonly Argument[];
  readonly groups: readonly Group[];
  /** The part of every path that names the optimizer: `adam`, and of a second one `adam2`. */
  readonly use: string;
  /** The hypers by argument, made once for all parameters. */
  readonly hypers: Map<string, ArrayValue>;
  readonly shadowName: ShadowNames;
}

/** Emits the updates of every trained parameter; `gradients[i]` belongs to `trained[i]`. */
export function elaborateOptimizers(
  elab: Elaboration,
  trained: readonly Tensor[],
  gradients: readonly Tensor[],
): void {
  const { gathered } = elab;
  const [first] = gathered.optimizers;
  if (!first) return;
  const emitting: Environment = { ...first.env, emit: gathered.update };
  const norm = gradientNorm(elab, emitting, trained, gradients, first.statement.span);
  const uses = new Map<string, number>();
  for (const { statement, env } of gathered.optimizers) {
    const name = statement.name.text;
    const count = (uses.get(name) ?? 0) + 1;
    uses.set(name, count);
    const place: Environment = { ...env, owner: "optimizer", emit: gathered.update, gradientNorm: norm };
    attempt(() => {
      const plan = planOf(elab, place, statement, count === 1 ? name : `${name}${count}`);
      for (const [k, parameter] of trained.entries()) {
        updateParameter(elab, plan, parameter, gradients[k]!);
        // What is wrong for one parameter is not told again for all others.
        if (elab.diagnostics.hasErrors) return;
      }
      const [frozen] = gathered.parameters;
      if (trained.length === 0 && frozen) hypersAlone(elab, plan, frozen);
    });
  }
  requireLasting(elab, first.env, gradients);
}

function planOf(elab: Elaboration, env: Environment, statement: OptimizerStatement, use: string): Plan {
  const name = statement.name.text;
  const callable = env.home.lookup(name);
  if (callable?.declaration.kind !== "optimizer") {
    const known = env.home.visible().filter((n) => env.home.lookup(n)?.declaration.kind === "optimizer");
    const code = callable ? "NN2032" : "NN2001";
    return fail(elab, env, code, statement.name.span, { name }, { help: suggestion(name, known) });
  }
  const declaration = callable.declaration;
  for (const p of declaration.parameters) {
    // Every optimizer has these two without declaring them.
    if (p.name.text === "parameter" || p.name.text === gradientArgument)
      fail(elab, env, "NN2002", p.name.span, { name: p.name.text });
  }
  if (!declaration.body.some((d) => d.kind === "update")) {
    const help = "write `update parameter = …`";
    fail(elab, env, "NN2025", declaration.name.span, { problem: `\`${name}\` updates nothing` }, { help });
  }
  const taken = new Set(elab.gathered.shadows.map((shadow) => shadow.name));
  return {
    statement,
    env,
    callable,
    declaration,
    ...splitGradient(elab, env, statement),
    groups: groupsOf(elab, env, statement, callable, declaration),
    use,
    hypers: new Map(),
    shadowName: (state) => freeName(taken, use, state),
  };
}

function updateParameter(elab: Elaboration, plan: Plan, parameter: Tensor, gradient: Tensor): void {
  const { env, declaration, callable, statement } = plan;
  const outer = callerOf(elab, plan, parameter, gradient);
  const base = baseArguments(elab, plan, outer);
  // An overriding expression sees the arguments of the call by their names.
  const own = new Scope(outer.scope);
  for (const [name, value] of base) own.bind(name, { kind: "value", value, span: declaration.name.span });
  const overriding: Environment = { ...outer, scope: own };
  const overrides = overridesFor(plan.groups, parameter);
  const scope = new Scope();
  const bind = (name: string, value: ArrayValue, span: Span): void =>
    scope.bind(name, { kind: "value", value: settled(elab, outer, name, value, span), span });
  for (const [name, value] of base) {
    const a = overrides.get(name);
    bind(name, a ? arrayExpression(elab, a.value, overriding) : value, a?.span ?? declaration.name.span);
  }
  const names = elab.indexNames.get(parameter);
  const itself = ofTensor(elab.builder, parameter, names);
  scope.bind("parameter", { kind: "value", value: itself, span: declaration.name.span });
  const given = overrides.get(gradientArgument);
  const taken = given
    ? gradientOf(elab, overriding, given, parameter)
    : plan.gradient
      ? gradientOf(elab, outer, plan.gradient, parameter)
      : ofTensor(elab.builder, gradient, names);
  bind(gradientArgument, taken, given?.span ?? plan.gradient?.span ?? declaration.name.span);
  const calls = [...env.calls, { name: statement.name.text, span: statement.span }];
  const inner: Environment = { ...outer, scope, calls, home: callable.home, evaluated: new Map() };
  elaborateBody(elab, inner, declaration, parameter, plan.shadowName);
}

/** Where the arguments of the call stand: `parameter` and `gradient` are those of the model. */
function callerOf(elab: Elaboration, plan: Plan, parameter: Tensor, gradient: Tensor): Environment {
  const { env, statement } = plan;
  const scope = new Scope(env.scope);
  const names = elab.indexNames.get(parameter);
  for (const [name, tensor] of [
    ["parameter", parameter],
    [gradientArgument, gradient],
  ] as const) {
    const value = ofTensor(elab.builder, tensor, names);
    scope.bind(name, { kind: "value", value, span: statement.name.span });
  }
  return {
    ...env,
    scope,
    path: `${parameter.name}.${plan.use}`,
    uses: new Map(),
    evaluated: new Map(),
    turns: [],
  };
}

function baseArguments(elab: Elaboration, plan: Plan, outer: Environment): Map<string, ArrayValue> {
  const { callable, declaration, statement, env } = plan;
  const name = statement.name.text;
  const inside: Environment = { ...outer, calls: [...env.calls, { name, span: statement.span }] };
  const parameters = declaration.parameters;
  const bound = bindArguments(elab, inside, callable, parameters, plan.others, name, statement.span, outer);
  return new Map([...bound].map(([parameter, a]) => [parameter, hyper(elab, plan, parameter, a)]));
}

/** With nothing to train there are no updates, but the arguments are still checked, and `model.hyper` has them. */
function hypersAlone(elab: Elaboration, plan: Plan, parameter: Tensor): void {
  const { shape, span, name } = parameter;
  const gradient = elab.builder.tensor({ name: `d${name}`, type: "f32", shape, role: "adjoint", span });
  const unused: Statement[] = [];
  baseArguments(elab, plan, { ...callerOf(elab, plan, parameter, gradient), emit: unused });
}

/**
 * A plain number is a hyper, which the program may change while it trains; a schedule is an expression of `step`. What
 * is off by default, with the number 0, and not asked for stays off: it costs nothing.
 */
function hyper(elab: Elaboration, plan: Plan, name: string, a: BoundArgument): ArrayValue {
  const { builder: b, gathered } = elab;
  if (!isScalar(a.value)) return a.value;
  const e = scalarExpr(a.value);
  const value =
    e.kind === "affine" ? b.constantOf(e) : e.kind === "constant" && e.type === "f32" ? e.value : undefined;
  const compileTime = a.parameter.type !== undefined && a.parameter.type.element !== "float";
  const isGiven = a.span !== a.parameter.span;
  if (value === undefined || compileTime || (value === 0 && !isGiven)) return a.value;
  const known = plan.hypers.get(name);
  if (known) return known;
  const taken = new Set(gathered.hypers.map((h) => h.name));
  const tensor = b.tensor({
    name: freeName(taken, plan.use, name),
    type: "f32",
    shape: [],
    role: "hyper",
    span: a.span,
    value,
  });
  gathered.hypers.push(tensor);
  const made = ofTensor(b, tensor);
  plan.hypers.set(name, made);
  return made;
}

/** `decay`; where an earlier optimizer has one already `average_decay`. */
function freeName(taken: ReadonlySet<string>, use: string, name: string): string {
  let candidate = name;
  for (let n = 1; taken.has(candidate); n++) candidate = `${use}_${name}${n === 1 ? "" : n}`;
  return candidate;
}

function gradientOf(elab: Elaboration, env: Environment, a: Argument, parameter: Tensor): ArrayValue {
  const value = castValue(elab.builder, arrayExpression(elab, a.value, env), "f32");
  return broadcastTo(elab, env, value, parameter.shape, `the gradient of \`${parameter.name}\``, a.span);
}

/** The value as it is before the first update: what reads tensors is computed at once. */
function settled(
  elab: Elaboration,
  env: Environment,
  name: string,
  value: ArrayValue,
  span: Span,
): ArrayValue {
  if (value.flexible || (value.tensor && value.tensor.role !== "parameter")) return value;
  const indices = freshIndices(elab.builder, value.shape, value.names);
  const cell = value.at(
    indices.map((i) => elab.builder.of(i)),
    value.shape,
  );
  const changes = readsOf(cell).some((r) => r.tensor.role !== "hyper" && r.tensor.role !== "builtin");
  return changes ? define(elab, env, `${env.path}.${name}`, value, span) : value;
}
