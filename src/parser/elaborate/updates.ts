/** `update …`: what `step` changes besides the parameters. */
import { readsOf } from "../../ir/rewrite.ts";
import type { Span, Tensor } from "../../ir/types.ts";
import type { UpdateStatement } from "../syntax.ts";
import { define, store } from "./define.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail } from "./environment.ts";
import { defineIndexed } from "./indexed.ts";
import { arrayExpression } from "./operands.ts";
import { environmentOf } from "./paths.ts";
import { atBroadcast, broadcastShape } from "./shapes.ts";
import type { ArrayValue } from "./values.ts";
import { castValue, freshIndices, printShape } from "./values.ts";

/** `update mean_seen = …`: runs in `step`, in source order, after the gradients are known. */
export function update(elab: Elaboration, env: Environment, s: UpdateStatement): void {
  const binding = env.scope.lookup(s.name.text);
  const tensor =
    binding?.kind === "value" && binding.value.kind === "array" ? binding.value.tensor : undefined;
  if (!binding) fail(elab, env, "NN2001", s.name.span, { name: s.name.text });
  if (tensor?.role !== "state")
    return fail(
      elab,
      env,
      "NN2023",
      s.name.span,
      { name: s.name.text },
      { notes: [{ message: "it is defined here", span: binding.span }] },
    );
  storeUpdate(elab, env, tensor, updateValue(elab, env, tensor, s), s.span);
}

/** The new value; with subscripts on the left it is elaborated as a definition of its own. */
export function updateValue(
  elab: Elaboration,
  env: Environment,
  tensor: Tensor,
  s: UpdateStatement,
): ArrayValue {
  const path = `${tensor.name}.next`;
  const inner: Environment = { ...environmentOf(env, path), emit: elab.gathered.update };
  if (!s.subscripts) return arrayExpression(elab, s.value, inner);
  const name = { text: `${s.name.text}'`, span: s.name.span };
  return defineIndexed(
    elab,
    inner,
    { kind: "definition", name, subscripts: s.subscripts, value: s.value, span: s.span },
    undefined,
  );
}

/** tensor[i] = value. A state that is read at other places than the one written is computed aside first. */
export function storeUpdate(
  elab: Elaboration,
  env: Environment,
  tensor: Tensor,
  value: ArrayValue,
  span: Span,
): void {
  const { builder: b } = elab;
  const emitting: Environment = { ...env, emit: elab.gathered.update };
  const number = castValue(b, value, "f32");
  const shape = broadcastShape(number.shape, tensor.shape);
  if (
    number.type !== "f32" ||
    !shape ||
    shape.length !== tensor.shape.length ||
    shape.some((e, d) => e !== tensor.shape[d])
  ) {
    fail(elab, env, "NN2013", span, {
      what: tensor.name,
      wanted: printShape(tensor.shape),
      found: printShape(value.shape),
    });
  }
  const indices = freshIndices(b, tensor.shape, elab.indexNames.get(tensor));
  const target = indices.map((i) => b.of(i));
  const body = atBroadcast(elab, number, target, tensor.shape);
  const inPlace = readsOf(body).every(
    (r) => r.tensor !== tensor || r.subscripts.every((p, d) => p === target[d]),
  );
  if (inPlace) return store(elab, emitting, { tensor, indices, target }, body, span);
  const next = define(
    elab,
    emitting,
    `${tensor.name}.next`,
    { ...number, shape: tensor.shape, at: (at) => atBroadcast(elab, number, at, tensor.shape) },
    span,
  );
  store(elab, emitting, { tensor, indices, target }, next.at(target, tensor.shape), span);
}
