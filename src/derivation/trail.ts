/** What the passes left behind for one scalar and its gradients: the material of a derivation. */
import type { Builder } from "../ir/builder.ts";
import type { RuleApplication } from "../ir/context.ts";
import type { Sources } from "../ir/source.ts";
import type { Graph, Program, Statement, Tensor } from "../ir/types.ts";

/** A sub-pass of simplification that changed something. */
export interface Transition {
  readonly before: Graph;
  readonly after: Graph;
  readonly rules: readonly RuleApplication[];
}

export interface Trail {
  readonly program: Program;
  readonly builder: Builder;
  readonly sources: Sources;
  /** The scalar. */
  readonly of: Tensor;
  /** The gradients that were asked for. */
  readonly results: readonly Tensor[];
  /** Forward and adjoint statements, as differentiation left them. */
  readonly raw: readonly Statement[];
  /** From `raw` to `simplified`. */
  readonly transitions: readonly Transition[];
  readonly simplified: readonly Statement[];
  /** The same gradients in the compiled module: its statements, and for each of `results` the tensor there. */
  readonly compiled: {
    readonly statements: readonly Statement[];
    readonly results: ReadonlyMap<Tensor, Tensor>;
  } | null;
}

/** The statements in two: those up to the scalar, and those from ∂of/∂of on. */
export function split(
  trail: Trail,
  statements: readonly Statement[],
): { forward: Statement[]; backward: Statement[] } {
  const first = trail.raw.findIndex(
    (s) => s.origin.steps?.[0]?.kind === "seed" && s.origin.steps[0].wrt === trail.of,
  );
  const own = new Set<Tensor>(trail.results);
  if (first >= 0) for (const s of trail.raw.slice(first)) if (s.kind !== "gradient") own.add(s.tensor);
  const isBackward = (s: Statement): boolean => s.kind !== "gradient" && own.has(s.tensor);
  return { forward: statements.filter((s) => !isBackward(s)), backward: statements.filter(isBackward) };
}
