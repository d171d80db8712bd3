/** What a model declares: dimensions, inputs, the loss, the optimizer. */
import type {
  DimStatement,
  FreezeStatement,
  InputStatement,
  LossStatement,
  OptimizerStatement,
} from "../syntax.ts";
import { define } from "./define.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail, uniqueName } from "./environment.ts";
import { arrayExpression } from "./operands.ts";
import { environmentOf, requireNew } from "./paths.ts";
import { extentsOf, largest, requireAddressable, sizeExpression } from "./shapes.ts";
import { castValue, indexNames, isScalar, ofTensor, printShape, scalar } from "./values.ts";

export function declareDim(elab: Elaboration, env: Environment, s: DimStatement): void {
  const { builder: b } = elab;
  requireNew(elab, env, s.name);
  const name = s.name.text;
  const given = elab.sizes.get(name);
  const size = sizeExpression(elab, env, s.value);
  const value = typeof given === "number" ? given : b.constantOf(size);
  if (value === undefined) fail(elab, env, "NN2024", s.value.span, { name, problem: "needs a plain number" });
  if (value < 1 || value > largest || !Number.isInteger(value)) {
    fail(elab, env, "NN2024", s.value.span, {
      name,
      problem: `must be an integer from 1 to ${largest}, but is ${value}`,
    });
  }
  if (s.relation === "=") {
    env.scope.bind(name, {
      kind: "value",
      value: scalar(b.integer(value)),
      span: s.name.span,
      constant: "size",
    });
    return;
  }
  const dim = b.dim(name, 1, value, s.name.span);
  elab.gathered.dims.push(dim);
  env.scope.bind(name, { kind: "value", value: scalar(b.of(dim)), span: s.name.span, constant: "size" });
}

export function declareInput(elab: Elaboration, env: Environment, s: InputStatement): void {
  const { builder: b } = elab;
  requireNew(elab, env, s.name);
  const { type } = s;
  const shape = extentsOf(elab, env, type.extents ?? []);
  requireAddressable(elab, env, s.name.text, shape, s.span);
  const tensor = b.tensor({
    name: uniqueName(elab, s.name.text),
    type: type.element === "int" ? "i32" : type.element === "bool" ? "bool" : "f32",
    shape,
    role: "input",
    span: s.name.span,
    ...(type.below ? { below: sizeExpression(elab, env, type.below) } : {}),
    ...(type.element === "distribution" ? { distribution: true } : {}),
    ...(s.doc === undefined ? {} : { doc: s.doc }),
  });
  const names = indexNames(shape);
  elab.indexNames.set(tensor, names);
  elab.gathered.inputs.push(tensor);
  env.scope.bind(s.name.text, { kind: "value", value: ofTensor(b, tensor, names), span: s.name.span });
}

export function declareLoss(elab: Elaboration, env: Environment, s: LossStatement): void {
  const { gathered, builder: b } = elab;
  if (gathered.loss)
    fail(
      elab,
      env,
      "NN2029",
      s.span,
      { what: "loss" },
      { notes: [{ message: "the first is here", span: gathered.loss.span }] },
    );
  const inner = environmentOf(env, "loss");
  const value = arrayExpression(elab, s.value, inner);
  if (!isScalar(value) || value.type === "bool" || value.flexible) {
    const found = value.type === "bool" ? "a truth value" : printShape(value.shape);
    fail(
      elab,
      env,
      "NN2020",
      s.value.span,
      { what: "the loss", found },
      { help: "reduce it: `mean(…)` or `sum(…)`" },
    );
  }
  const number = castValue(b, value, "f32");
  gathered.loss =
    number.tensor && number.tensor.role === "definition"
      ? number.tensor
      : define(elab, inner, "loss", number, s.span).tensor!;
}

/** Kept until the whole model is known: its updates speak of every parameter. */
export function declareOptimizer(elab: Elaboration, env: Environment, s: OptimizerStatement): void {
  elab.gathered.optimizers.push({ statement: s, env });
}

/** Kept too, for a pattern matches the parameters below it as well. */
export function declareFrozen(elab: Elaboration, env: Environment, s: FreezeStatement): void {
  elab.gathered.frozen.push({ statement: s, env });
}
