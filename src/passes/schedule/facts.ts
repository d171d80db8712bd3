/** What the placement of a shared value depends on, for every node of a kernel's expressions; computed once a node. */
import { atoms } from "../../ir/atoms.ts";
import type { Builder } from "../../ir/builder.ts";
import type { KernelStatement } from "../../ir/kernel.ts";
import { expressionsIn } from "../../ir/kernel-walk.ts";
import { children } from "../../ir/rewrite.ts";
import type { Apply, Expr, Index, IntegerAtom, Local, Read, Tensor } from "../../ir/types.ts";
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
  /** The node, or a part of it, is worth a name. */
  readonly holdsValue: boolean;
}

/** What is known at a place in a kernel. */
export interface Known {
  readonly indices: ReadonlySet<Index>;
  readonly locals: ReadonlySet<Local>;
  /** Within a loop that is taken in lanes: what was known before it, on which all lanes agree. */
  readonly agreed?: Known;
}

export class FactTable {
  private readonly memo = new Map<Expr | IntegerAtom, Facts>();
  private readonly values = new Map<KernelStatement, ReadonlySet<Expr>>();
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

  /** Whether a value depends on nothing that is not known. */
  isKnown(node: Expr | IntegerAtom, known: Known): boolean {
    const { indices, locals } = this.of(node);
    return [...indices].every((i) => known.indices.has(i)) && [...locals].every((l) => known.locals.has(l));
  }

  /** The values in all expressions of a statement, those of its blocks included; found once a statement. */
  valuesIn(s: KernelStatement): ReadonlySet<Expr> {
    const known = this.values.get(s);
    if (known) return known;
    const found = new Set<Expr>();
    const seen = new Set<Expr | IntegerAtom>();
    const walk = (node: Expr | IntegerAtom): void => {
      if (seen.has(node) || !this.of(node).holdsValue) return;
      seen.add(node);
      if (isValue(node)) found.add(node);
      partsOf(node).forEach(walk);
    };
    for (const e of expressionsIn([s])) walk(e);
    this.values.set(s, found);
    return found;
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
      holdsValue: isValue(node) || parts.some((p) => p.holdsValue),
    };
  }

  private inRange({ tensor, subscripts }: Read): boolean {
    return rangeConditions(this.b, tensor, subscripts).length === 0;
  }
}

/**
 * Whether a node may get a name. Constants, integers (loops and addresses are worked out by each target), comparisons of
 * them and scalars passed by value cost nothing to repeat.
 */
export function isValue(node: Expr | IntegerAtom): node is Apply | Read {
  if (node.kind === "apply") return node.type !== "i32" && atoms[node.atom].cost > 0;
  return node.kind === "read" && !isScalar(node.tensor);
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
