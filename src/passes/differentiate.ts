import type { Builder } from "../ir/builder.ts";
import type { Context, Pass } from "../ir/context.ts";
import type { Equation, Graph, Override, Statement } from "../ir/types.ts";
import { expandGradient } from "./differentiate/expand.ts";
import { TensorNames } from "./differentiate/names.ts";
import type { Auxiliaries } from "./differentiate/reductions.ts";

/**
 * Reverse mode: every `Gradient`, in order, becomes adjoint statements of the statements before it; those of an earlier
 * gradient among them, so a gradient of a gradient needs nothing special.
 */
export const differentiate: Pass = {
  name: "differentiate",
  doc: "Replaces gradients by adjoint equations.",
  run: (graph: Graph, { builder: b }: Context): Graph => {
    const auxiliaries: Auxiliaries = { names: new TensorNames(graph.statements), made: new Map() };
    const statements = expandAll(b, graph.statements, auxiliaries);
    return { ...graph, statements: statements.map((s) => (s.kind === "override" ? copyOf(b, s) : s)) };
  },
};

function expandAll(b: Builder, statements: readonly Statement[], auxiliaries: Auxiliaries): Statement[] {
  let prefix: Statement[] = [];
  const pending = [...statements];
  for (let s = pending.shift(); s; s = pending.shift()) {
    if (s.kind !== "gradient") {
      prefix.push(s);
      continue;
    }
    pending.unshift(...expandGradient(b, prefix, s, auxiliaries));
    prefix = withAuxiliaries(prefix, auxiliaries);
  }
  return prefix;
}

/** Each auxiliary equation stands right behind the equation it belongs to. */
function withAuxiliaries(prefix: readonly Statement[], { made }: Auxiliaries): Statement[] {
  const present = new Set<Statement>(prefix);
  return prefix.flatMap((s) => {
    const auxiliary = s.kind === "equation" ? made.get(s) : undefined;
    return auxiliary && !present.has(auxiliary) ? [s, auxiliary] : [s];
  });
}

function copyOf(b: Builder, s: Override): Equation {
  const indices = s.tensor.shape.map((extent, d) => b.index("ijklmn"[d] ?? `i${d}`, extent));
  return b.equation({
    tensor: s.tensor,
    indices,
    target: indices.map((i) => b.of(i)),
    accumulate: false,
    reducer: null,
    reduced: [],
    where: [],
    body: b.read(s.source, indices),
    origin: s.origin,
  });
}
