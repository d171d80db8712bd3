/** What the placement of a shared value depends on, for every node of a kernel's expressions; computed once a node. */
import { atoms } from "../../ir/atoms.ts";
import type { Builder } from "../../ir/builder.ts";
import { children } from "../../ir/rewrite.ts";
import type { Expr, Index, IntegerAtom, Local, Read, Tensor } from "../../ir/types.ts";
import { isScalar } from "./assemble.ts";
import { rangeConditions } from "./guards.ts";

export interface Facts {
  readonly indices: ReadonlySet<Index>;
  readonly locals: ReadonlySet<Local>;
  /** Reads a tensor that the kernel stores into: its value depends on when it is computed. */
  readonly volatile: boolean;
  /** Every read below is in range whatever the values of the indices: it may be computed without being needed. */
  readonly safe: boolean;
  /** Additions, counted as the printed tree repeats them. */
  readonly treeCost: number;
}

export class FactTable {
  private readonly memo = new Map<Expr | IntegerAtom, Facts>();
  private readonly b: Builder;
  private readonly written: ReadonlySet<Tensor>;

  constructor(b: Builder, written: ReadonlySet<Tensor>) {
    this.b = b;
    this.written = written;
  }

  of(node: Expr | IntegerAtom): Facts {
    const known = this.memo.get(node);
    if (known) return known;
    const facts = this.compute(node);
    this.memo.set(node, facts);
    return facts;
  }

  private compute(node: Expr | IntegerAtom): Facts {
    const parts = partsOf(node).map((p) => this.of(p));
    const indices = new Set(parts.flatMap((p) => [...p.indices]));
    const locals = new Set(parts.flatMap((p) => [...p.locals]));
    if (node.kind === "index") indices.add(node);
    if (node.kind === "local") locals.add(node);
    const own = node.kind === "read";
    return {
      indices,
      locals,
      volatile: parts.some((p) => p.volatile) || (own && this.written.has(node.tensor)),
      safe: parts.every((p) => p.safe) && (!own || this.inRange(node)),
      treeCost: parts.reduce((sum, p) => sum + p.treeCost, costOf(node)),
    };
  }

  private inRange({ tensor, subscripts }: Read): boolean {
    return rangeConditions(this.b, tensor, subscripts).length === 0;
  }
}

/** What one evaluation of the node itself costs, in additions. */
export function costOf(node: Expr | IntegerAtom): number {
  if (node.kind === "apply") return atoms[node.atom].cost;
  return node.kind === "read" && !isScalar(node.tensor) ? 1 : 0;
}

/** The nodes and integer atoms directly inside one. */
export function partsOf(node: Expr | IntegerAtom): readonly (Expr | IntegerAtom)[] {
  switch (node.kind) {
    case "index":
    case "dim":
      return [];
    case "floor":
    case "modulo":
    case "opaque":
      return [node.value];
    case "affine":
      return node.terms.map((t) => t.atom);
    default:
      return children(node);
  }
}
