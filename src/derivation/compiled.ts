/** The gradients of a derivation in the compiled module, where they have the same values. */
import type { Environment } from "../ir/interpreter.ts";
import { interpret } from "../ir/interpreter.ts";
import { readsOf } from "../ir/rewrite.ts";
import type { Statement, Tensor } from "../ir/types.ts";
import { Comparison, copyOf, valuesOf } from "./compare.ts";
import type { Check, Line } from "./derivation.ts";
import { isPlain } from "./rewrites.ts";
import { lineText } from "./text.ts";
import type { Trail } from "./trail.ts";
import { linesOf } from "./translate.ts";

type Defining = Exclude<Statement, { kind: "gradient" }>;

const isDefining = (s: Statement): s is Defining => s.kind !== "gradient";

export class CompiledGradients {
  private readonly statements: readonly Defining[];
  /** What the module computes at each point, once it is asked. */
  private values: readonly Environment[] | undefined;

  constructor(
    private readonly compiled: Trail["compiled"],
    private readonly points: readonly Environment[],
  ) {
    this.statements = (compiled?.statements ?? []).filter(isDefining);
  }

  /** How the module computes a gradient, where that reads differently from what was derived. */
  linesOf(t: Tensor, wrt: Tensor, derived: readonly Line[]): Line[] {
    const there = this.counterpart(t, wrt);
    if (!there) return [];
    const lines = this.partsOf(there).flatMap(linesOf);
    const named = lines.map((l) => lineText(l, (ref) => (ref === there.name ? t.name : ref)));
    return named.join("\n") === derived.map((l) => lineText(l)).join("\n") ? [] : lines;
  }

  /** A gradient as one equation in terms of the data, if the module has it so. */
  plain(t: Tensor, wrt: Tensor): Line | null {
    const there = this.counterpart(t, wrt);
    const [only, ...more] = there ? this.partsOf(there) : [];
    if (only?.kind !== "equation" || more.length > 0 || !isPlain(only)) return null;
    const isOfData = readsOf(only.body).every((r) => r.tensor.role !== "adjoint");
    return isOfData ? linesOf(only)[0]! : null;
  }

  private partsOf(there: Tensor): Defining[] {
    return this.statements.filter((s) => s.tensor === there);
  }

  private counterpart(t: Tensor, wrt: Tensor): Tensor | undefined {
    const asked = this.compiled?.results.get(t);
    if (asked) return asked;
    const there = this.statements.find(
      (s) => s.tensor.role === "adjoint" && s.origin.steps?.some((step) => step.wrt === wrt),
    )?.tensor;
    return there && this.isEqual(t, there) ? there : undefined;
  }

  private isEqual(t: Tensor, there: Tensor): boolean {
    const sizes = this.everywhere().map(
      (e, k) => [valuesOf(e, there), valuesOf(this.points[k]!, t)] as const,
    );
    return sizes.every(([a, b]) => a.length === b.length) && this.comparison(t, there).passed;
  }

  /** A gradient, and what the module has for it. */
  comparison(t: Tensor, there: Tensor): Check {
    const comparison = new Comparison("the compiled module's equations, in 64 bits", "exact");
    this.everywhere().forEach((e, k) => comparison.add(valuesOf(e, there), valuesOf(this.points[k]!, t)));
    return comparison.result;
  }

  /** Evaluated once for all gradients: nothing that a derivation adds to its points is read by the module. */
  private everywhere(): readonly Environment[] {
    this.values ??= this.points.map((point) => {
      const environment = copyOf(point);
      interpret(this.statements, environment);
      return environment;
    });
    return this.values;
  }
}
