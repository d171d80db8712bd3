/** What is called by name and not written in `.nn`: atoms, reducers, `random()`, `grad(u, x)`. */
import { rangeOf } from "../../ir/affine.ts";
import type { AtomName } from "../../ir/atoms.ts";
import { freeIndices } from "../../ir/rewrite.ts";
import type { Affine, Expr, Span, Tensor } from "../../ir/types.ts";
import type { GivenArgument } from "./arguments.ts";
import { define } from "./define.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail, join, uniqueName } from "./environment.ts";
import { arrayExpression, elementwise } from "./expressions.ts";
import type { ReducerName } from "./reductions.ts";
import { reduceArray, reducerNames } from "./reductions.ts";
import { typeName } from "./shapes.ts";
import type { ArrayValue } from "./values.ts";
import { castValue, isScalar, mapElements, ofTensor, scalarExpr } from "./values.ts";

export const isReducer = (name: string): name is ReducerName => (reducerNames as readonly string[]).includes(name);

function wrongCount(elab: Elaboration, env: Environment, callee: string, wanted: string, span: Span): never {
  return fail(elab, env, "NN2010", span, { callee, problem: `it takes ${wanted}` });
}

export function applyAtom(
  elab: Elaboration,
  env: Environment,
  atom: AtomName,
  arity: number,
  given: readonly GivenArgument[],
  span: Span,
): ArrayValue {
  const { builder: b } = elab;
  if (given.length !== arity || given.some((a) => a.name)) {
    return wrongCount(elab, env, atom, `${arity} argument${arity === 1 ? "" : "s"}`, span);
  }
  const values = given.map((a) => arrayExpression(elab, a.value, env));
  const bad = values.findIndex((v) => v.type === "bool");
  if (bad >= 0) {
    fail(elab, env, "NN2009", given[bad]!.span, { what: `the argument of \`${atom}\``, wanted: "a number", found: typeName("bool") });
  }
  if (arity === 2 && values.every((v) => v.type === "i32")) {
    return elementwise(elab, env, { span }, "combine", values[0]!, values[1]!, (x, y) => b.apply(atom, [x, y]));
  }
  const [x, y] = values.map((v) => castValue(b, v, "f32"));
  if (!y) return mapElements(x!, "f32", (e) => b.apply(atom, [e]));
  return elementwise(elab, env, { span }, "combine", x!, y, (p, q) => b.apply(atom, [p, q]));
}

export function reducerCall(
  elab: Elaboration,
  env: Environment,
  reducer: ReducerName,
  given: readonly GivenArgument[],
  span: Span,
): ArrayValue {
  const [first, ...others] = given;
  const axis = others[0];
  const fits = first && !first.name && others.length <= 1 && (!axis || axis.name?.text === "axis");
  if (!fits) return wrongCount(elab, env, reducer, "a tensor, and an axis by name: `axis = 0`", span);
  const x = arrayExpression(elab, first.value, env);
  return reduceArray(elab, env, reducer, x, axis && arrayExpression(elab, axis.value, env), span);
}

/**
 * `random()`: one place in the program, one draw per element. The element is the position among the loop indices in
 * scope and the subscripts it is broadcast to, counted with maximum extents so that it stays affine.
 */
export function randomValue(elab: Elaboration, env: Environment, given: readonly GivenArgument[], span: Span): ArrayValue {
  const { builder: b, builtins } = elab;
  if (given.length > 0) return wrongCount(elab, env, "random", "no arguments", span);
  const place = elab.places.next++;
  const at = (subscripts: readonly Affine[], shape: readonly Affine[]): Expr => {
    const loops = env.indices.map((i) => ({ value: b.of(i), extent: i.extent }));
    const own = subscripts.map((value, d) => ({ value, extent: shape[d]! }));
    const element = [...loops, ...own].reduce<Affine>(
      (position, s) => b.plus(b.times(position, rangeOf(s.extent).high), s.value),
      b.integer(0),
    );
    const words = [b.read(builtins.seed, []), b.read(builtins.step, []), b.integer(place), element];
    return b.apply("random", words);
  };
  return { kind: "array", type: "f32", shape: [], flexible: true, at };
}

/** `grad(u, x)`: a request that differentiation fulfils later, and a tensor of the shape of x for its result. */
export function gradientOf(elab: Elaboration, env: Environment, given: readonly GivenArgument[], span: Span): ArrayValue {
  const { builder: b } = elab;
  if (given.length !== 2 || given.some((a) => a.name)) return wrongCount(elab, env, "grad", "a scalar and what to differentiate by", span);
  const u = arrayExpression(elab, given[0]!.value, env);
  const x = arrayExpression(elab, given[1]!.value, env);
  if (!isScalar(u) || u.type !== "f32" || u.flexible) {
    fail(elab, env, "NN2021", given[0]!.span, { problem: "what is differentiated must be a scalar number" });
  }
  const loops = freeIndices(scalarExpr(u));
  if (loops.size > 0) {
    fail(elab, env, "NN2021", given[0]!.span, { problem: "what is differentiated can't depend on an index" }, {
      help: "differentiate the sum: each element's gradient stands in its own place",
    });
  }
  if (!x.tensor || x.type !== "f32") {
    fail(elab, env, "NN2021", given[1]!.span, { problem: "it differentiates by an input, definition or parameter" });
  }
  const of = u.tensor ?? define(elab, env, join(env.path, "objective"), u, span).tensor!;
  const result: Tensor = b.tensor({
    name: uniqueName(elab, `d${of.name}_d${x.tensor!.name}`),
    type: "f32",
    shape: x.tensor!.shape,
    role: "adjoint",
    span,
  });
  const names = elab.indexNames.get(x.tensor!);
  if (names) elab.indexNames.set(result, names);
  env.emit.push({
    kind: "gradient",
    id: b.id(),
    of,
    wrt: [x.tensor!],
    results: [result],
    origin: { span, name: result.name },
  });
  return ofTensor(b, result, names);
}
