/** From the body of a kernel to the kernel: what it must be passed. */
import type { Buffer, Kernel, KernelStatement } from "../../ir/kernel.ts";
import { readsOf, visit } from "../../ir/rewrite.ts";
import type { Dim, Expr, Statement, Tensor } from "../../ir/types.ts";
import { ownExpressions, statementsIn } from "../../ir/kernel-walk.ts";

/** A rank-0 hyper or builtin is passed by value. */
export function isScalar(t: Tensor): boolean {
  return t.shape.length === 0 && (t.role === "hyper" || t.role === "builtin");
}

export function assembleKernel(
  name: string,
  body: readonly KernelStatement[],
  statements: readonly Statement[],
  scratch: readonly Tensor[] = [],
): Kernel {
  const { written, read } = tensorsOf(body);
  for (const tensor of scratch) [written, read].forEach((found) => found.delete(tensor));
  const buffers: Buffer[] = [...written].map(([tensor, kept]) => ({
    tensor,
    access: kept || read.has(tensor) ? "both" : "write",
  }));
  for (const tensor of read)
    if (!written.has(tensor) && !isScalar(tensor)) buffers.push({ tensor, access: "read" });
  const scalars = [...read].filter(isScalar);
  const own = scratch.length > 0 ? { scratch } : {};
  return { name, buffers, scalars, dims: dimsOf(body, buffers, scratch), ...own, body, statements };
}

/** Tensors stored into (true: their old cells matter) and tensors read, in order of first appearance. */
function tensorsOf(body: readonly KernelStatement[]): { written: Map<Tensor, boolean>; read: Set<Tensor> } {
  const written = new Map<Tensor, boolean>();
  const read = new Set<Tensor>();
  for (const s of statementsIn(body)) {
    for (const r of readsOf(...ownExpressions(s))) read.add(r.tensor);
    if (s.kind === "store") written.set(s.tensor, (written.get(s.tensor) ?? false) || s.accumulate);
  }
  return { written, read };
}

/** Dimensions in loops and expressions, and those in inner extents, which decide the strides. */
function dimsOf(
  body: readonly KernelStatement[],
  buffers: readonly Buffer[],
  scratch: readonly Tensor[],
): Dim[] {
  const dims = new Set<Dim>();
  const collect = (roots: readonly Expr[]): void =>
    visit(
      roots,
      () => undefined,
      (atom) => {
        if (atom.kind === "dim") dims.add(atom);
      },
    );
  for (const s of statementsIn(body)) collect(ownExpressions(s));
  for (const { shape } of [...buffers.map((x) => x.tensor), ...scratch]) collect(shape.slice(1));
  return [...dims];
}
