import type { AtomName } from "../../ir/atoms.ts";
import { atoms } from "../../ir/atoms.ts";
import type { Builder } from "../../ir/builder.ts";
import { isNumber } from "../../ir/builder.ts";
import { printExpr } from "../../ir/printer.ts";
import { expressionsOf, mapEquation, rewriter } from "../../ir/rewrite.ts";
import type { Apply, Expr, Graph, Statement } from "../../ir/types.ts";
import type { Workspace } from "./workspace.ts";

/** As many as the atom's arity are there. */
type Args = readonly [Expr, Expr, Expr];

/** A rule of one atom: another expression with the same value, or undefined where it does not apply. */
interface LocalRule {
  readonly name: string;
  /** True where it may turn a NaN or an infinity into a number. */
  readonly realOnly?: true;
  readonly rewrite: (args: Args, b: Builder) => Expr | undefined;
}

const negated = (e: Expr): Expr | undefined =>
  e.kind === "apply" && e.atom === "neg" ? e.args[0] : undefined;
const isApply = (e: Expr, atom: AtomName): e is Apply => e.kind === "apply" && e.atom === atom;
const isConstant = (e: Expr): boolean => e.kind === "constant";
const isPowerOfTwo = (x: number): boolean =>
  Number.isFinite(x) && x !== 0 && Number.isInteger(Math.log2(Math.abs(x)));

const addRules: readonly LocalRule[] = [
  { name: "x + 0 = x", rewrite: ([x, y]) => (isNumber(y, 0) ? x : isNumber(x, 0) ? y : undefined) },
  { name: "x + x = 2·x", rewrite: ([x, y], b) => (x === y ? b.mul(b.number(2), x) : undefined) },
  { name: "x + (−y) = x − y", rewrite: ([x, y], b) => negated(y) && b.sub(x, negated(y)!) },
  { name: "(−x) + y = y − x", rewrite: ([x, y], b) => negated(x) && b.sub(y, negated(x)!) },
  {
    name: "(if c then x else 0) + (if c then 0 else y) = if c then x else y",
    rewrite: ([x, y], b) => joinChoices(choiceOf(x, b), choiceOf(y, b), b),
  },
];

/** A number that depends on a condition: c, the value where it holds, the value where it does not. */
type Choice = readonly [condition: Expr, chosen: Expr, otherwise: Expr];

function choiceOf(e: Expr, b: Builder): Choice | undefined {
  if (e.kind !== "apply") return undefined;
  if (e.atom === "select") return e.args as unknown as Choice;
  const isBracket = e.atom === "cast" && e.args[0]!.type === "bool";
  return isBracket ? [e.args[0]!, b.number(1), b.number(0)] : undefined;
}

/** The sum of two choices by one condition (or its opposite), where of each pair of values one is 0. */
function joinChoices(x: Choice | undefined, y: Choice | undefined, b: Builder): Expr | undefined {
  if (!x || !y) return undefined;
  const same = x[0] === y[0];
  if (!same && x[0] !== b.apply("not", [y[0]])) return undefined;
  const [chosen, otherwise] = same ? [y[1], y[2]] : [y[2], y[1]];
  const either = (p: Expr, q: Expr): boolean => isNumber(p, 0) || isNumber(q, 0);
  if (!either(x[1], chosen) || !either(x[2], otherwise)) return undefined;
  return b.select(x[0], b.add(x[1], chosen), b.add(x[2], otherwise));
}

const subRules: readonly LocalRule[] = [
  { name: "x − 0 = x", rewrite: ([x, y]) => (isNumber(y, 0) ? x : undefined) },
  { name: "0 − x = −x", rewrite: ([x, y], b) => (isNumber(x, 0) ? b.neg(y) : undefined) },
  { name: "x − (−y) = x + y", rewrite: ([x, y], b) => negated(y) && b.add(x, negated(y)!) },
  { name: "(−x) − y = −(x + y)", rewrite: ([x, y], b) => negated(x) && b.neg(b.add(negated(x)!, y)) },
  { name: "x − x = 0", realOnly: true, rewrite: ([x, y], b) => (x === y ? b.number(0) : undefined) },
];

const mulRules: readonly LocalRule[] = [
  { name: "1·x = x", rewrite: ([x, y]) => (isNumber(x, 1) ? y : isNumber(y, 1) ? x : undefined) },
  {
    name: "0·x = 0",
    realOnly: true,
    rewrite: ([x, y], b) => (isNumber(x, 0) || isNumber(y, 0) ? b.number(0) : undefined),
  },
  {
    name: "(−1)·x = −x",
    rewrite: ([x, y], b) => (isNumber(x, -1) ? b.neg(y) : isNumber(y, -1) ? b.neg(x) : undefined),
  },
  {
    name: "(−x)·y = −(x·y)",
    rewrite: ([x, y], b) => {
      if (negated(x)) return b.neg(b.mul(negated(x)!, y));
      return negated(y) && b.neg(b.mul(x, negated(y)!));
    },
  },
  { name: "x·c = c·x", rewrite: ([x, y], b) => (isConstant(y) && !isConstant(x) ? b.mul(y, x) : undefined) },
  {
    // Exact where one factor only shifts the exponent.
    name: "a·(c·x) = (a·c)·x",
    rewrite: ([x, y], b) => {
      const inner = isApply(y, "mul") ? y.args[0] : undefined;
      if (x.kind !== "constant" || inner?.kind !== "constant") return undefined;
      if (!isPowerOfTwo(x.value) && !isPowerOfTwo(inner.value)) return undefined;
      return b.mul(b.number(x.value * inner.value), (y as Apply).args[1]!);
    },
  },
  {
    name: "x·(1/y) = x/y",
    rewrite: ([x, y], b) => {
      if (isApply(y, "div") && isNumber(y.args[0]!, 1)) return b.div(x, y.args[1]!);
      return isApply(x, "div") && isNumber(x.args[0]!, 1) ? b.div(y, x.args[1]!) : undefined;
    },
  },
  {
    name: "[c]·[c] = [c]",
    rewrite: ([x, y]) => (x === y && isApply(x, "cast") && x.args[0]!.type === "bool" ? x : undefined),
  },
];

const divRules: readonly LocalRule[] = [
  { name: "x/1 = x", rewrite: ([x, y]) => (isNumber(y, 1) ? x : undefined) },
  { name: "0/x = 0", realOnly: true, rewrite: ([x]) => (isNumber(x, 0) ? x : undefined) },
  { name: "(−x)/y = −(x/y)", rewrite: ([x, y], b) => negated(x) && b.neg(b.div(negated(x)!, y)) },
  { name: "x/(−y) = −(x/y)", rewrite: ([x, y], b) => negated(y) && b.neg(b.div(x, negated(y)!)) },
  {
    name: "x/2ⁿ = 2⁻ⁿ·x",
    rewrite: ([x, y], b) =>
      y.kind === "constant" && isPowerOfTwo(y.value) ? b.mul(b.number(1 / y.value), x) : undefined,
  },
];

const negRules: readonly LocalRule[] = [
  { name: "−(−x) = x", rewrite: ([x]) => negated(x) },
  {
    name: "−(x − y) = y − x",
    rewrite: ([x], b) => (isApply(x, "sub") ? b.sub(x.args[1]!, x.args[0]!) : undefined),
  },
  {
    name: "−(c·x) = (−c)·x",
    rewrite: ([x], b) => {
      const factor = isApply(x, "mul") ? x.args[0]! : undefined;
      return factor?.kind === "constant" ? b.mul(b.number(-factor.value), (x as Apply).args[1]!) : undefined;
    },
  },
];

const powRules: readonly LocalRule[] = [
  { name: "x^1 = x", rewrite: ([x, n]) => (isNumber(n, 1) ? x : undefined) },
  { name: "x^0 = 1", rewrite: ([, n], b) => (isNumber(n, 0) ? b.number(1) : undefined) },
  { name: "x^−1 = 1/x", rewrite: ([x, n], b) => (isNumber(n, -1) ? b.div(b.number(1), x) : undefined) },
  { name: "x^½ = √x", rewrite: ([x, n], b) => (isNumber(n, 0.5) ? b.apply("sqrt", [x]) : undefined) },
];

const lessRules: readonly LocalRule[] = [
  {
    name: "x < max(x, y) = x < y",
    rewrite: ([x, y], b) => (isApply(y, "max") && y.args[0] === x ? b.less(x, y.args[1]!) : undefined),
  },
  {
    name: "min(x, y) < x = y < x",
    rewrite: ([x, y], b) => (isApply(x, "min") && x.args[0] === y ? b.less(x.args[1]!, y) : undefined),
  },
  {
    name: "max(a, u) < c = u < c, where a < c",
    rewrite: ([x, y], b) => {
      const [max, min] = [bounded(x, "max"), bounded(x, "min")];
      if (y.kind !== "constant") return undefined;
      if (max && max.bound < y.value) return b.less(max.inner, y);
      return min && min.bound >= y.value ? b.less(min.inner, y) : undefined;
    },
  },
  {
    name: "c < min(a, u) = c < u, where c < a",
    rewrite: ([x, y], b) => {
      const [max, min] = [bounded(y, "max"), bounded(y, "min")];
      if (x.kind !== "constant") return undefined;
      if (min && x.value < min.bound) return b.less(x, min.inner);
      return max && x.value >= max.bound ? b.less(x, max.inner) : undefined;
    },
  },
];

/** Of max(a, u) against c, with numbers a and c: the number a and the expression u. */
function bounded(e: Expr, atom: "min" | "max"): { readonly bound: number; readonly inner: Expr } | undefined {
  if (!isApply(e, atom)) return undefined;
  const bound = e.args.find(isConstant);
  const inner = e.args.find((a) => a !== bound);
  return bound?.kind === "constant" && inner ? { bound: bound.value, inner } : undefined;
}

const selectRules: readonly LocalRule[] = [
  {
    name: "if ¬c then x else y = if c then y else x",
    rewrite: ([c, x, y], b) => (isApply(c, "not") ? b.select(c.args[0]!, y, x) : undefined),
  },
  {
    name: "if c then 1 else 0 = [c]",
    rewrite: ([c, x, y], b) => (isNumber(x, 1) && isNumber(y, 0) ? b.cast(c, "f32") : undefined),
  },
  {
    name: "if c then 0 else 1 = [¬c]",
    rewrite: ([c, x, y], b) =>
      isNumber(x, 0) && isNumber(y, 1) ? b.cast(b.apply("not", [c]), "f32") : undefined,
  },
  {
    name: "if c then (if c then x else y) else z = if c then x else z",
    rewrite: ([c, x, y], b) => {
      if (isApply(x, "select") && x.args[0] === c) return b.select(c, x.args[1]!, y);
      return isApply(y, "select") && y.args[0] === c ? b.select(c, x, y.args[2]!) : undefined;
    },
  },
];

const extremum: readonly LocalRule[] = [
  { name: "max(x, x) = x", rewrite: ([x, y]) => (x === y ? x : undefined) },
];

const rules: Readonly<Partial<Record<AtomName, readonly LocalRule[]>>> = {
  add: addRules,
  sub: subRules,
  mul: mulRules,
  div: divRules,
  neg: negRules,
  pow: powRules,
  lt: lessRules,
  select: selectRules,
  max: extremum,
  min: extremum,
};

/** The number that an application to constants is, where folding at compile time changes no NaN or infinity. */
function foldConstants(b: Builder, e: Apply): Expr | undefined {
  if (e.type === "i32" || e.args.length === 0) return undefined;
  const values = e.args.map((a) => (a.kind === "constant" ? a.value : undefined));
  if (values.some((v) => v === undefined) || e.atom === "stop_gradient") return undefined;
  const value = atoms[e.atom].evaluate(...(values as number[]));
  if (!Number.isFinite(value)) return undefined;
  return e.type === "bool" ? b.bool(value !== 0) : b.number(value);
}

/** Simplifies one node whose children are simplified; `used` hears of every rule applied. */
export function simplifyNode(
  b: Builder,
  e: Expr,
  realOnly: boolean,
  used: (rule: LocalRule, before: Expr, after: Expr) => void,
): Expr {
  for (let steps = 0; steps < 8; steps++) {
    if (e.kind !== "apply" || e.type === "i32") return e;
    const folded = foldConstants(b, e);
    if (folded) return folded;
    const { atom, args } = e;
    const numeric = args.every((a) => a.type !== "i32");
    const rule = numeric
      ? rules[atom]?.find(
          (r) => (realOnly || !r.realOnly) && r.rewrite(args as unknown as Args, b) !== undefined,
        )
      : undefined;
    const next = rule?.rewrite(args as unknown as Args, b);
    if (!rule || !next || next === e) return e;
    used(rule, e, next);
    e = next;
  }
  return e;
}

/** Local algebra: identities of one expression. What `stop_gradient` says is forgotten once no gradient is asked for. */
export function simplifyLocally(graph: Graph, work: Workspace): Graph {
  const b = work.builder;
  const keepStops = work.indexOf(graph).asksForGradients;
  let current: Statement | undefined;
  const used = (rule: LocalRule, before: Expr, after: Expr): void => {
    if (current?.kind !== "equation") return;
    const tensor = current.tensor;
    work.record(
      rule.name,
      rule.realOnly ?? false,
      tensor,
      () => printExpr(before),
      () => printExpr(after),
    );
  };
  const rewrite = rewriter(b, {
    after: (e) => {
      if (!keepStops && isApply(e, "stop_gradient")) return e.args[0]!;
      return simplifyNode(b, e, work.realOnly, used);
    },
  });
  let changed = false;
  const statements = graph.statements.map((s): Statement => {
    if (s.kind !== "equation" || work.plain.has(s)) return s;
    current = s;
    if (expressionsOf(s).every((e) => rewrite(e) === e)) {
      work.plain.add(s);
      return s;
    }
    changed = true;
    return mapEquation(s, rewrite, b);
  });
  return changed ? { ...graph, statements } : graph;
}
