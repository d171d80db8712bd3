import { rangeOf } from "../ir/affine.ts";
import type { Builder } from "../ir/builder.ts";
import type { Pass } from "../ir/context.ts";
import { tensorsRead, tensorsWritten } from "../ir/dependences.ts";
import { expressionsOf, mapEquation, readsOf, rewriter, targetsWhole } from "../ir/rewrite.ts";
import type { Equation, Graph, Index, IntegerAtom, Statement, Tensor } from "../ir/types.ts";

/**
 * A definition ends where its last reader does. Windows that do not fit leave values behind that nothing reads: the last
 * row and column of a convolution of odd size whose pooling takes two by two. They are not computed, and since gradients are
 * derived afterwards, nor is anything of their gradients, which are 0.
 *
 * The statements are visited from the last to the first, so that what a definition no longer reads counts for those before
 * it. Results, what is stored in parts, and what other statements than equations read keep their shapes.
 */
export const restrict: Pass = {
  name: "restrict",
  doc: "Leaves out the ends of definitions that nothing reads.",
  run: (graph, { builder: b }) => {
    const counts = new Counts(graph);
    const shorter = new Map<Tensor, Tensor>();
    const statements = graph.statements.toReversed().map((s): Statement => {
      const kept = s.kind === "equation" ? (shortened(b, s, counts, shorter) ?? s) : s;
      counts.read(kept);
      return kept;
    });
    if (shorter.size === 0) return graph;
    const renamed = rewriter(b, { tensor: (t) => shorter.get(t) ?? t });
    return {
      ...graph,
      statements: statements.reverse().map((s) => (s.kind === "equation" ? mapEquation(s, renamed, b) : s)),
    };
  },
};

/** How many cells of each dimension of each tensor are read, counted from the first. */
class Counts {
  private readonly counts = new Map<Tensor, number[]>();
  private readonly writers = new Map<Tensor, number>();

  constructor(graph: Graph) {
    for (const t of graph.results) this.readWhole(t);
    for (const t of graph.statements.flatMap(tensorsWritten)) {
      this.writers.set(t, (this.writers.get(t) ?? 0) + 1);
    }
  }

  read(s: Statement): void {
    if (s.kind !== "equation") {
      for (const t of [...tensorsRead(s), ...tensorsWritten(s)]) this.readWhole(t);
      return;
    }
    for (const { tensor, subscripts } of readsOf(...expressionsOf(s))) {
      const counts = this.of(tensor);
      for (const [d, form] of subscripts.entries()) counts[d] = Math.max(counts[d]!, rangeOf(form).high + 1);
    }
  }

  of(t: Tensor): number[] {
    let counts = this.counts.get(t);
    if (!counts) this.counts.set(t, (counts = t.shape.map(() => 0)));
    return counts;
  }

  /** Whether one equation alone gives a tensor its values. */
  isDefinedAtOnce(t: Tensor): boolean {
    return t.role === "definition" && this.writers.get(t) === 1;
  }

  private readWhole(t: Tensor): void {
    this.of(t).fill(Infinity);
  }
}

/** The equation with shorter loops, or undefined where all of its cells are read. */
function shortened(
  b: Builder,
  equation: Equation,
  counts: Counts,
  shorter: Map<Tensor, Tensor>,
): Equation | undefined {
  const { tensor, target } = equation;
  if (!counts.isDefinedAtOnce(tensor) || !targetsWhole(equation)) return undefined;
  const loops = new Map<IntegerAtom, Index>();
  const shape = tensor.shape.map((extent, d) => {
    const read = counts.of(tensor)[d]!;
    const full = b.constantOf(extent);
    if (full === undefined || read >= full || read < 1) return extent;
    const index = target[d]!.terms[0]!.atom as Index;
    const short = b.integer(read);
    loops.set(index, b.index(index.name, short));
    return short;
  });
  if (loops.size === 0) return undefined;
  const home = tensor.hoistedFrom && { hoistedFrom: shorter.get(tensor.hoistedFrom) ?? tensor.hoistedFrom };
  const short = b.tensor({ ...tensor, shape, ...home });
  shorter.set(tensor, short);
  const inside = rewriter(b, {
    atom: (a) => {
      const loop = loops.get(a);
      return loop && b.of(loop);
    },
  });
  const indices = equation.indices.map((i) => loops.get(i) ?? i);
  return mapEquation({ ...equation, tensor: short, indices }, inside, b);
}
