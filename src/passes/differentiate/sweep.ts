/** The derivative of a body by each of its reads: one reverse sweep over the expression graph, each node once. */
import type { AtomName } from "../../ir/atoms.ts";
import { atoms } from "../../ir/atoms.ts";
import type { Builder } from "../../ir/builder.ts";
import { visit } from "../../ir/rewrite.ts";
import type { Expr, Read, Tensor } from "../../ir/types.ts";

/** ∂body/∂read. Outside `guard` it is 0, and `value` must not be evaluated: it may read out of range there. */
export interface ReadPartial {
  readonly read: Read;
  readonly guard: Expr;
  readonly value: Expr;
}

interface Adjoint {
  readonly guard: Expr;
  readonly value: Expr;
}

/**
 * The partial derivatives of `body` by its reads of active tensors, in order of first appearance. `rootValue` stands
 * for the body in partials that mention their output, where its value is stored and need not be computed again.
 */
export function partialsOfReads(
  b: Builder,
  body: Expr,
  isActive: (t: Tensor) => boolean,
  rootValue: Expr = body,
): ReadPartial[] {
  const order: Expr[] = [];
  const active = new Set<Expr>();
  visit([body], (e) => {
    order.push(e);
    if (e.type !== "f32") return;
    if (e.kind === "read" ? isActive(e.tensor) : e.kind === "apply" && e.args.some((a) => active.has(a)))
      active.add(e);
  });
  const adjoints = new Map<Expr, Adjoint>([[body, { guard: b.bool(true), value: b.number(1) }]]);
  for (const e of order.reverse()) {
    const adjoint = adjoints.get(e);
    if (!adjoint || e.kind !== "apply" || !active.has(e)) continue;
    const output = e === body ? rootValue : e;
    e.args.forEach((argument, position) => {
      if (!active.has(argument)) return;
      const contribution = throughArgument(b, adjoint, e.atom, e.args, output, position);
      if (!contribution) return;
      const known = adjoints.get(argument);
      adjoints.set(argument, known ? merge(b, known, contribution) : contribution);
    });
  }
  return order.reverse().flatMap((e) => {
    const adjoint = e.kind === "read" && active.has(e) ? adjoints.get(e) : undefined;
    return e.kind === "read" && adjoint ? [{ read: e, ...adjoint }] : [];
  });
}

/** What flows into one argument. Where it is not evaluated nothing flows: that becomes part of the guard. */
function throughArgument(
  b: Builder,
  adjoint: Adjoint,
  atom: AtomName,
  args: readonly Expr[],
  output: Expr,
  position: number,
): Adjoint | undefined {
  const row = atoms[atom];
  const partial = row.partials[position]!(b, args, output);
  if (partial === null) return undefined;
  const evaluated = row.guards?.(b, args)[position];
  const guard = evaluated ? b.and(adjoint.guard, evaluated) : adjoint.guard;
  return { guard, value: b.mul(adjoint.value, partial) };
}

function merge(b: Builder, x: Adjoint, y: Adjoint): Adjoint {
  if (x.guard === y.guard) {
    const value = x.value === y.value ? b.mul(b.number(2), x.value) : b.add(x.value, y.value);
    return { guard: x.guard, value };
  }
  const zero = b.number(0);
  const value = b.add(b.select(x.guard, x.value, zero), b.select(y.guard, y.value, zero));
  return { guard: b.apply("or", [x.guard, y.guard]), value };
}
