/**
 * What is known of the expressions of a kernel before it runs: conditions and bounds that depend on loop indices and
 * dimensions only. Whatever depends on the contents of a buffer, on a number passed by value, or on an accumulator is
 * not known.
 */
import { atoms } from "../ir/atoms.ts";
import type { KernelStatement } from "../ir/kernel.ts";
import type { Dim, Expr, Index, IntegerAtom, Local } from "../ir/types.ts";

type Node = Expr | IntegerAtom;
type Memo = Map<Node, number | undefined>;

export class Decisions {
  /** Where the loops stand whose turns are told apart. */
  readonly positions = new Map<Index, number>();
  private readonly named = new Map<Local, Expr | null>();
  private readonly found = new Map<Node, ReadonlySet<Index> | null>();

  constructor(
    body: readonly KernelStatement[],
    private readonly dims: ReadonlyMap<Dim, number>,
  ) {
    this.name(body);
  }

  /** The value of an expression at the present positions; undefined where only data can tell. */
  value(e: Expr): number | undefined {
    return this.evaluate(e, new Map());
  }

  /** The loops that decide such a value; null where it is known at no position. */
  decidedBy(e: Node): ReadonlySet<Index> | null {
    const known = this.found.get(e);
    if (known !== undefined) return known;
    const result = this.find(e);
    this.found.set(e, result);
    return result;
  }

  /** A name that is given twice is taken for a variable. */
  private name(block: readonly KernelStatement[]): void {
    for (const s of block) {
      if (s.kind === "let") this.named.set(s.local, this.named.has(s.local) ? null : s.value);
      if (s.kind === "loop" || s.kind === "if") this.name(s.body);
      if (s.kind === "if") this.name(s.otherwise);
    }
  }

  private find(e: Node): ReadonlySet<Index> | null {
    switch (e.kind) {
      case "index":
        return new Set([e]);
      case "constant":
      case "dim":
        return new Set();
      case "read":
      case "reduce":
        return null;
      case "local": {
        const value = this.named.get(e);
        return value ? this.decidedBy(value) : null;
      }
      case "affine":
        return this.join(e.terms.map((t) => t.atom));
      case "condition":
        return this.decidedBy(e.form);
      case "floor":
      case "modulo":
      case "opaque":
        return this.decidedBy(e.value);
      case "apply": {
        if (!atoms[e.atom].lazy) return this.join(e.args);
        const [first, ...rest] = e.args;
        return this.decidedBy(first!) === null
          ? null
          : this.join([first!, ...rest.filter((a) => this.decidedBy(a) !== null)]);
      }
    }
  }

  private join(nodes: readonly Node[]): ReadonlySet<Index> | null {
    const all = new Set<Index>();
    for (const node of nodes) {
      const found = this.decidedBy(node);
      if (found === null) return null;
      for (const index of found) all.add(index);
    }
    return all;
  }

  private evaluate(e: Node, memo: Memo): number | undefined {
    if (memo.has(e)) return memo.get(e);
    const value = this.decidedBy(e) === null ? undefined : this.compute(e, memo);
    memo.set(e, value);
    return value;
  }

  private compute(e: Node, memo: Memo): number | undefined {
    const walk = (node: Node): number | undefined => this.evaluate(node, memo);
    switch (e.kind) {
      case "constant":
        return e.value;
      case "index":
        return this.positions.get(e);
      case "dim":
        return this.dims.get(e);
      case "affine":
        return e.terms.reduce<number | undefined>(
          (sum, t) => strictly((a, b) => a + t.factor * b, sum, walk(t.atom)),
          e.constant,
        );
      case "local":
        return walk(this.named.get(e)!);
      case "condition":
        return strictly((form) => Number(e.relation === "zero" ? form === 0 : form >= 0), walk(e.form));
      case "floor":
        return strictly((value) => Math.floor(value / e.divisor), walk(e.value));
      case "modulo":
        return strictly((value) => value - e.divisor * Math.floor(value / e.divisor), walk(e.value));
      case "opaque":
        return walk(e.value);
      case "apply": {
        const row = atoms[e.atom];
        if (!row.lazy) return strictly(row.evaluate, ...e.args.map(walk));
        let isKnown = true;
        const value = row.lazy(
          ...e.args.map((a) => () => {
            const known = walk(a);
            if (known === undefined) isKnown = false;
            return known ?? 0;
          }),
        );
        return isKnown ? value : undefined;
      }
      case "read":
      case "reduce":
        return undefined;
    }
  }
}

function strictly(f: (...args: number[]) => number, ...args: (number | undefined)[]): number | undefined {
  return args.every((a) => a !== undefined) ? f(...args) : undefined;
}
