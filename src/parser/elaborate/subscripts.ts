/** `x[b, i*stride + u, :, ...s]`: every subscript is proved in range, protected by `else`, or a mistake. */
import type { Note } from "../../ir/diagnostics.ts";
import { prove } from "../../ir/intervals.ts";
import type { Affine, Expr, Span } from "../../ir/types.ts";
import type { ElseExpression, Subscript, SubscriptExpression } from "../syntax.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail, failUnknown, report } from "./environment.ts";
import { knownCount, requireTold, shareOut } from "./packs.ts";
import { atBroadcast, broadcastShape, typeName } from "./shapes.ts";
import type { ArrayValue } from "./values.ts";
import { castValue, isScalar, printExtent, printShape, scalarExpr } from "./values.ts";

type Place = { readonly kind: "at"; readonly form: Affine } | { readonly kind: "slice" };

export function subscript(elab: Elaboration, env: Environment, e: SubscriptExpression): ArrayValue {
  const target = env.evaluated.get(e.target) ?? elab.expression(e.target, env);
  if (target.kind !== "array")
    return fail(elab, env, "NN2011", e.target.span, { what: "a layer can't be subscripted" });
  const places = placesOf(elab, env, e, target);
  places.forEach((place, d) => {
    if (place.form.kind === "at") requireInRange(elab, env, place.form.form, target.shape[d]!, place.span, d);
  });
  return sliceOf(
    target,
    places.map((p) => p.form),
  );
}

function sliceOf(target: ArrayValue, places: readonly Place[]): ArrayValue {
  const shape = target.shape.filter((_, d) => places[d]!.kind === "slice");
  const names = target.names?.filter((_, d) => places[d]!.kind === "slice");
  const at = (subscripts: readonly Affine[]): Expr => {
    let next = 0;
    const all = places.map((p) => (p.kind === "at" ? p.form : subscripts[next++]!));
    return target.at(all, target.shape);
  };
  if (shape.length > 0) return { kind: "array", type: target.type, shape, at, ...(names ? { names } : {}) };
  const expr = at([]);
  return { kind: "array", type: target.type, shape, at: () => expr };
}

/** One place per dimension: `...` takes what the others leave, missing ones at the end are slices. */
function placesOf(
  elab: Elaboration,
  env: Environment,
  e: SubscriptExpression,
  target: ArrayValue,
): { form: Place; span: Span }[] {
  const rank = target.shape.length;
  const packs = e.subscripts.filter((s) => s.kind === "rest");
  const counts = packs.map(({ name }) => {
    const indices = env.scope.lookup(name.text)?.kind === "indices";
    return indices || packs.length > 1 ? knownCount(env, name.text) : undefined;
  });
  requireTold(elab, env, packs, counts);
  const plain = e.subscripts.length - packs.length + counts.reduce((sum, c) => sum + (c?.count ?? 0), 0);
  const shares = shareOut(counts, rank - (e.subscripts.length - packs.length));
  if (!shares) {
    fail(
      elab,
      env,
      "NN2005",
      e.span,
      { what: "this", wanted: `at least ${plain}`, found: rank },
      {
        notes: [{ message: `it is ${printShape(target.shape)}`, span: e.target.span }],
      },
    );
  }
  let pack = 0;
  const places = e.subscripts.flatMap((s) =>
    placesOfOne(elab, env, s, s.kind === "rest" ? shares[pack++]! : 1),
  );
  if (places.length > rank) {
    fail(elab, env, "NN2005", e.span, { what: "this", wanted: String(places.length), found: rank });
  }
  while (places.length < rank) places.push({ form: { kind: "slice" }, span: e.span });
  return places;
}

function placesOfOne(
  elab: Elaboration,
  env: Environment,
  s: Subscript,
  restCount: number,
): { form: Place; span: Span }[] {
  if (s.kind === "slice") return [{ form: { kind: "slice" }, span: s.span }];
  if (s.kind === "rest") {
    const binding = env.scope.lookup(s.name.text);
    if (binding?.kind === "indices") {
      return binding.indices.map((i) => ({ form: { kind: "at", form: elab.builder.of(i) }, span: s.span }));
    }
    return Array.from({ length: restCount }, () => ({ form: { kind: "slice" as const }, span: s.span }));
  }
  if (s.value.kind === "name" && isUnknown(env, s.value.name)) {
    const { name, span } = s.value;
    const help = `an index is named on the left, or by a reducer: \`sum[${name}] …\``;
    return failUnknown(elab, env, name, span, help);
  }
  const value = elab.expression(s.value, env);
  if (value.kind !== "array" || value.type !== "i32" || !isScalar(value)) {
    const whole = value.kind === "array" && !isScalar(value);
    const found = whole ? "a whole tensor" : value.kind === "array" ? typeName(value.type) : "a layer";
    const help = whole ? "subscript it too: `x[label[i]]`" : "integers divide with `div`, which rounds down";
    return fail(elab, env, "NN2015", s.span, { found }, { help });
  }
  return [{ form: { kind: "at", form: scalarExpr(value) as Affine }, span: s.span }];
}

const isUnknown = (env: Environment, name: string): boolean =>
  !env.scope.lookup(name) && !env.home.lookup(name) && name !== "step" && name !== "training";

/** 0 ≤ form < extent must be certain here; inside `(… else …)` what is not certain becomes a condition. */
export function requireInRange(
  elab: Elaboration,
  env: Environment,
  form: Affine,
  extent: Affine,
  span: Span,
  dimension: number,
): void {
  const { builder: b } = elab;
  const only =
    form.constant === 0 && form.terms.length === 1 && form.terms[0]!.factor === 1
      ? form.terms[0]!.atom
      : undefined;
  if (only?.kind === "index" && only.extent === extent) return;
  for (const side of ["below", "above"] as const) {
    const condition = b.nonnegative(side === "below" ? form : b.minus(b.minus(extent, form), 1));
    if (prove(condition, env.assumptions, b)) continue;
    if (env.protect) {
      env.protect.push(condition);
      continue;
    }
    const numeric = b.constantOf(form) !== undefined && b.constantOf(extent) !== undefined;
    const uncertain = side === "below" ? "it may be negative" : `it may reach ${printExtent(extent)}`;
    report(
      elab,
      env,
      "NN2008",
      span,
      { form: printExtent(form), extent: printExtent(extent), dimension, certain: numeric ? "" : uncertain },
      numeric
        ? { help: `subscripts count from 0, so the last is ${printExtent(b.minus(extent, 1))}` }
        : whyUncertain(form, extent),
    );
    return;
  }
}

/** Where the bound of data decides, that bound is what is missing or too large. */
function whyUncertain(form: Affine, extent: Affine): { notes?: Note[]; help: string } {
  const data = form.terms.flatMap(({ atom }) =>
    atom.kind === "opaque" && atom.value.kind === "read" && atom.value.tensor.role === "input"
      ? [atom.value.tensor]
      : [],
  );
  const [input] = data;
  if (!input)
    return { help: "say what lies outside, `(x[…] else 0)`, or narrow the range of an index, `i < n`" };
  const below = input.below
    ? `with values below ${printExtent(input.below)}`
    : "without a bound of its values";
  return {
    notes: [{ message: `\`${input.name}\` is declared ${below} here`, span: input.span }],
    help: `declare the bound, \`input ${input.name}: int[…] < ${printExtent(extent)}\`, or make the dimension larger`,
  };
}

/** `(read else otherwise)`: a select on what could not be proved. */
export function protectedRead(elab: Elaboration, env: Environment, e: ElseExpression): ArrayValue {
  const { builder: b } = elab;
  const conditions: Expr[] = [];
  const read = elab.expression(e.read, { ...env, protect: conditions });
  const other = elab.expression(e.otherwise, env);
  if (read.kind !== "array" || other.kind !== "array")
    return fail(elab, env, "NN2011", e.span, { what: "a layer is no value" });
  if (conditions.length === 0) return read;
  const type = read.type === "f32" || other.type === "f32" ? "f32" : read.type;
  const chosen = type === "f32" && read.type === "i32" ? castValue(b, read, "f32") : read;
  const otherwise = type === "f32" && other.type === "i32" ? castValue(b, other, "f32") : other;
  if (chosen.type !== otherwise.type) {
    const types = { wanted: typeName(chosen.type), found: typeName(otherwise.type) };
    fail(elab, env, "NN2009", e.otherwise.span, { what: "what lies outside", ...types });
  }
  const shape = broadcastShape(chosen.shape, otherwise.shape);
  if (!shape || shape.some((x, d) => x !== chosen.shape[d])) {
    fail(elab, env, "NN2004", e.span, {
      operation: "choose between",
      left: printShape(chosen.shape),
      right: printShape(otherwise.shape),
    });
  }
  const condition = b.and(...conditions);
  return {
    kind: "array",
    type: chosen.type,
    shape: chosen.shape,
    at: (subscripts, s) =>
      b.select(condition, chosen.at(subscripts, s), atBroadcast(elab, otherwise, subscripts, s)),
    ...(chosen.names ? { names: chosen.names } : {}),
  };
}
