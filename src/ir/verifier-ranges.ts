import { atoms } from "./atoms.ts";
import type { Builder } from "./builder.ts";
import { Prover } from "./intervals-prover.ts";
import { printExpr } from "./printer.ts";
import { children, readsOf, visit } from "./rewrite.ts";
import type { Affine, Equation, Expr, IntegerAtom, Tensor } from "./types.ts";

/** Reads that are reached under more combinations of decisions than this are not followed further. */
const mostVisits = 20_000;

/** Every subscript is in range wherever it is evaluated: where `where` and the decisions around it hold. */
export function checkRanges(e: Equation, builder: Builder): void {
  const plain = new Prover(builder, []);
  let prover = plain;
  for (const condition of e.where) {
    requireInside(condition, prover, builder);
    prover = prover.under(condition);
  }
  requireInside(e.body, prover, builder);
  // A reduction over nothing still stores its identity, unless there is nothing to add.
  const atTarget = e.reducer === null || e.accumulate ? prover : plain;
  e.target.forEach((form) => requireInside(form, atTarget, builder));
  const escaped = outOfRange(e.tensor, e.target, atTarget, builder);
  if (escaped) throw new Error(`the left side may leave its range: ${escaped}`);
  requireBelow(e, prover, builder);
}

/** A tensor that promises 0 ≤ value < below keeps the promise. */
function requireBelow(e: Equation, prover: Prover, builder: Builder): void {
  const { below } = e.tensor;
  if (!below || e.body.kind !== "affine" || e.accumulate || e.reducer === "sum" || e.reducer === "prod")
    return;
  const body = e.body;
  const largest = builder.minus(builder.plus(below, -1), body);
  if (prover.nonnegative(body) && prover.nonnegative(largest)) return;
  throw new Error(`${printExpr(body)} is not known to be in 0 … ${printExpr(below)} - 1`);
}

/** The first subscript that is not known to be in range, in words. */
function outOfRange(
  tensor: Tensor,
  subscripts: readonly Affine[],
  prover: Prover,
  builder: Builder,
): string | undefined {
  for (const [d, form] of subscripts.entries()) {
    const extent = tensor.shape[d]!;
    const [term] = form.terms;
    const isPlain = form.constant === 0 && form.terms.length === 1 && term!.factor === 1;
    if (isPlain && term!.atom.kind === "index" && term!.atom.extent === extent) continue;
    if (!prover.nonnegative(form)) return `${printExpr(form)} ≥ 0 is not proved, for \`${tensor.name}\``;
    if (!prover.nonnegative(builder.minus(builder.plus(extent, -1), form))) {
      return `${printExpr(form)} < ${printExpr(extent)} is not proved, for \`${tensor.name}\``;
    }
  }
  return undefined;
}

function requireInside(root: Expr, base: Prover, builder: Builder): void {
  const escaped = escapeFrom(root, base, builder);
  if (escaped) throw new Error(escaped);
}

/**
 * A read that may leave its range, in words. It follows, with the decisions on the way, only what holds a read that is not
 * in range everywhere.
 */
export function escapeFrom(root: Expr, base: Prover, builder: Builder): string | undefined {
  const doubtful = new Set<Expr | IntegerAtom>(
    readsOf(root).filter((r) => outOfRange(r.tensor, r.subscripts, base, builder)),
  );
  if (doubtful.size === 0) return undefined;
  const spread = (node: Expr | IntegerAtom, parts: readonly (Expr | IntegerAtom)[]): void => {
    if (parts.some((p) => doubtful.has(p))) doubtful.add(node);
  };
  visit(
    [root],
    (e) => spread(e, e.kind === "affine" ? e.terms.map((t) => t.atom) : children(e)),
    (a) => spread(a, a.kind === "floor" || a.kind === "modulo" || a.kind === "opaque" ? [a.value] : []),
  );
  const seen = new Map<Prover, Set<Expr | IntegerAtom>>();
  let visits = 0;
  let found: string | undefined;
  const walk = (node: Expr | IntegerAtom, prover: Prover): void => {
    const done = seen.get(prover) ?? new Set();
    seen.set(prover, done);
    if (found || !doubtful.has(node) || done.has(node) || visits++ > mostVisits) return;
    done.add(node);
    if (node.kind === "read") {
      const escaped = outOfRange(node.tensor, node.subscripts, prover, builder);
      if (escaped) found = `${printExpr(node)} may leave its range: ${escaped}`;
    }
    if (node.kind === "affine") for (const t of node.terms) walk(t.atom, prover);
    else if (node.kind === "floor" || node.kind === "modulo" || node.kind === "opaque")
      walk(node.value, prover);
    else if (node.kind === "apply") {
      const guards = atoms[node.atom].guards?.(builder, node.args);
      node.args.forEach((argument, a) => {
        const guard = guards?.[a];
        if (guard && !doubtful.has(argument)) return;
        walk(argument, guard ? prover.under(guard) : prover);
      });
    } else if (node.kind !== "index" && node.kind !== "dim") for (const c of children(node)) walk(c, prover);
  };
  walk(root, base);
  return found;
}
