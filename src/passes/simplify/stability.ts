import type { Builder } from "../../ir/builder.ts";
import { isNumber } from "../../ir/builder.ts";
import { printExpr } from "../../ir/printer.ts";
import { mapEquation, rewriter } from "../../ir/rewrite.ts";
import type { Apply, Expr, Graph, Statement, Tensor } from "../../ir/types.ts";
import { Shifts } from "./shift.ts";
import { Views } from "./views.ts";
import { GraphIndex } from "./workspace.ts";
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
    name: "log(Σ exp(u)) = m + log(Σ exp(u − m))",
    logarithm: (x, s) => {
      const sum = s.views.sumOfExponentials(x);
      return sum && !s.views.isShifted(sum.exponent) ? s.shifts.logarithm(sum) : undefined;
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

/**
 * Stability: what is finite on paper stays finite in 32 bits. Logarithms of exponentials, of sigmoids and of softmax
 * are taken on paper, through the definitions between; a softmax without a shift gets one. These rules change what
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
    const index = new GraphIndex(graph, work);
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
    if (e.atom === "div") return this.sigmoid(e) ?? this.softmax(e) ?? e;
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
