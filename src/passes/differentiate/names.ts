import { visit } from "../../ir/rewrite.ts";
import type { Affine, Index, Read, Statement, Tensor } from "../../ir/types.ts";

/** Names of tensors that are taken, so that new ones are unique in a program. */
export class TensorNames {
  private readonly taken = new Set<string>();

  constructor(statements: readonly Statement[]) {
    for (const s of statements) this.take(s);
  }

  private take(s: Statement): void {
    if (s.kind === "gradient") {
      for (const t of [s.of, ...s.wrt, ...s.results]) this.taken.add(t.name);
      return;
    }
    this.taken.add(s.tensor.name);
    if (s.kind === "equation") {
      for (const read of readsOfEquation(s)) this.taken.add(read.tensor.name);
    } else {
      this.taken.add(s.source.name);
    }
    if (s.kind === "override") for (const inner of s.equations) this.take(inner);
  }

  /** dh, or d2h where the sweep differentiates adjoints or dh is taken; the first that is free. */
  adjoint(level: 1 | 2, name: string): string {
    return this.firstFree((n) => (n + level === 2 ? `d${name}` : `d${n + level - 1}${name}`));
  }

  /** The first of name, name2, … that is free. */
  unique(name: string): string {
    return this.firstFree((n) => (n === 1 ? name : `${name}${n}`));
  }

  private firstFree(candidate: (n: number) => string): string {
    let n = 1;
    while (this.taken.has(candidate(n))) n++;
    this.taken.add(candidate(n));
    return candidate(n);
  }
}

function readsOfEquation(e: Extract<Statement, { kind: "equation" }>): Read[] {
  const reads: Read[] = [];
  visit([e.body, ...e.where, ...e.target], (x) => {
    if (x.kind === "read") reads.push(x);
  });
  return reads;
}

/** The index that a subscript is, if it is nothing else. */
export function plainIndex(subscript: Affine): Index | undefined {
  const [term, ...more] = subscript.terms;
  if (!term || more.length > 0 || subscript.constant !== 0 || term.factor !== 1) return undefined;
  return term.atom.kind === "index" ? term.atom : undefined;
}

const letters = ["i", "j", "k", "l", "m", "n"];

/** What to call the dimensions of a tensor: as its definition does, else as its first reader does. */
export class DimensionNames {
  private readonly defined = new Map<Tensor, (string | undefined)[]>();
  private readonly used = new Map<Tensor, (string | undefined)[]>();

  constructor(statements: readonly Statement[]) {
    for (const s of statements) {
      if (s.kind !== "equation") continue;
      note(this.defined, s.tensor, s.target);
      for (const read of readsOfEquation(s)) note(this.used, read.tensor, read.subscripts);
    }
  }

  of(tensor: Tensor, dimension: number): string {
    const name = this.defined.get(tensor)?.[dimension] ?? this.used.get(tensor)?.[dimension];
    return name ?? letters[dimension] ?? `i${dimension}`;
  }
}

function note(
  names: Map<Tensor, (string | undefined)[]>,
  tensor: Tensor,
  subscripts: readonly Affine[],
): void {
  const known = names.get(tensor) ?? [];
  names.set(
    tensor,
    subscripts.map((s, d) => known[d] ?? plainIndex(s)?.name),
  );
}
