/** What is called by name and not written in `.nn`: atoms, reducers, `random()`, `grad(u, x)`. */
import { rangeOf } from "../../ir/affine.ts";
import type { AtomName } from "../../ir/atoms.ts";
import { freeIndices } from "../../ir/rewrite.ts";
import type { Affine, Expr, Span, Tensor } from "../../ir/types.ts";
import type { GivenArgument } from "./arguments.ts";
import { define, originOf } from "./define.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail, join, uniqueName } from "./environment.ts";
import { resultPath } from "./paths.ts";
import { arrayExpression, elementwise } from "./operands.ts";
import type { ReducerName } from "./reductions.ts";
import { reduceArray } from "./reductions.ts";
import { cellCount, sizeExpression, typeName } from "./shapes.ts";
import type { ArrayValue } from "./values.ts";
import {
  castValue,
  indexNames,
  isScalar,
  mapElements,
  ofTensor,
  printShape,
  scalar,
  scalarExpr,
} from "./values.ts";

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
    fail(elab, env, "NN2009", given[bad]!.span, {
      what: `the argument of \`${atom}\``,
      wanted: "a number",
      found: typeName("bool"),
    });
  }
  if (arity === 2 && values.every((v) => v.type === "i32")) {
    return elementwise(elab, env, { span }, "combine", values[0]!, values[1]!, (x, y) =>
      b.apply(atom, [x, y]),
    );
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
  if (!fits) {
    const problem = "it takes a tensor, and an axis by name: `axis = 0`";
    const keeps = others.some((a) => a.name && /^keep_?dims?$/.test(a.name.text));
    const help = keeps
      ? "the axis goes; with indices nothing needs to be kept: `x[i, j] / sum[k] x[i, k]`"
      : undefined;
    return fail(elab, env, "NN2010", span, { callee: reducer, problem }, { help });
  }
  const x = arrayExpression(elab, first.value, env);
  return reduceArray(elab, env, reducer, x, axis && arrayExpression(elab, axis.value, env), span);
}

/**
 * `random()`: one place in the program, one draw per element. The element is the position among the loop indices in
 * scope and the subscripts it is broadcast to, counted with maximum extents so that it stays affine.
 */
export function randomValue(
  elab: Elaboration,
  env: Environment,
  given: readonly GivenArgument[],
  span: Span,
): ArrayValue {
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
    const words = [b.read(builtins.seed, []), b.read(builtins.pass, []), b.integer(place), element];
    return b.apply("random", words);
  };
  return { kind: "array", type: "f32", shape: [], flexible: true, at };
}

/** `size(x)`: how many elements x has, as an integer. */
export function sizeValue(
  elab: Elaboration,
  env: Environment,
  given: readonly GivenArgument[],
  span: Span,
): ArrayValue {
  if (given.length !== 1 || given[0]!.name) return wrongCount(elab, env, "size", "one tensor", span);
  return scalar(cellCount(elab, arrayExpression(elab, given[0]!.value, env).shape));
}

/** `reshape(x, n, -1)`: the same elements in row-major order; one extent may be -1, and is what is left. */
export function reshapeValue(
  elab: Elaboration,
  env: Environment,
  given: readonly GivenArgument[],
  span: Span,
): ArrayValue {
  const { builder: b } = elab;
  if (given.length < 2 || given.some((a) => a.name))
    return wrongCount(elab, env, "reshape", "a tensor and the new extents", span);
  const x = arrayExpression(elab, given[0]!.value, env);
  const asked = given.slice(1).map((a) => sizeExpression(elab, env, a.value));
  const known = asked.filter((e) => b.constantOf(e) !== -1);
  const left = quotient(elab, x.shape, known);
  const open = asked.length - known.length;
  if (!left || open > 1 || (open === 0 && b.constantOf(left) !== 1)) {
    const wanted = `the same number of elements as ${printShape(x.shape)}`;
    const help = open > 1 ? "one extent may be -1, and is what is left" : undefined;
    fail(elab, env, "NN2033", span, { wanted, found: printShape(asked) }, { help });
  }
  const shape = asked.map((e) => (b.constantOf(e) === -1 ? left : e));
  const source = x.tensor ?? define(elab, env, join(env.path, "flat"), x, span).tensor;
  if (!source)
    return fail(
      elab,
      env,
      "NN2034",
      span,
      {},
      { help: "reshape the whole tensor in a definition of its own" },
    );
  const name = uniqueName(elab, resultPath(env));
  const tensor = b.tensor({
    name,
    type: x.type,
    shape,
    role: "definition",
    span,
    ...(source.below ? { below: source.below } : {}),
  });
  elab.indexNames.set(tensor, indexNames(shape));
  env.emit.push(b.reshape({ tensor, source, origin: originOf(env, span, name) }));
  return ofTensor(b, tensor, elab.indexNames.get(tensor));
}

/** The product of `shape` divided by the product of `divisors`, extents cancelling as wholes; undefined if it is uneven. */
function quotient(
  elab: Elaboration,
  shape: readonly Affine[],
  divisors: readonly Affine[],
): Affine | undefined {
  const { builder: b } = elab;
  const factors = [...shape];
  let divisor = 1;
  for (const d of divisors) {
    const same = factors.indexOf(d);
    const value = b.constantOf(d);
    if (value === undefined && same < 0) return undefined;
    if (value === undefined) factors.splice(same, 1);
    else divisor *= value;
  }
  const numeric = factors.reduce((n, f) => n * (b.constantOf(f) ?? 1), 1);
  const rest = factors.filter((f) => b.constantOf(f) === undefined);
  if (divisor <= 0 || numeric % divisor !== 0) return undefined;
  return b.times(cellCount(elab, rest), numeric / divisor);
}

/** `grad(u, x)`: a request that differentiation fulfils later, and a tensor of the shape of x for its result. */
export function gradientOf(
  elab: Elaboration,
  env: Environment,
  given: readonly GivenArgument[],
  span: Span,
): ArrayValue {
  const { builder: b } = elab;
  if (given.length !== 2 || given.some((a) => a.name))
    return wrongCount(elab, env, "grad", "a scalar and what to differentiate by", span);
  const u = arrayExpression(elab, given[0]!.value, env);
  const x = arrayExpression(elab, given[1]!.value, env);
  if (!isScalar(u) || u.type !== "f32" || u.flexible) {
    fail(elab, env, "NN2021", given[0]!.span, { problem: "what is differentiated must be a scalar number" });
  }
  const loops = freeIndices(scalarExpr(u));
  if (loops.size > 0) {
    fail(
      elab,
      env,
      "NN2021",
      given[0]!.span,
      { problem: "what is differentiated can't depend on an index" },
      {
        help: "differentiate the sum: each element's gradient stands in its own place",
      },
    );
  }
  if (!x.tensor || x.type !== "f32") {
    fail(elab, env, "NN2021", given[1]!.span, {
      problem: "it differentiates by an input, definition or parameter",
    });
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
    origin: originOf(env, span, result.name),
  });
  return ofTensor(b, result, names);
}
