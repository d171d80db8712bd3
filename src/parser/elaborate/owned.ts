/** What a model or a layer owns: parameters and states, and how they start. */
import { isNumber } from "../../ir/builder.ts";
import { isPersistent, tensorsRead, tensorsWritten } from "../../ir/dependences.ts";
import type { Affine, Span, Statement, Tensor } from "../../ir/types.ts";
import type { ParamStatement, StateStatement } from "../syntax.ts";
import { store } from "./define.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail, uniqueName } from "./environment.ts";
import { environmentOf, pathOf, requireNew } from "./paths.ts";
import { broadcastTo, cellCount, extentsOf, requireAddressable, typeName } from "./shapes.ts";
import type { ArrayValue } from "./values.ts";
import { castValue, freshIndices, indexNames, ofTensor, printShape } from "./values.ts";

/** A model's parameter exists at once; a layer's when its body first mentions it (an unused bias takes no memory). */
export function declareParam(elab: Elaboration, env: Environment, s: ParamStatement): void {
  requireFloats(elab, env, s);
  requireNew(elab, env, s.name);
  const shape = (): readonly Affine[] => extentsOf(elab, env, s.type.extents ?? []);
  const make = (): ArrayValue =>
    owned(elab, env, s.name, shape, (extents) => makeParameter(elab, env, s, extents));
  if (env.owner === "model") {
    env.scope.bind(s.name.text, { kind: "value", value: make(), span: s.name.span });
  } else {
    env.scope.bind(s.name.text, { kind: "lazy", make, span: s.name.span });
  }
}

/** What is learned or kept from step to step is a number. */
function requireFloats(elab: Elaboration, env: Environment, s: ParamStatement | StateStatement): void {
  const element = s.type?.element;
  if (element !== "int" && element !== "bool") return;
  const found = typeName(element === "int" ? "i32" : "bool");
  fail(elab, env, "NN2009", s.type!.span, { what: s.name.text, wanted: typeName("f32"), found });
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

function makeParameter(
  elab: Elaboration,
  env: Environment,
  s: ParamStatement,
  shape: readonly Affine[],
): Tensor {
  const { builder: b } = elab;
  requireAddressable(elab, env, s.name.text, shape, s.span);
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

/**
 * How many values each output adds up, and how many outputs each input goes to. The last two dimensions are in and out;
 * those before them are places of a window, as in the [height, width, in, out] of a convolution.
 */
function fanOf(elab: Elaboration, shape: readonly Affine[]): NonNullable<Environment["fan"]> {
  const { builder: b } = elab;
  const window = cellCount(elab, shape.slice(0, -2));
  const [from, to] = [shape.at(-2) ?? b.integer(1), shape.at(-1) ?? b.integer(1)];
  return { in: b.times(window, from), out: b.times(window, to) };
}

/**
 * tensor[…] = the initialiser, which is called with the shape of the tensor in mind: a function with a result type has
 * it matched, all else is drawn for every cell.
 */
function initialise(
  elab: Elaboration,
  env: Environment,
  tensor: Tensor,
  value: ParamStatement["initialiser"],
  path: string,
): void {
  const { builder: b, gathered } = elab;
  const before = gathered.initialise.length;
  const inner: Environment = {
    ...environmentOf(env, `${path}.start`),
    owner: "initialiser",
    emit: elab.gathered.initialise,
    indices: [],
    fan: fanOf(elab, tensor.shape),
    drawn: { name: tensor.name, shape: tensor.shape },
  };
  const callable =
    value.kind === "name" && !env.scope.lookup(value.name) ? env.home.lookup(value.name) : undefined;
  const drawn = callable
    ? elab.call({ kind: "call", callee: value, arguments: [], span: value.span }, inner)
    : elab.expression(value, inner);
  if (drawn.kind !== "array")
    return fail(elab, env, "NN2011", value.span, { what: "a layer is no starting value" });
  const number = broadcastTo(elab, env, castValue(b, drawn, "f32"), tensor.shape, tensor.name, value.span);
  const indices = freshIndices(b, tensor.shape, elab.indexNames.get(tensor));
  const target = indices.map((i) => b.of(i));
  const body = number.at(target, tensor.shape);
  // Memory starts as zeros.
  if (!isNumber(body, 0)) store(elab, inner, { tensor, indices, target }, body, value.span);
  if (env.owner !== "optimizer")
    requireStart(elab, env, tensor, gathered.initialise.slice(before), value.span);
}

/** What starts is computed once, when the model is created: there are no inputs yet, and nothing made of them. */
function requireStart(
  elab: Elaboration,
  env: Environment,
  tensor: Tensor,
  statements: readonly Statement[],
  span: Span,
): void {
  const written = new Set(statements.flatMap(tensorsWritten));
  const unknown = statements
    .flatMap(tensorsRead)
    .find((t) => !written.has(t) && (t.role === "input" || !isPersistent(t)));
  if (!unknown) return;
  const what = `the start of \`${tensor.name}\` can't depend on \`${unknown.name}\`, which each call computes anew`;
  const help = "a start is made of numbers, sizes, parameters and states";
  fail(elab, env, "NN2011", span, { what }, { help });
}

export function declareState(elab: Elaboration, env: Environment, s: StateStatement): void {
  requireFloats(elab, env, s);
  requireNew(elab, env, s.name);
  const shape = (): readonly Affine[] => extentsOf(elab, env, s.type?.extents ?? []);
  const path = pathOf(env, s.name.text);
  const value = owned(elab, env, s.name, shape, (extents) =>
    makeState(elab, env, s, extents, path, elab.gathered.states),
  );
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
