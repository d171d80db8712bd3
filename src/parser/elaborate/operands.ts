/** Operands: what an expression must be to be computed with, and the application of a scalar function to them. */
import type { Note } from "../../ir/diagnostics.ts";
import type { Affine, Expr, Span } from "../../ir/types.ts";
import type { Expression } from "../syntax.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail, report } from "./environment.ts";
import { atBroadcast, broadcastShape } from "./shapes.ts";
import type { ArrayValue, Value } from "./values.ts";
import { isScalar, printShape, scalar, scalarExpr } from "./values.ts";

/** The same, where only a tensor or a scalar will do. */
export function arrayExpression(elab: Elaboration, e: Expression, env: Environment): ArrayValue {
  return requireArray(elab, elab.expression(e, env), e, env);
}

/** The value, which must not be a layer that is not applied. */
export function requireArray(elab: Elaboration, value: Value, e: Expression, env: Environment): ArrayValue {
  if (value.kind === "array") return value;
  // Inside a call the name is that of a parameter, which its caller does not know.
  const named = e.kind === "name" && env.calls.length === 0;
  const help = named ? `apply it: \`${e.name}(x)\` or \`x |> ${e.name}\`` : "apply it: `x |> …`";
  return fail(
    elab,
    env,
    "NN2011",
    e.span,
    { what: `the layer \`${value.layer.name.text}\` is no value` },
    { help },
  );
}

/** Applies `f` element by element, broadcasting. */
export function elementwise(
  elab: Elaboration,
  env: Environment,
  place: { readonly span: Span; readonly left?: Expression; readonly right?: Expression },
  verb: string,
  x: ArrayValue,
  y: ArrayValue,
  f: (p: Expr, q: Expr) => Expr,
): ArrayValue {
  if (isScalar(x) && isScalar(y) && !x.flexible && !y.flexible)
    return scalar(f(scalarExpr(x), scalarExpr(y)));
  const shape = broadcastShape(x.shape, y.shape);
  if (!shape) {
    return fail(
      elab,
      env,
      "NN2004",
      place.span,
      { operation: verb, left: printShape(x.shape), right: printShape(y.shape) },
      {
        notes: whereShapesCome(env, place),
        help: "shapes are aligned at their last dimension; extents must be equal, or 1",
      },
    );
  }
  warnOfSquare(elab, env, place.span, x, y, shape);
  const at = (subscripts: readonly Affine[], s: readonly Affine[]): Expr =>
    f(atBroadcast(elab, x, subscripts, s), atBroadcast(elab, y, subscripts, s));
  // The type of the result is whatever `f` makes of two elements.
  const probe = f(x.at(zeros(elab, x), x.shape), y.at(zeros(elab, y), y.shape));
  const names = mergeNames(shape.length, x, y);
  const flexible = shape.length === 0 && (x.flexible || y.flexible) ? { flexible: true as const } : {};
  return { kind: "array", type: probe.type, shape, at, names, ...flexible };
}

/** [n, 1] and [n] make [n, n], which is hardly ever meant: each is repeated along what the other has already. */
function warnOfSquare(
  elab: Elaboration,
  env: Environment,
  span: Span,
  x: ArrayValue,
  y: ArrayValue,
  shape: readonly Affine[],
): void {
  // Who writes [n, 1] and [1, n] means it.
  if (x.shape.length === y.shape.length) return;
  const repeated = (v: ArrayValue): Affine[] =>
    shape.filter((extent, d) => v.shape[d - shape.length + v.shape.length] !== extent);
  const both = repeated(x).filter((extent) => repeated(y).includes(extent));
  if (both.length === 0) return;
  const shapes = { left: printShape(x.shape), right: printShape(y.shape), result: printShape(shape) };
  report(elab, env, "NN2037", span, shapes, {
    help: "give both the same dimensions: `h[:, 0]`, or `reshape(h, n)`",
  });
}

/** Where the operands that have names were given their shapes. */
export function whereShapesCome(
  env: Environment,
  place: { readonly left?: Expression; readonly right?: Expression },
): Note[] {
  return [place.left, place.right].flatMap((operand) => {
    if (operand?.kind !== "name") return [];
    const binding = env.scope.lookup(operand.name);
    if (binding?.kind !== "value" || binding.value.kind !== "array") return [];
    return [
      {
        message: `\`${operand.name}\` is ${printShape(binding.value.shape)}, defined here`,
        span: binding.span,
      },
    ];
  });
}

const zeros = (elab: Elaboration, v: ArrayValue): Affine[] => v.shape.map(() => elab.builder.integer(0));

export function mergeNames(rank: number, ...values: readonly ArrayValue[]): (string | undefined)[] {
  return Array.from({ length: rank }, (_, d) => {
    for (const v of values) {
      const own = d - (rank - v.shape.length);
      if (own >= 0 && v.names?.[own] !== undefined) return v.names[own];
    }
    return undefined;
  });
}
