/** What a function of WebAssembly is passed for a kernel, by name, and where the tensors of the kernel's own begin. */
import type { Kernel } from "../../ir/kernel.ts";
import { statementsIn } from "../../ir/kernel-walk.ts";
import type { Dim, Tensor } from "../../ir/types.ts";
import type { Names } from "../names.ts";
import { shortNames } from "../names.ts";
import { typeOf } from "./expressions.ts";
import { scratchName, scratchOffsets } from "./layout.ts";
import type { Wat } from "./text.ts";
import { plus, set, watNames } from "./text.ts";

export class Parameters {
  readonly dims = new Map<Dim, string>();
  /** Addresses: what is passed, and the kernel's own. */
  readonly buffers = new Map<Tensor, string>();
  readonly scalars = new Map<Tensor, string>();

  constructor(
    private readonly kernel: Kernel,
    names: Names,
  ) {
    for (const dim of kernel.dims) this.dims.set(dim, names.fresh(dim.name));
    // Loops keep the names of their indices.
    const outer = watNames(names);
    for (const s of statementsIn(kernel.body)) if (s.kind === "loop") outer.fresh(s.index.name);
    const named = (tensor: Tensor): string => names.take(outer.fresh(...shortNames(tensor)));
    for (const { tensor } of kernel.buffers) this.buffers.set(tensor, named(tensor));
    for (const tensor of kernel.scratch ?? []) this.buffers.set(tensor, named(tensor));
    for (const tensor of kernel.scalars) this.scalars.set(tensor, named(tensor));
  }

  /** `(param $W i32)`, in the order in which a call passes them. */
  print(): Wat[] {
    const { kernel, buffers, scalars, dims } = this;
    return [
      ...kernel.buffers.map(({ tensor }): Wat => ["param", buffers.get(tensor)!, "i32"]),
      ...kernel.scalars.map((t): Wat => ["param", scalars.get(t)!, typeOf(t.type)]),
      ...kernel.dims.map((d): Wat => ["param", dims.get(d)!, "i32"]),
      ...(kernel.scratch ?? []).map((t): Wat => ["local", buffers.get(t)!, "i32"]),
    ];
  }

  /** Sets the addresses of the kernel's own tensors. */
  start(): Wat[] {
    const { scratch = [] } = this.kernel;
    return scratchOffsets(scratch).map((offset, n) =>
      set(this.buffers.get(scratch[n]!)!, plus(["global.get", scratchName], offset)),
    );
  }
}
