/**
 * Leaves out what a model says for single points, such as 0·log 0 = 0 in a loss: lectures don't write it, and no derivative
 * depends on it anywhere else. The module keeps it.
 */
import type { Builder } from "../ir/builder.ts";
import { tensorsRead, tensorsWritten } from "../ir/dependences.ts";
import { interpret } from "../ir/interpreter.ts";
import { rewriter } from "../ir/rewrite.ts";
import type { Expr, Program, Statement, Tensor } from "../ir/types.ts";
import { Comparison, copyOf, valuesOf } from "./compare.ts";
import { pointCount, randomPoint } from "./points.ts";

/**
 * The statements with `if … = … then … else x` as `x`, or as they are where that makes a difference at random points: a
 * number that is compared with another may take it often, as a mask of zeros and ones does.
 */
export function almostEverywhere(
  program: Program,
  statements: readonly Statement[],
  b: Builder,
): readonly Statement[] {
  const write = rewriter(b, {
    after: (e) => (e.kind === "apply" && e.atom === "select" && holdsAtPoints(e.args[0]!) ? e.args[2]! : e),
  });
  const written = statements.map((s): Statement => {
    if (s.kind !== "equation") return s;
    const body = write(s.body);
    return body === s.body ? s : b.equation({ ...s, body });
  });
  if (written.every((s, n) => s === statements[n])) return statements;
  for (let k = 0; k < pointCount; k++) {
    const point = randomPoint(program, withoutGradients(statements), k);
    const environment = copyOf(point);
    const computed = withoutGradients(written);
    interpret(computed, environment);
    for (const s of computed) {
      const comparison = new Comparison("", "exact");
      comparison.add(valuesOf(environment, s.tensor), valuesOf(point, s.tensor));
      if (!comparison.result.passed) return statements;
    }
  }
  return written;
}

/** Gradients are not expanded yet: what reads them has no value. */
function withoutGradients(statements: readonly Statement[]): Exclude<Statement, { kind: "gradient" }>[] {
  const unknown = new Set<Tensor>();
  return statements.filter((s) => {
    const known = s.kind !== "gradient" && tensorsRead(s).every((t) => !unknown.has(t));
    if (!known) for (const t of tensorsWritten(s)) unknown.add(t);
    return known;
  }) as Exclude<Statement, { kind: "gradient" }>[];
}

/** Whether a condition says that two numbers are the same. */
function holdsAtPoints(condition: Expr): boolean {
  if (condition.kind !== "apply") return false;
  if (condition.atom === "and") return condition.args.some(holdsAtPoints);
  return condition.atom === "eq" && condition.args.every((x) => x.type === "f32");
}
