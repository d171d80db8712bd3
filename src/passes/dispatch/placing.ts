/** The bodies of kernels where they are called: in terms of what they are passed, with loops and locals of their own. */
import type { Builder } from "../../ir/builder.ts";
import type { KernelCall, KernelStatement } from "../../ir/kernel.ts";
import { mapStatement } from "../../ir/kernel-walk.ts";
import { rewriter } from "../../ir/rewrite.ts";
import type { Affine, Dim, Expr, Index, Local, Tensor } from "../../ir/types.ts";
import type { NameSpace } from "../schedule/names.ts";
import type { Block } from "./block.ts";

export class Placing {
  /** What is passed in another shape than its own has a tensor for each shape. */
  private readonly views = new Map<string, Tensor>();
  private readonly originals = new Map<Tensor, Tensor>();

  constructor(
    private readonly names: NameSpace,
    private readonly b: Builder,
  ) {}

  /** What is passed for a tensor of the bodies. */
  passed(t: Tensor): Tensor {
    return this.originals.get(t) ?? t;
  }

  bodyOf({ kernel, buffers, scalars, dims }: KernelCall): Block {
    const { b } = this;
    const counts = new Map<Dim, Affine>(kernel.dims.map((d, n) => [d, b.toAffine(dims[n]!)]));
    const indices = new Map<Index, Index>();
    const locals = new Map<Local, Local>();
    const tensors = new Map<Tensor, Tensor>(kernel.scalars.map((t, n) => [t, scalars[n]!]));
    const index = (i: Index): Index => {
      const known = indices.get(i) ?? b.index(i.name, walk(i.extent) as Affine);
      indices.set(i, known);
      return known;
    };
    const local = (l: Local): Local => {
      const known = locals.get(l) ?? b.local(this.names.fresh(l.name), l.type);
      locals.set(l, known);
      return known;
    };
    const walk: (e: Expr) => Expr = rewriter(b, {
      atom: (a) => (a.kind === "index" ? b.of(index(a)) : a.kind === "dim" ? counts.get(a) : undefined),
      node: (e) => (e.kind === "local" ? local(e) : undefined),
      tensor: (t) => tensors.get(t)!,
    });
    kernel.buffers.forEach(({ tensor }, n) => {
      const shape = tensor.shape.map((e) => walk(e) as Affine);
      tensors.set(tensor, this.inShape(buffers[n]!, shape));
    });
    const block = (list: Block): Block => list.map(statement);
    const statement = (s: KernelStatement): KernelStatement => {
      const mapped = mapStatement(s, walk, block);
      if (mapped.kind === "loop") return { ...mapped, index: index(mapped.index) };
      if (mapped.kind === "store") return { ...mapped, tensor: tensors.get(mapped.tensor)! };
      return mapped.kind === "if" ? mapped : { ...mapped, local: local(mapped.local) };
    };
    return block(kernel.body);
  }

  private inShape(t: Tensor, shape: readonly Affine[]): Tensor {
    if (shape.length === t.shape.length && shape.every((e, d) => e === t.shape[d])) return t;
    const key = `${t.id} ${shape.map((e) => e.id).join()}`;
    const known = this.views.get(key) ?? this.b.tensor({ ...t, shape });
    this.views.set(key, known);
    this.originals.set(known, t);
    return known;
  }
}
