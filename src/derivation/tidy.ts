/**
 * Adjoint statements without plain copies. A reduction inside a definition is an equation of its own, and where its
 * gradient is that of the definition, differentiation copies it cell by cell: no step for a reader.
 */
import type { Builder } from "../ir/builder.ts";
import { rewriter } from "../ir/rewrite.ts";
import type { Equation, Statement, Tensor } from "../ir/types.ts";

/** The statements with every such copy left out and read from its source; those of `kept` stay. */
export function withoutCopies(
  b: Builder,
  statements: readonly Statement[],
  kept: ReadonlySet<Tensor>,
): Statement[] {
  const source = new Map<Tensor, Tensor>();
  const parts = new Map<Tensor, number>();
  for (const s of statements) if (s.kind !== "gradient") parts.set(s.tensor, (parts.get(s.tensor) ?? 0) + 1);
  for (const s of statements) {
    const copied =
      s.kind === "equation" && !kept.has(s.tensor) && parts.get(s.tensor) === 1 ? copiedBy(s) : undefined;
    if (copied && s.kind === "equation") source.set(s.tensor, source.get(copied) ?? copied);
  }
  const change = rewriter(b, { tensor: (t) => source.get(t) ?? t });
  return statements.flatMap((s): Statement[] => {
    if (s.kind === "gradient") return [s];
    if (source.has(s.tensor)) return [];
    if (s.kind === "equation")
      return [b.equation({ ...s, body: change(s.body), where: s.where.map(change) })];
    return [{ ...s, source: source.get(s.source) ?? s.source }];
  });
}

/** The adjoint that an equation copies whole, for a reduction that stood inside a definition. */
function copiedBy(e: Equation): Tensor | undefined {
  const { body, target, tensor } = e;
  if (!e.origin.steps?.every((step) => step.wrt.hoistedFrom !== undefined)) return undefined;
  if (body.kind !== "read" || body.tensor.role !== "adjoint" || body.tensor === tensor) return undefined;
  if (e.accumulate || e.reducer !== null || e.where.length > 0) return undefined;
  const from = body.tensor;
  const same = body.subscripts.length === target.length && body.subscripts.every((s, d) => s === target[d]);
  const whole =
    from.shape.length === tensor.shape.length && from.shape.every((x, d) => x === tensor.shape[d]);
  return same && whole ? from : undefined;
}
