import type { Builder } from "../../ir/builder.ts";
import { isNumber } from "../../ir/builder.ts";
import { printExpr } from "../../ir/printer.ts";
import { mapEquation, rewriter } from "../../ir/rewrite.ts";
import type { Apply, Expr, Graph, Statement, Tensor } from "../../ir/types.ts";
import { Shifts } from "./shift.ts";
import { Views } from "./views.ts";
import type { Workspace } from "./workspace.ts";

/** The logarithm of a shape of expression, without the overflow of the shape. */
interface LogarithmRule {
  readonly name: string;
  readonly logarithm: (x: Expr, s: Stability) => Expr | undefined;
}

const logarithms: readonly LogarithmRule[] = [
  { name: "log(exp(u)) = u", logarithm: (x, s) => s.views.exponent(x) },
  {
    name: "log(σ(u)) = −softplus(−u)",
    logarithm: (x, s) => {
      const u = s.views.logit(x);
      return u && s.builder.neg(s.builder.apply("softplus", [s.builder.neg(u)]));
    },
  },
  {
    name: "log(1 + exp(u)) = softplus(u)",
    logarithm: (x, s) => {
      const u = s.views.onePlusExponential(x);
      return u && s.builder.apply("softplus", [u]);
    },
  },
  {
    name: "log(exp(u) + exp(v)) = u + softplus(v − u)",
    logarithm: (x, s) => {
      const [u, v] = s.views.twoExponentials(x) ?? [];
      return u && v && s.builder.add(u, s.builder.apply("softplus", [s.builder.sub(v, u)]));
    },
  },
  {
    name: "log(Σ exp(u)) = m + log(Σ exp(u − m))",
    logarithm: (x, s) => {
      const sum = s.views.sumOfExponentials(x);
      return sum && !s.views.isShifted(sum.exponent) ? s.shifts.logarithm(sum) : undefined;
    },
  },
  {
    name: "log(1 − p) = log(p′), of two classes",
    logarithm: (x, s) => {
      const other = s.views.otherOfTwo(x);
      if (!other) return undefined;
      const below = s.logarithm(other.sum.read) ?? s.builder.apply("log", [other.sum.read]);
      return s.builder.sub(other.exponent, below);
    },
  },
  {
    name: "log(a·b) = log(a) + log(b)",
    logarithm: (x, s) => {
      const [a, c] = s.views.product(x) ?? [];
      if (!a || !c) return undefined;
      const [first, second] = [s.logarithm(a), s.logarithm(c)];
      if (!first && !second) return undefined;
      return s.builder.add(first ?? s.builder.apply("log", [a]), second ?? s.builder.apply("log", [c]));
    },
  },
  {
    name: "log(a/b) = log(a) − log(b)",
    logarithm: (x, s) => {
      const [a, c] = s.views.quotient(x) ?? [];
      if (!a || !c) return undefined;
      const above = s.logarithm(a);
      const below = s.logarithm(c);
      if (!above && !below) return undefined;
      return s.builder.sub(above ?? s.builder.apply("log", [a]), below ?? s.builder.apply("log", [c]));
    },
  },
];

/** A quotient of exponentials, which is ∞/∞ where both overflow, without them. */
interface QuotientRule {
  readonly name: string;
  readonly quotient: (above: Expr, below: Expr, s: Stability) => Expr | undefined;
}

const quotients: readonly QuotientRule[] = [
  {
    name: "exp(u)/(1 + exp(u)) = σ(u)",
    quotient: (above, below, { views, builder }) => {
      const u = views.onePlusExponential(below);
      return u && views.exponent(above) === u ? builder.apply("sigmoid", [u]) : undefined;
    },
  },
  {
    name: "(exp(u) − exp(v))/(exp(u) + exp(v)) = tanh((u − v)/2)",
    quotient: (above, below, { views, builder: b }) => {
      const [u, v] = views.twoExponentials(below) ?? [];
      const difference = views.twoExponentials(above, "sub");
      if (!u || !v || difference?.[0] !== u || difference[1] !== v) return undefined;
      return b.apply("tanh", [v === b.neg(u) ? u : b.mul(b.number(0.5), b.sub(u, v))]);
    },
  },
  {
    name: "x/(1 + exp(u)) = x·σ(−u)",
    quotient: (above, below, { views, builder: b }) => {
      const u = views.onePlusExponential(below);
      return u && b.mul(above, b.apply("sigmoid", [b.neg(u)]));
    },
  },
];

/**
 * Stability: what is finite on paper stays finite in 32 bits. Logarithms of exponentials, of sigmoids and of softmax
 * are taken on paper, through the definitions between; a softmax without a shift gets one, and what has a
 * logarithm on paper is not 0. These rules change what
 * overflows, so they hold over the reals only; that 1/(1 + exp(−u)) is σ(u) holds always.
 */
export function stabilise(graph: Graph, work: Workspace): Graph {
  return new Stability(graph, work).run();
}

class Stability {
  readonly builder: Builder;
  readonly views: Views;
  readonly shifts: Shifts;
  private readonly graph: Graph;
  private readonly work: Workspace;
  private readonly known = new Map<Expr, Expr | undefined>();
  private tensor: Tensor | undefined;

  constructor(graph: Graph, work: Workspace) {
    this.graph = graph;
    this.work = work;
    this.builder = work.builder;
    const index = work.indexOf(graph);
    this.views = new Views(index, work.builder);
    this.shifts = new Shifts(work.builder, (name) => index.freshName(name));
  }

  run(): Graph {
    let changed = false;
    const statements = this.graph.statements.map((s, position): Statement => {
      if (s.kind !== "equation" || s.tensor.role !== "definition") return s;
      this.views.position = position;
      this.known.clear();
      this.tensor = s.tensor;
      const rewrite = rewriter(this.builder, { after: (e) => this.node(e) });
      if (rewrite(s.body) === s.body) return s;
      changed = true;
      return mapEquation(s, rewrite, this.builder);
    });
    if (!changed) return this.graph;
    const added = this.shifts.before;
    const placed = this.graph.statements.flatMap((s, i) => [...(added.get(s) ?? []), statements[i]!]);
    return { ...this.graph, statements: placed };
  }

  private node(e: Expr): Expr {
    if (e.kind !== "apply") return e;
    if (e.atom === "div") return this.sigmoid(e) ?? this.quotient(e) ?? this.softmax(e) ?? e;
    if (e.atom === "select") return this.withoutException(e) ?? e;
    return e.atom === "log" && this.work.realOnly ? (this.logarithm(e.args[0]!) ?? e) : e;
  }

  /** log(x), where a rule says how to take it. */
  logarithm(x: Expr): Expr | undefined {
    if (this.known.has(x)) return this.known.get(x);
    this.known.set(x, undefined);
    let result: Expr | undefined;
    for (const rule of logarithms) {
      result = rule.logarithm(x, this);
      if (!result) continue;
      const after = result;
      this.record(rule.name, true, () => this.builder.apply("log", [x]), after);
      break;
    }
    this.known.set(x, result);
    return result;
  }

  private sigmoid(e: Apply): Expr | undefined {
    const [one, below] = e.args as [Expr, Expr];
    if (!isNumber(one, 1) || below.kind !== "apply" || below.atom !== "add") return undefined;
    const exponential = below.args.find((a) => !isNumber(a, 1));
    if (!below.args.some((a) => isNumber(a, 1)) || exponential?.kind !== "apply") return undefined;
    if (exponential.atom !== "exp") return undefined;
    const result = this.builder.apply("sigmoid", [this.builder.neg(exponential.args[0]!)]);
    this.record("1/(1 + exp(−u)) = σ(u)", false, () => e, result);
    return result;
  }

  private quotient(e: Apply): Expr | undefined {
    if (!this.work.realOnly) return undefined;
    for (const rule of quotients) {
      const result = rule.quotient(e.args[0]!, e.args[1]!, this);
      if (!result) continue;
      this.record(rule.name, true, () => e, result);
      return result;
    }
    return undefined;
  }

  /** The p of a logarithm on paper is not 0, though it may round to it: 0·log(p) needs no exception. */
  private withoutException(e: Apply): Expr | undefined {
    const condition = this.possible(e.args[0]!);
    if (condition === e.args[0]) return undefined;
    const result = this.builder.select(condition, e.args[1]!, e.args[2]!);
    this.record("p = 0 is false, where log(p) is taken on paper", true, () => e, result);
    return result;
  }

  /** A condition without its p = 0 and p = 1 where this equation has log(p) or log(1 − p), taken on paper. */
  private possible(c: Expr): Expr {
    if (c.kind !== "apply") return c;
    if (c.atom === "and" || c.atom === "or")
      return this.builder.apply(
        c.atom,
        c.args.map((a) => this.possible(a)),
      );
    const number = c.atom === "eq" ? c.args.find((a) => isNumber(a, 0) || isNumber(a, 1)) : undefined;
    const p = c.args.find((a) => a !== number);
    if (!number || !p) return c;
    const distance = isNumber(number, 0) ? p : this.builder.sub(number, p);
    return this.known.get(distance) ? this.builder.bool(false) : c;
  }

  private softmax(e: Apply): Expr | undefined {
    if (!this.work.realOnly) return undefined;
    const [above, below] = e.args as [Expr, Expr];
    const sum = this.views.sumOfExponentials(below);
    if (!sum || this.views.isShifted(sum.exponent)) return undefined;
    const numerator = this.views.exponent(above);
    if (!numerator) return undefined;
    const result = this.shifts.quotient(numerator, sum);
    this.record("exp(v)/Σ exp(u) = exp(v − m)/Σ exp(u − m)", true, () => e, result);
    return result;
  }

  private record(rule: string, realOnly: boolean, before: () => Expr, after: Expr): void {
    if (!this.tensor) return;
    this.work.record(
      rule,
      realOnly,
      this.tensor,
      () => printExpr(before()),
      () => printExpr(after),
    );
  }
}
