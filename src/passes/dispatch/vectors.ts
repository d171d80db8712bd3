/** Whether the cells of a nest can be computed four at a time, as vectors (`lanes` of CellsLaunch, src/ir/launch.ts). */
import type { Builder } from "../../ir/builder.ts";
import type { KernelStatement, Loop } from "../../ir/kernel.ts";
import { ownExpressions } from "../../ir/kernel-walk.ts";
import { Lanes } from "../../ir/lanes.ts";
import { nestOf } from "../../ir/nest.ts";
import { children } from "../../ir/rewrite.ts";
import { inVectors, summands, vectorLength } from "../../ir/summands.ts";
import type { Affine, Expr, Tensor } from "../../ir/types.ts";
import type { Block } from "./block.ts";

export function fitsVectors(nest: Block, b: Builder): boolean {
  const { loops, leaf } = nestOf(nest);
  const loop = loops.at(-1);
  if (!loop || (loop.step ?? 1) !== 1 || b.constantOf(loop.from) !== 0) return false;
  const turns = b.constantOf(loop.to);
  const isWhole = turns !== undefined && turns % vectorLength === 0;
  if (!isWhole && loops.length > 1) return false;
  return new VectorFit(loop, leaf, isWhole, b).fits();
}

class VectorFit {
  private readonly lanes: Lanes;

  constructor(
    private readonly loop: Loop,
    private readonly leaf: Block,
    /** Whether no vector has values beyond the turns of the loop. */
    private readonly isWhole: boolean,
    private readonly b: Builder,
  ) {
    this.lanes = new Lanes(loop.index, leaf);
  }

  fits(): boolean {
    return this.leaf.every((s) => this.statement(s));
  }

  private statement(s: KernelStatement): boolean {
    switch (s.kind) {
      case "loop":
      case "if":
        if (ownExpressions(s).some((e) => this.lanes.varies(e))) return false;
        return [...s.body, ...(s.kind === "if" ? s.otherwise : [])].every((inner) => this.statement(inner));
      case "let":
      case "variable":
      case "assign":
        return this.value(s.value);
      case "store":
        return this.isStored(s.tensor, s.subscripts) && this.value(s.value);
    }
  }

  /** Only what is cells of the loop and nothing else may be stored into beyond them. */
  private isStored(tensor: Tensor, subscripts: readonly Affine[]): boolean {
    if (!this.liesAlong(tensor, subscripts)) return false;
    if (this.isWhole) return true;
    const [only, ...others] = subscripts;
    return others.length === 0 && only === this.b.of(this.loop.index) && tensor.shape[0] === this.loop.to;
  }

  private value(e: Expr): boolean {
    if (!this.lanes.varies(e) || e.kind === "local") return true;
    if (e.kind === "read") return this.liesAlong(e.tensor, e.subscripts);
    return e.kind === "apply" && e.type !== "i32" && children(e).every((c) => this.value(c));
  }

  /** Whether four cells from a multiple of four on are four values side by side, from such a place. */
  private liesAlong(tensor: Tensor, subscripts: readonly Affine[]): boolean {
    const { index } = this.loop;
    const isVarying = (e: Affine): boolean =>
      e.terms.some(({ atom }) => atom !== index && this.lanes.variesAtom(atom));
    return (
      tensor.type === "f32" &&
      subscripts.some((e) => this.lanes.varies(e)) &&
      !subscripts.some(isVarying) &&
      inVectors(summands(tensor, subscripts), index) !== undefined
    );
  }
}
