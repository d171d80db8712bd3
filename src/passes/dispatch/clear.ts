/** Kernels that store zeros: a GPU clears nothing by itself. */
import type { Builder } from "../../ir/builder.ts";
import type { Kernel, KernelCall, KernelStatement } from "../../ir/kernel.ts";
import type { Affine, Equation, ScalarType, Tensor } from "../../ir/types.ts";
import { assembleKernel } from "../schedule/assemble.ts";
import type { NameSpace } from "../schedule/names.ts";
import { constantOf } from "../schedule/reduction.ts";

/** More than one buffer holds. */
const mostCells = 2 ** 31;

/** Calls that store zeros: of one kernel for all tensors of a type, where their sizes are known, and for each shape elsewhere. */
export class Clears {
  private readonly rows = new Map<ScalarType, Kernel>();

  constructor(
    private readonly names: NameSpace,
    private readonly b: Builder,
  ) {}

  callFor(t: Tensor): KernelCall {
    const { b } = this;
    const size = t.shape.reduce<Affine>((n, extent) => b.times(n, extent), b.integer(1));
    const statement = this.statementOf(t);
    const count = b.constantOf(size);
    const kernel = count === undefined ? this.kernelOver(t, [statement]) : this.rowOf(t, [statement]);
    const dims = count === undefined ? kernel.dims : [count];
    return { kind: "call", kernel, buffers: [t], scalars: [], dims, statements: [statement] };
  }

  private statementOf(t: Tensor): Equation {
    const { b } = this;
    const indices = t.shape.map((extent, d) => b.index("ijklmn"[d] ?? `i${d}`, extent));
    return b.equation({
      tensor: t,
      indices,
      target: indices.map((i) => b.of(i)),
      accumulate: false,
      reducer: null,
      reduced: [],
      where: [],
      body: constantOf(b, t.type, 0),
      origin: { span: t.span, name: t.name },
    });
  }

  private rowOf(t: Tensor, statements: readonly Equation[]): Kernel {
    const known = this.rows.get(t.type);
    if (known) return known;
    const { b } = this;
    const count = b.dim("count", 0, mostCells, t.span);
    const row = b.tensor({ name: "cells", type: t.type, shape: [b.of(count)], role: t.role, span: t.span });
    const kernel = { ...this.kernelOver(row, statements), row: count };
    this.rows.set(t.type, kernel);
    return kernel;
  }

  private kernelOver(t: Tensor, statements: readonly Equation[]): Kernel {
    const { b } = this;
    const { indices, target, body: value, origin } = this.statementOf(t);
    let body: readonly KernelStatement[] = [
      { kind: "store", tensor: t, subscripts: target, value, accumulate: false, origin },
    ];
    for (const index of indices.toReversed())
      body = [{ kind: "loop", index, role: "map", from: b.integer(0), to: index.extent, body }];
    return assembleKernel(this.names.fresh("clear"), body, statements);
  }
}
