/**
 * From values to statements in normal form: a definition becomes an equation, and every reduction inside a body is
 * hoisted to an equation of its own, over exactly the indices it depends on.
 */
import { rangeOf } from "../../ir/affine.ts";
import { conjuncts, freeIndices, rewriter, substitute, visit } from "../../ir/rewrite.ts";
import type { Affine, Equation, Expr, Index, Origin, Reduce, Span, Tensor } from "../../ir/types.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { uniqueName } from "./environment.ts";
import { requireAddressable } from "./shapes.ts";
import type { ArrayValue } from "./values.ts";
import { freshIndices, indexNames } from "./values.ts";

export interface Destination {
  readonly tensor: Tensor;
  readonly indices: readonly Index[];
  readonly target: readonly Affine[];
}

/** Makes a tensor of a value's cells and emits its equation. A value that already is a tensor is still copied. */
export function define(
  elab: Elaboration,
  env: Environment,
  name: string,
  value: ArrayValue,
  span: Span,
  doc?: string,
): ArrayValue {
  const indices = freshIndices(elab.builder, value.shape, value.names);
  const subscripts = indices.map((i) => elab.builder.of(i));
  return defineAt(elab, env, name, indices, value.at(subscripts, value.shape), span, doc);
}

/** The value as a plain tensor or constant: what is computed is computed once, whoever reads it how often. */
export function materialise(
  elab: Elaboration,
  env: Environment,
  name: string,
  value: ArrayValue,
  span: Span,
): ArrayValue {
  if (value.tensor || value.flexible) return value;
  if (value.shape.length === 0) {
    const expr = value.at([], []);
    if (!containsReduce(expr) || env.indices.length > 0) return value;
  }
  return define(elab, env, name, value, span);
}

/**
 * tensor[indices] = body. Loop indices of an enclosing definition that the body depends on become leading dimensions
 * of the tensor, so that a local definition inside `y[b] = f(x[b])` is computed once for every b.
 */
export function defineAt(
  elab: Elaboration,
  env: Environment,
  name: string,
  indices: readonly Index[],
  body: Expr,
  span: Span,
  doc?: string,
): ArrayValue {
  const { builder: b } = elab;
  const own = new Set(indices);
  const free = freeIndices(body);
  const outer = env.indices.filter((i) => free.has(i) && !own.has(i));
  const all = [...outer, ...indices];
  requireAddressable(
    elab,
    env,
    name,
    all.map((i) => i.extent),
    span,
  );
  const tensor = b.tensor({
    name: uniqueName(elab, name),
    type: body.type,
    shape: all.map((i) => i.extent),
    role: "definition",
    span,
    ...belowOf(elab, body),
    ...(doc === undefined ? {} : { doc }),
  });
  elab.indexNames.set(
    tensor,
    indexNames(
      tensor.shape,
      all.map((i) => i.name),
    ),
  );
  const where = outer.length === 0 ? [] : affineConditions(env.assumptions, new Set(outer));
  store(elab, env, { tensor, indices: all, target: all.map((i) => b.of(i)) }, body, span, where);
  const leading = outer.map((i) => b.of(i));
  return {
    kind: "array",
    type: tensor.type,
    shape: indices.map((i) => i.extent),
    at: (subscripts) => b.read(tensor, [...leading, ...subscripts]),
    names: indices.map((i) => i.name),
    ...(outer.length === 0 ? { tensor } : {}),
  };
}

/** Emits `destination = body`, hoisting what must stand alone. */
export function store(
  elab: Elaboration,
  env: Environment,
  destination: Destination,
  body: Expr,
  span: Span,
  where: readonly Expr[] = [],
): void {
  const root = reduceAtRoot(body);
  const indices = destination.indices;
  if (root) {
    const { tensor } = destination;
    const inner = hoist(
      elab,
      env,
      root.body,
      [...indices, ...root.indices],
      [...where, ...root.where],
      tensor,
      span,
    );
    emit(elab, env, {
      ...destination,
      reducer: root.reducer,
      reduced: root.indices,
      where: [...where, ...root.where],
      body: inner,
      span,
    });
    return;
  }
  const flat = hoist(elab, env, body, indices, where, destination.tensor, span);
  emit(elab, env, { ...destination, reducer: null, reduced: [], where, body: flat, span });
}

interface Emitted extends Destination {
  readonly reducer: Equation["reducer"];
  readonly reduced: readonly Index[];
  readonly where: readonly Expr[];
  readonly body: Expr;
  readonly span: Span;
}

/** Every equation gets loop indices of its own, with distinct names: passes may then substitute without capture. */
function emit(elab: Elaboration, env: Environment, e: Emitted): void {
  const { builder: b } = elab;
  const old = [...e.indices, ...e.reduced];
  const names = distinct(old.map((i) => i.name));
  const fresh = old.map((i, k) => b.index(names[k]!, i.extent));
  const rename = new Map(old.map((i, k) => [i, b.of(fresh[k]!)]));
  env.emit.push(
    b.equation({
      tensor: e.tensor,
      indices: fresh.slice(0, e.indices.length),
      reduced: fresh.slice(e.indices.length),
      target: e.target.map((t) => substitute(b, t, rename) as Affine),
      accumulate: false,
      reducer: e.reducer,
      where: e.where.map((w) => substitute(b, w, rename)),
      body: substitute(b, e.body, rename),
      origin: originOf(env, e.span, e.tensor.name),
    }),
  );
}

/** Inside the library the user's place is the outermost call; the inner place is kept beside it. */
export function originOf(env: Environment, span: Span, name: string): Origin {
  const outermost = env.calls[0]?.span;
  return outermost && outermost.file !== span.file ? { span: outermost, within: span, name } : { span, name };
}

function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let candidate = name;
    for (let n = 2; taken.has(candidate); n++) candidate = `${name}${n}`;
    taken.add(candidate);
    return candidate;
  });
}

function reduceAtRoot(body: Expr): Reduce | undefined {
  if (body.kind === "reduce") return body;
  if (body.kind !== "affine" || body.constant !== 0 || body.terms.length !== 1) return undefined;
  const { factor, atom } = body.terms[0]!;
  return factor === 1 && atom.kind === "opaque" && atom.value.kind === "reduce" ? atom.value : undefined;
}

function containsReduce(e: Expr): boolean {
  let found = false;
  visit([e], (node) => {
    if (node.kind === "reduce") found = true;
  });
  return found;
}

/**
 * Replaces every reduction below `e` by a read of a new tensor. What protects the reduction (enclosing `select`
 * conditions on its own indices) goes along as `where`: it may be what keeps its reads in range.
 */
function hoist(
  elab: Elaboration,
  env: Environment,
  e: Expr,
  loops: readonly Index[],
  conditions: readonly Expr[],
  parent: Tensor,
  span: Span,
): Expr {
  if (!containsReduce(e)) return e;
  const { builder: b } = elab;
  const within = (inner: Expr, extra: readonly Expr[]): Expr =>
    hoist(elab, env, inner, loops, [...conditions, ...extra], parent, span);
  return rewriter(b, {
    node: (node) => {
      if (node.kind === "reduce") return hoistOne(elab, env, node, loops, conditions, parent, span);
      if (node.kind === "apply" && node.atom === "select") {
        const [condition, chosen, otherwise] = node.args as [Expr, Expr, Expr];
        const not = b.apply("not", [condition]);
        return b.select(within(condition, []), within(chosen, [condition]), within(otherwise, [not]));
      }
      return undefined;
    },
  })(e);
}

function hoistOne(
  elab: Elaboration,
  env: Environment,
  node: Reduce,
  loops: readonly Index[],
  conditions: readonly Expr[],
  parent: Tensor,
  span: Span,
): Expr {
  const { builder: b } = elab;
  const free = freeIndices(node.type === "i32" ? b.opaque(node) : node);
  const order = [...env.indices.filter((i) => !loops.includes(i)), ...loops];
  const indices = order.filter((i) => free.has(i));
  const tensor = b.tensor({
    name: uniqueName(elab, `${parent.name}.${node.reducer}`),
    type: node.type,
    shape: indices.map((i) => i.extent),
    role: "definition",
    span,
    hoistedFrom: parent,
    ...belowOf(elab, node.type === "i32" ? b.opaque(node) : node),
  });
  elab.indexNames.set(
    tensor,
    indices.map((i) => i.name),
  );
  const subscripts = indices.map((i) => b.of(i));
  const body = node.type === "i32" ? b.opaque(node) : node;
  const where = affineConditions(conditions, new Set(indices));
  store(elab, env, { tensor, indices, target: subscripts }, body, span, where);
  return b.read(tensor, subscripts);
}

/** The affine conjuncts that speak of these indices only. */
function affineConditions(conditions: readonly Expr[], indices: ReadonlySet<Index>): Expr[] {
  return conditions.flatMap(conjuncts).filter((c) => {
    if (c.kind !== "condition") return false;
    const free = [...freeIndices(c)];
    return free.length > 0 && free.every((i) => indices.has(i));
  });
}

/** The bound of an integer body, where one is known: that makes it usable as a subscript. */
function belowOf(elab: Elaboration, body: Expr): { below?: Affine } {
  if (body.kind !== "affine") return {};
  const root = reduceAtRoot(body);
  if (root && (root.reducer === "argmax" || root.reducer === "argmin")) {
    if (root.indices.length === 1) return { below: root.indices[0]!.extent };
    const size = root.indices.reduce((n, i) => n * rangeOf(i.extent).high, 1);
    return { below: elab.builder.integer(size) };
  }
  const only =
    body.constant === 0 && body.terms.length === 1 && body.terms[0]!.factor === 1
      ? body.terms[0]!.atom
      : undefined;
  if (only?.kind === "index") return { below: only.extent };
  if (only?.kind === "opaque" && only.value.kind === "read" && only.value.tensor.below) {
    return { below: only.value.tensor.below };
  }
  const { low, high } = rangeOf(body);
  return low >= 0 && Number.isFinite(high) ? { below: elab.builder.integer(high + 1) } : {};
}
