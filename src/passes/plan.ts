/** Where every tensor lives. */
import type { Builder } from "../ir/builder.ts";
import type { Block, Plan, Procedure, Slot } from "../ir/kernel.ts";
import { rewriter } from "../ir/rewrite.ts";
import type { Affine, Program, Reshape, Tensor } from "../ir/types.ts";

export function plan(
  program: Program,
  procedures: readonly Procedure[],
  reshapes: readonly Reshape[],
  b: Builder,
): Plan {
  const blocks: [Block, readonly Tensor[]][] = [
    ["parameters", program.parameters],
    ["gradients", program.gradients],
    ["states", [...program.states, ...program.optimizerStates]],
  ];
  const fixed = new Map<Tensor, Block>(blocks.flatMap(([block, ts]) => ts.map((t) => [t, block] as const)));
  const groups = new Map<Tensor, Tensor[]>();
  const join = (t: Tensor): Tensor[] => {
    const known = groups.get(t);
    if (known) return known;
    const fresh = [t];
    groups.set(t, fresh);
    return fresh;
  };
  for (const t of fixed.keys()) join(t);
  for (const p of procedures)
    for (const c of p.calls) (c.kind === "call" ? c.buffers : [c.tensor]).forEach(join);
  for (const r of reshapes) {
    const from = join(r.source);
    const to = join(r.tensor);
    if (from === to) continue;
    for (const t of to) {
      from.push(t);
      groups.set(t, from);
    }
  }
  const slots: Slot[] = [...new Set(groups.values())]
    .filter((g) => g.every((t) => t.role !== "input" && t.role !== "hyper" && t.role !== "builtin"))
    .map((g) => {
      const block = g.map((t) => fixed.get(t)).find((f) => f !== undefined) ?? "values";
      return { block, type: g[0]!.type, size: sizeOf(b, g[0]!), tensors: g };
    });
  return { slots };
}

/** The number of elements, with the maxima of the dimensions that vary by call. */
export function sizeOf(b: Builder, t: Tensor): Affine {
  const largest = rewriter(b, {
    atom: (a) => (a.kind === "dim" && a.varies === "call" ? b.integer(a.maximum) : undefined),
  });
  return t.shape.reduce<Affine>((n, extent) => b.times(n, largest(extent) as Affine), b.integer(1));
}
