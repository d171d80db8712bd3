/** `update …`: what `step` changes besides the parameters. */
import { Reported } from "../../ir/diagnostics.ts";
import { readsOf } from "../../ir/rewrite.ts";
import type { Affine, Span, Statement, Tensor } from "../../ir/types.ts";
import type { UpdateStatement } from "../syntax.ts";
import { defineAt, store } from "./define.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail } from "./environment.ts";
import type { Cell } from "./indexed.ts";
import { cellOf } from "./indexed.ts";
import { leftSide } from "./left.ts";
import { arrayExpression } from "./operands.ts";
import { environmentOf } from "./paths.ts";
import { broadcastTo, typeName } from "./shapes.ts";
import type { ArrayValue } from "./values.ts";
import { castValue, freshIndices } from "./values.ts";

/** `update mean_seen = …`: runs in every training pass, in source order, after the gradients are known. */
export function update(elab: Elaboration, env: Environment, s: UpdateStatement): void {
  const binding = env.scope.lookup(s.name.text);
  if (binding?.kind === "failed") throw new Reported();
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
  updateTensor(elab, env, tensor, s);
}

/** The new value of the whole, or with subscripts on the left of the cells that they name; the others stay. */
export function updateTensor(elab: Elaboration, env: Environment, tensor: Tensor, s: UpdateStatement): void {
  const path = `${tensor.name}.next`;
  const inner: Environment = { ...environmentOf(env, path), emit: updatesOf(elab, env) };
  if (!s.subscripts) return storeUpdate(elab, env, tensor, arrayExpression(elab, s.value, inner), s.span);
  const left = leftSide(elab, inner, s.subscripts, s.value, tensor.shape, s.span);
  const value = castValue(elab.builder, arrayExpression(elab, s.value, left.env), "f32");
  const cell = cellOf(elab, left.env, { ...s, subscripts: s.subscripts }, left, value, tensor.shape);
  requireDistinct(elab, env, tensor, cell.target, s.span);
  if (value.type !== "f32") {
    const wrong = { what: s.name.text, wanted: typeName("f32"), found: typeName(value.type) };
    fail(elab, env, "NN2009", s.value.span, wrong);
  }
  storeCells(elab, inner, tensor, cell, s.span);
}

/** Every subscript is a constant, or counts with an index of its own: then no two cells are the same one. */
function requireDistinct(
  elab: Elaboration,
  env: Environment,
  tensor: Tensor,
  target: readonly Affine[],
  span: Span,
): void {
  const atoms = target.flatMap((t) => t.terms.map((term) => term.atom));
  const plain = atoms.every((a) => a.kind === "index") && new Set(atoms).size === atoms.length;
  if (plain && target.every((t) => t.terms.length <= 1)) return;
  fail(elab, env, "NN2014", span, { name: tensor.name, problem: "some cells may be given a value twice" });
}

function storeUpdate(
  elab: Elaboration,
  env: Environment,
  tensor: Tensor,
  value: ArrayValue,
  span: Span,
): void {
  const { builder: b } = elab;
  const emitting: Environment = { ...env, emit: updatesOf(elab, env) };
  const number = broadcastTo(elab, env, castValue(b, value, "f32"), tensor.shape, tensor.name, span);
  const indices = freshIndices(b, tensor.shape, elab.indexNames.get(tensor));
  const target = indices.map((i) => b.of(i));
  const body = number.at(target, tensor.shape);
  storeCells(elab, emitting, tensor, { indices, target, body }, span);
}

/** tensor[target] = body. A state that is read at other places than the one written is computed aside first. */
function storeCells(elab: Elaboration, env: Environment, tensor: Tensor, cell: Cell, span: Span): void {
  const { indices, target, body } = cell;
  const inPlace = readsOf(body).every(
    (r) => r.tensor !== tensor || r.subscripts.every((p, d) => p === target[d]),
  );
  const subscripts = indices.map((i) => elab.builder.of(i));
  const value = inPlace
    ? body
    : defineAt(elab, env, `${tensor.name}.next`, indices, body, span).at(subscripts, []);
  store(elab, env, { tensor, indices, target }, value, span);
}

/** Where updates are gathered: those of an optimizer apart from those of layers and the model. */
function updatesOf(elab: Elaboration, env: Environment): Statement[] {
  return env.owner === "optimizer" ? elab.gathered.update : elab.gathered.statistics;
}
