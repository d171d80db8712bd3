/** What a model or a layer declares: dimensions, inputs, parameters, states, updates, the loss, the optimizer. */
import { isNumber } from "../../ir/builder.ts";
import { readsOf } from "../../ir/rewrite.ts";
import type { Affine, Span, Tensor } from "../../ir/types.ts";
import type {
  DimStatement,
  InputStatement,
  LossStatement,
  OptimizerStatement,
  ParamStatement,
  StateStatement,
  UpdateStatement,
} from "../syntax.ts";
import { cellCount, define, store } from "./define.ts";
import { environmentOf, pathOf, requireNew } from "./paths.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail, report, uniqueName } from "./environment.ts";
import { arrayExpression } from "./expressions.ts";
import { defineIndexed } from "./indexed.ts";
import { atBroadcast, broadcastShape, extentsOf, sizeExpression } from "./shapes.ts";
import type { ArrayValue } from "./values.ts";
import { castValue, freshIndices, indexNames, isScalar, ofTensor, printShape, scalar } from "./values.ts";

/** Extents and dimensions beyond this can't be addressed in one typed array. */
const largest = 2 ** 30;

export function declareDim(elab: Elaboration, env: Environment, s: DimStatement): void {
  const { builder: b } = elab;
  requireNew(elab, env, s.name);
  const name = s.name.text;
  const given = elab.sizes.get(name);
  const size = sizeExpression(elab, env, s.value);
  const value = typeof given === "number" ? given : b.constantOf(size);
  if (value === undefined) fail(elab, env, "NN2024", s.value.span, { name, problem: "needs a plain number" });
  if (value < 1 || value > largest || !Number.isInteger(value)) {
    fail(elab, env, "NN2024", s.value.span, { name, problem: `must be an integer from 1 to ${largest}, but is ${value}` });
  }
  if (s.relation === "=") {
    env.scope.bind(name, { kind: "value", value: scalar(b.integer(value)), span: s.name.span, constant: "size" });
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
  requireAddressable(elab, env, shape, s.span);
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

function requireAddressable(elab: Elaboration, env: Environment, shape: readonly Affine[], span: Span): void {
  for (const extent of shape) {
    const known = elab.builder.constantOf(extent);
    if (known !== undefined && known < 1) fail(elab, env, "NN2024", span, { name: printShape(shape), problem: `has an extent of ${known}` });
  }
  const count = cellCount(elab, shape);
  const size = elab.builder.constantOf(count);
  if (size !== undefined && size > largest) fail(elab, env, "NN2028", span, { what: printShape(shape), limit: `${largest} values` });
}

/** A model's parameter exists at once; a layer's when its body first mentions it (an unused bias takes no memory). */
export function declareParam(elab: Elaboration, env: Environment, s: ParamStatement): void {
  requireNew(elab, env, s.name);
  const shape = (): readonly Affine[] => extentsOf(elab, env, s.type.extents ?? []);
  const make = (): ArrayValue => owned(elab, env, s.name, shape, (extents) => makeParameter(elab, env, s, extents));
  if (env.owner === "model") {
    env.scope.bind(s.name.text, { kind: "value", value: make(), span: s.name.span });
  } else {
    env.scope.bind(s.name.text, { kind: "lazy", make, span: s.name.span });
  }
}

/** The tensor of this name that the layer instance owns already, if its shape is the one asked for now; or a new one. */
function owned(
  elab: Elaboration,
  env: Environment,
  name: { readonly text: string; readonly span: Span },
  shape: () => readonly Affine[],
  make: (shape: readonly Affine[]) => Tensor,
): ArrayValue {
  const known = env.instance?.owned.get(name.text);
  const extents = shape();
  const tensor = known ?? make(extents);
  if (tensor.shape.length !== extents.length || tensor.shape.some((e, d) => e !== extents[d])) {
    const shapes = { what: tensor.name, wanted: printShape(tensor.shape), found: printShape(extents) };
    fail(elab, env, "NN2013", name.span, shapes, {
      help: "a shared layer keeps the shapes of its first call; bind another instance for the other shape",
    });
  }
  env.instance?.owned.set(name.text, tensor);
  return ofTensor(elab.builder, tensor, elab.indexNames.get(tensor));
}

function makeParameter(elab: Elaboration, env: Environment, s: ParamStatement, shape: readonly Affine[]): Tensor {
  const { builder: b } = elab;
  requireAddressable(elab, env, shape, s.span);
  const path = pathOf(env, s.name.text);
  const tensor = b.tensor({
    name: uniqueName(elab, path),
    type: "f32",
    shape,
    role: "parameter",
    span: s.name.span,
    ...(s.doc === undefined ? {} : { doc: s.doc }),
  });
  elab.indexNames.set(tensor, indexNames(shape));
  elab.gathered.parameters.push(tensor);
  initialise(elab, env, tensor, s.initialiser, path);
  return tensor;
}

/** tensor[…] = the initialiser, drawn for every cell; `fan_in` and `fan_out` speak of the tensor's shape. */
function initialise(elab: Elaboration, env: Environment, tensor: Tensor, value: ParamStatement["initialiser"], path: string): void {
  const { builder: b } = elab;
  const fan = { in: cellCount(elab, tensor.shape.slice(0, -1)), out: tensor.shape.at(-1) ?? b.integer(1) };
  const inner: Environment = {
    ...environmentOf(env, `${path}.start`),
    owner: "initialiser",
    emit: elab.gathered.initialise,
    indices: [],
    fan,
  };
  const callable = value.kind === "name" && !env.scope.lookup(value.name) ? env.home.lookup(value.name) : undefined;
  const drawn = callable
    ? elab.call({ kind: "call", callee: value, arguments: [], span: value.span }, inner)
    : elab.expression(value, inner);
  if (drawn.kind !== "array") return fail(elab, env, "NN2011", value.span, { what: "a layer is no starting value" });
  const number = castValue(b, drawn, "f32");
  const shape = broadcastShape(number.shape, tensor.shape);
  if (number.type !== "f32" || !shape || shape.length !== tensor.shape.length || shape.some((e, d) => e !== tensor.shape[d])) {
    fail(elab, env, "NN2013", value.span, { what: tensor.name, wanted: printShape(tensor.shape), found: printShape(number.shape) });
  }
  const indices = freshIndices(b, tensor.shape, elab.indexNames.get(tensor));
  const target = indices.map((i) => b.of(i));
  const body = atBroadcast(elab, number, target, tensor.shape);
  // Memory starts as zeros.
  if (!isNumber(body, 0)) store(elab, inner, { tensor, indices, target }, body, value.span);
}

export function declareState(elab: Elaboration, env: Environment, s: StateStatement): void {
  requireNew(elab, env, s.name);
  const shape = (): readonly Affine[] => extentsOf(elab, env, s.type?.extents ?? []);
  const path = pathOf(env, s.name.text);
  const value = owned(elab, env, s.name, shape, (extents) => makeState(elab, env, s, extents, path, elab.gathered.states));
  env.scope.bind(s.name.text, { kind: "value", value, span: s.name.span });
}

export function makeState(
  elab: Elaboration,
  env: Environment,
  s: StateStatement,
  shape: readonly Affine[],
  path: string,
  list: Tensor[],
): Tensor {
  const tensor = elab.builder.tensor({
    name: uniqueName(elab, path),
    type: "f32",
    shape,
    role: "state",
    span: s.name.span,
    ...(s.doc === undefined ? {} : { doc: s.doc }),
  });
  elab.indexNames.set(tensor, indexNames(shape));
  list.push(tensor);
  initialise(elab, env, tensor, s.value, path);
  return tensor;
}

/** `update mean_seen = …`: runs in `step`, in source order, after the gradients are known. */
export function update(elab: Elaboration, env: Environment, s: UpdateStatement): void {
  const binding = env.scope.lookup(s.name.text);
  const tensor = binding?.kind === "value" && binding.value.kind === "array" ? binding.value.tensor : undefined;
  if (!binding) fail(elab, env, "NN2001", s.name.span, { name: s.name.text });
  if (tensor?.role !== "state") return fail(elab, env, "NN2023", s.name.span, { name: s.name.text }, { notes: [{ message: "it is defined here", span: binding.span }] });
  storeUpdate(elab, env, tensor, updateValue(elab, env, tensor, s), s.span);
}

/** The new value; with subscripts on the left it is elaborated as a definition of its own. */
export function updateValue(elab: Elaboration, env: Environment, tensor: Tensor, s: UpdateStatement): ArrayValue {
  const path = `${tensor.name}.next`;
  const inner: Environment = { ...environmentOf(env, path), emit: elab.gathered.update };
  if (!s.subscripts) return arrayExpression(elab, s.value, inner);
  const name = { text: `${s.name.text}'`, span: s.name.span };
  return defineIndexed(elab, inner, { kind: "definition", name, subscripts: s.subscripts, value: s.value, span: s.span }, undefined);
}

/** tensor[i] = value. A state that is read at other places than the one written is computed aside first. */
export function storeUpdate(elab: Elaboration, env: Environment, tensor: Tensor, value: ArrayValue, span: Span): void {
  const { builder: b } = elab;
  const emitting: Environment = { ...env, emit: elab.gathered.update };
  const number = castValue(b, value, "f32");
  const shape = broadcastShape(number.shape, tensor.shape);
  if (number.type !== "f32" || !shape || shape.length !== tensor.shape.length || shape.some((e, d) => e !== tensor.shape[d])) {
    fail(elab, env, "NN2013", span, { what: tensor.name, wanted: printShape(tensor.shape), found: printShape(value.shape) });
  }
  const indices = freshIndices(b, tensor.shape, elab.indexNames.get(tensor));
  const target = indices.map((i) => b.of(i));
  const body = atBroadcast(elab, number, target, tensor.shape);
  const inPlace = readsOf(body).every((r) => r.tensor !== tensor || r.subscripts.every((p, d) => p === target[d]));
  if (inPlace) return store(elab, emitting, { tensor, indices, target }, body, span);
  const next = define(elab, emitting, `${tensor.name}.next`, { ...number, shape: tensor.shape, at: (at) => atBroadcast(elab, number, at, tensor.shape) }, span);
  store(elab, emitting, { tensor, indices, target }, next.at(target, tensor.shape), span);
}

export function declareLoss(elab: Elaboration, env: Environment, s: LossStatement): void {
  const { gathered, builder: b } = elab;
  if (gathered.loss) fail(elab, env, "NN2029", s.span, { what: "loss" }, { notes: [{ message: "the first is here", span: gathered.loss.span }] });
  const inner = environmentOf(env, "loss");
  const value = arrayExpression(elab, s.value, inner);
  if (!isScalar(value) || value.type === "bool" || value.flexible) {
    const found = value.type === "bool" ? "a truth value" : printShape(value.shape);
    fail(elab, env, "NN2020", s.value.span, { what: "the loss", found }, { help: "reduce it: `mean(…)` or `sum(…)`" });
  }
  const number = castValue(b, value, "f32");
  gathered.loss =
    number.tensor && number.tensor.role === "definition" ? number.tensor : define(elab, inner, "loss", number, s.span).tensor!;
}

/** Kept until the whole model is known: its updates speak of every parameter. */
export function declareOptimizer(elab: Elaboration, env: Environment, s: OptimizerStatement): void {
  const { gathered } = elab;
  if (gathered.optimizer) {
    report(elab, env, "NN2029", s.span, { what: "optimizer" }, { notes: [{ message: "the first is here", span: gathered.optimizer.statement.span }] });
    return;
  }
  gathered.optimizer = { statement: s, env };
}
