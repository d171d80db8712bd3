import { Reported } from "../../ir/diagnostics.ts";
import type { Affine, Expr, Span } from "../../ir/types.ts";
import type { Expression, IfExpression } from "../syntax.ts";
import { conjuncts } from "../../ir/rewrite.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { bindingOf, fail, withoutDrawn } from "./environment.ts";
import { arrayExpression, elementwise, mergeNames } from "./operands.ts";
import { binary, unary } from "./operators.ts";
import { reduction } from "./reductions.ts";
import { atBroadcast, broadcastShape, typeName } from "./shapes.ts";
import { protectedRead, subscript } from "./subscripts.ts";
import type { ArrayValue, Value } from "./values.ts";
import { castValue, isScalar, ofTensor, printShape, scalar, scalarExpr, truthOf } from "./values.ts";

/** The meaning of an expression where it stands. */
export function expression(elab: Elaboration, e: Expression, where: Environment): Value {
  const { builder: b } = elab;
  const place = isElementwise(e) ? where : withoutDrawn(where);
  // Only a call that is the whole value of a definition gives its result the definition's name.
  const env =
    e.kind === "call" || place.resultName === undefined ? place : { ...place, resultName: undefined };
  switch (e.kind) {
    case "number":
      return scalar(e.integer && Number.isSafeInteger(e.value) ? b.integer(e.value) : b.number(e.value));
    case "boolean":
      return scalar(b.bool(e.value));
    case "name":
      return nameValue(elab, env, e.name, e.span);
    case "unary":
      return unary(elab, env, e);
    case "binary":
      return binary(elab, env, e);
    case "if":
      return conditional(elab, env, e);
    case "call":
      return env.evaluated.get(e) ?? elab.call(e, env);
    case "subscript":
      return subscript(elab, env, e);
    case "else":
      return protectedRead(elab, env, e);
    case "reduce":
      return reduction(elab, env, e);
    case "error":
      throw new Reported();
  }
}

const isElementwise = (e: Expression): boolean =>
  e.kind === "call" || e.kind === "if" || e.kind === "unary" || (e.kind === "binary" && e.operator !== "@");

function nameValue(elab: Elaboration, env: Environment, name: string, span: Span): Value {
  const { builder: b, builtins } = elab;
  if (!env.scope.lookup(name)) {
    if (name === "training") return ofTensor(b, builtins.training);
    if (name === "step") return ofTensor(b, builtins.step);
    if (env.gradientNorm && name === "gradient_norm") return env.gradientNorm();
    if (env.fan && name === "fan_in") return scalar(env.fan.in);
    if (env.fan && name === "fan_out") return scalar(env.fan.out);
  }
  const binding = bindingOf(elab, env, name, span);
  switch (binding.kind) {
    case "value":
      return binding.value;
    case "lazy":
      return binding.make();
    case "index":
      return scalar(b.of(binding.index));
    case "indices":
    case "extents":
      return fail(elab, env, "NN2015", span, {
        found: `\`...${name}\`, which stands for any number of them`,
      });
    case "failed":
      throw new Reported();
  }
}

/** `if c then a else b`: chosen at compile time where c is known then; a `select` of elements otherwise. */
function conditional(elab: Elaboration, env: Environment, e: IfExpression): ArrayValue {
  const { builder: b } = elab;
  const condition = arrayExpression(elab, e.condition, env);
  if (condition.type !== "bool") {
    fail(elab, env, "NN2009", e.condition.span, {
      what: "a condition",
      wanted: "a truth value",
      found: typeName(condition.type),
    });
  }
  const known = truthOf(condition);
  if (known !== undefined) return arrayExpression(elab, known ? e.chosen : e.otherwise, env);
  const facts = isScalar(condition) && !condition.flexible ? scalarExpr(condition) : b.bool(true);
  const under = (fact: Expr): Environment => ({
    ...env,
    assumptions: [...env.assumptions, ...conjuncts(fact)],
  });
  let chosen = arrayExpression(elab, e.chosen, under(facts));
  let otherwise = arrayExpression(elab, e.otherwise, under(b.apply("not", [facts])));
  if (chosen.type !== otherwise.type) {
    if (chosen.type === "bool" || otherwise.type === "bool") {
      fail(elab, env, "NN2009", e.otherwise.span, {
        what: "the `else` branch",
        wanted: typeName(chosen.type),
        found: typeName(otherwise.type),
      });
    }
    chosen = castValue(b, chosen, "f32");
    otherwise = castValue(b, otherwise, "f32");
  }
  const branches = elementwise(elab, env, e, "choose between", chosen, otherwise, (p) => p);
  const shape = broadcastShape(condition.shape, branches.shape);
  if (!shape) {
    const [left, right] = [printShape(condition.shape), printShape(branches.shape)];
    const help =
      "a condition is aligned at the last dimension, as every operand: with indices, `if c[b] then x[b, j] …`";
    return fail(elab, env, "NN2004", e.span, { operation: "choose by", left, right }, { help });
  }
  const at = (subscripts: readonly Affine[], s: readonly Affine[]): Expr =>
    b.select(
      ...([condition, chosen, otherwise].map((v) => atBroadcast(elab, v, subscripts, s)) as [
        Expr,
        Expr,
        Expr,
      ]),
    );
  const flexible = shape.length === 0 && [condition, chosen, otherwise].some((v) => v.flexible);
  if (shape.length === 0 && !flexible) return scalar(at([], []));
  const names = mergeNames(shape.length, chosen, otherwise, condition);
  return {
    kind: "array",
    type: chosen.type,
    shape,
    at,
    names,
    ...(flexible ? { flexible: true as const } : {}),
  };
}
