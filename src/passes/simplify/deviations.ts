/** Sums of deviations from a mean: Σ_k (x[i, k] − m[i]) = 0, where m[i] is the mean of x[i, k] over k. */
import { alphaKey } from "../../ir/alpha.ts";
import type { Builder } from "../../ir/builder.ts";
import { isPersistent } from "../../ir/dependences.ts";
import { freeIndices, readsOf, substitute } from "../../ir/rewrite.ts";
import type { Affine, Equation, Expr, Index, Read } from "../../ir/types.ts";
import { targetIndices } from "./alias.ts";
import { Views } from "./views.ts";
import type { GraphIndex } from "./workspace.ts";

/** A sum times a number: total·above/(below·count), where the count is made of sizes. */
interface Share {
  total: Read | undefined;
  above: number;
  below: number;
  count: Affine;
}

/** Recognises sums that are 0 because each term is the distance of one element from the mean of all. */
export class Deviations {
  private readonly index: GraphIndex;
  private readonly builder: Builder;
  private readonly views: Views;

  constructor(index: GraphIndex, builder: Builder) {
    this.index = index;
    this.builder = builder;
    this.views = new Views(index, builder);
  }

  /** Whether the sum of the equation, which stands at `position`, is that of the deviations from a mean. */
  sumToZero(e: Equation, position: number): boolean {
    if (e.reducer !== "sum" || e.where.length > 0) return false;
    this.views.position = position;
    const varies = (x: Expr): boolean => e.reduced.some((r) => freeIndices(x).has(r));
    const core = this.varyingFactor(e.body, varies);
    if (core?.kind !== "apply" || core.atom !== "sub") return false;
    const [x, m] = core.args as [Expr, Expr];
    return varies(x) ? !varies(m) && this.isMean(m, x, e, position) : this.isMean(x, m, e, position);
  }

  /** The one factor that the loops of the sum enter, seen through pointwise definitions, where that is a difference. */
  private varyingFactor(e: Expr, varies: (x: Expr) => boolean): Expr | undefined {
    const seen = this.views.through(e);
    if (seen.kind !== "apply") return undefined;
    if (seen.atom === "sub") return seen;
    if (seen.atom === "neg") return this.varyingFactor(seen.args[0]!, varies);
    const [x, y] = seen.args as [Expr, Expr];
    if (seen.atom === "mul" && !varies(x)) return this.varyingFactor(y, varies);
    const rest = (seen.atom === "mul" || seen.atom === "div") && !varies(y);
    return rest ? this.varyingFactor(x, varies) : undefined;
  }

  /** Whether `m` is the mean of `x` over the loops of the sum. */
  private isMean(m: Expr, x: Expr, e: Equation, position: number): boolean {
    const b = this.builder;
    const share: Share = { total: undefined, above: 1, below: 1, count: b.integer(1) };
    if (!this.collect(m, share) || !share.total) return false;
    const sum = this.sumAt(share.total, position);
    if (!sum || alphaKey(sum) !== alphaKey(b.equation({ ...sum, reduced: e.reduced, body: x }))) return false;
    const terms = e.reduced.reduce((n, r) => b.times(n, b.toAffine(r.extent)), b.integer(1));
    const divisor = Math.round(share.below / share.above);
    const exact = share.above * divisor === share.below || share.above / share.below === 1 / divisor;
    return exact && b.times(share.count, divisor) === terms;
  }

  /** Takes a value apart into one read of a sum, numbers and sizes; false where there is more in it. */
  private collect(value: Expr, share: Share): boolean {
    const seen = this.views.through(value);
    if (seen.kind === "constant") {
      share.above *= seen.value;
      return true;
    }
    if (seen.kind === "read") {
      const first = share.total === undefined;
      share.total = seen;
      return first;
    }
    if (seen.kind !== "apply") return false;
    const [x, y] = seen.args as [Expr, Expr];
    if (seen.atom === "mul") return this.collect(x, share) && this.collect(y, share);
    return seen.atom === "div" && this.collect(x, share) && this.collectDivisor(y, share);
  }

  private collectDivisor(divisor: Expr, share: Share): boolean {
    const b = this.builder;
    const seen = this.views.through(divisor);
    if (seen.kind === "constant") {
      share.below *= seen.value;
      return true;
    }
    if (seen.kind !== "apply") return false;
    const [x, y] = seen.args as [Expr, Expr];
    if (seen.atom === "mul") return this.collectDivisor(x, share) && this.collectDivisor(y, share);
    if (seen.atom !== "cast" || x.kind !== "affine" || readsOf(x).length > 0) return false;
    share.count = b.times(share.count, x);
    return true;
  }

  /** The sum that a read is the value of, as an equation at the place that is read. */
  private sumAt(read: Read, position: number): Equation | undefined {
    const b = this.builder;
    const sum = this.index.definition(read.tensor);
    if (sum?.reducer !== "sum" || sum.where.length > 0 || this.index.pinned.has(read.tensor))
      return undefined;
    const stored = (r: Read): boolean =>
      isPersistent(r.tensor) && this.index.firstWrite(r.tensor) <= position;
    if (readsOf(sum.body).some(stored)) return undefined;
    const at = new Map(targetIndices(sum).map((i, d): [Index, Affine] => [i, read.subscripts[d]!]));
    return b.equation({ ...sum, indices: [], target: [], body: substitute(b, sum.body, at) });
  }
}
