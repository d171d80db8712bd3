/** The cells of a nest four at a time, as vectors (`lanes` of CellsLaunch, src/ir/launch.ts). */
import { rangeOf } from "../../ir/affine.ts";
import { atoms } from "../../ir/atoms.ts";
import type { Builder } from "../../ir/builder.ts";
import type { KernelStatement, Loop } from "../../ir/kernel.ts";
import { ownExpressions } from "../../ir/kernel-walk.ts";
import { Lanes } from "../../ir/lanes.ts";
import { nestOf } from "../../ir/nest.ts";
import { children } from "../../ir/rewrite.ts";
import { inVectors, summands, vectorLength } from "../../ir/summands.ts";
import type { Affine, Expr, IntegerAtom, Tensor } from "../../ir/types.ts";
import { chosenByMasks } from "../schedule/lanes-choices.ts";
import { NameSpace } from "../schedule/names.ts";
import type { Block } from "./block.ts";
import { withLeaf } from "./nest.ts";

/**
 * A function of more operations than this, as those that draw numbers are, is not waiting for memory; called for each of four
 * values it takes four times as long to compile.
 */
const mostOperations = 20;

/** The nest for vectors, if there can be one: branches that differ between cells are choices between values. */
export function inVectorsOf(nest: Block, b: Builder): Block | undefined {
  const { loops, leaf } = nestOf(nest);
  const loop = loops.at(-1);
  if (!loop || (loop.step ?? 1) !== 1 || b.constantOf(loop.from) !== 0) return undefined;
  const turns = b.constantOf(loop.to);
  const isWhole = turns !== undefined && turns % vectorLength === 0;
  if (!isWhole && loops.length > 1) return undefined;
  const chosen = chosenByMasks(leaf, loop.index, new NameSpace(), b);
  return new VectorFit(loop, chosen, isWhole, b).fits() ? withLeaf(nest, chosen) : undefined;
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
    switch (e.kind) {
      case "read":
        return this.liesAlong(e.tensor, e.subscripts);
      case "affine":
        return e.terms.every((t) => this.integer(t.atom));
      case "apply":
        return atoms[e.atom].cost <= mostOperations && children(e).every((c) => this.value(c));
      case "condition":
        return children(e).every((c) => this.value(c));
      default:
        return false;
    }
  }

  private integer(atom: IntegerAtom): boolean {
    if (atom.kind === "index" || atom.kind === "dim" || !this.lanes.variesAtom(atom)) return true;
    // The division of vectors goes towards 0.
    return (atom.kind === "opaque" || rangeOf(atom.value).low >= 0) && this.value(atom.value);
  }

  /** Whether four cells from a multiple of four on are four values side by side, from such a place. */
  private liesAlong(tensor: Tensor, subscripts: readonly Affine[]): boolean {
    const { index } = this.loop;
    const isVarying = (e: Affine): boolean =>
      e.terms.some(({ atom }) => atom !== index && this.lanes.variesAtom(atom));
    return (
      subscripts.some((e) => this.lanes.varies(e)) &&
      !subscripts.some(isVarying) &&
      inVectors(summands(tensor, subscripts), index) !== undefined
    );
  }
}
