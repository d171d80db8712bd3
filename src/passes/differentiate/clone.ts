import type { Builder } from "../../ir/builder.ts";
import { mapEquation, rewriter } from "../../ir/rewrite.ts";
import type { Statement, Tensor } from "../../ir/types.ts";

/** A copy of a statement in which tensors are replaced; what it defines becomes a fresh tensor, noted in `tensors`. */
export function cloneStatement(
  b: Builder,
  s: Statement,
  tensors: Map<Tensor, Tensor>,
  unique: (name: string) => string,
): Statement {
  const replace = (t: Tensor): Tensor => tensors.get(t) ?? t;
  const define = (t: Tensor): Tensor => {
    const known = tensors.get(t);
    if (known) return known;
    const fresh = b.tensor({ ...t, name: unique(t.name) });
    tensors.set(t, fresh);
    return fresh;
  };
  switch (s.kind) {
    case "equation": {
      const tensor = define(s.tensor);
      return b.equation({ ...mapEquation(s, rewriter(b, { tensor: replace }), b), tensor });
    }
    case "reshape":
      return b.reshape({ ...s, source: replace(s.source), tensor: define(s.tensor) });
    case "gradient": {
      const results = s.results.map(define);
      return { ...s, id: b.id(), of: replace(s.of), wrt: s.wrt.map(replace), results };
    }
    case "override": {
      const equations = s.equations.map((e) => cloneStatement(b, e, tensors, unique));
      const gradients = s.gradients.map((g) => ({ wrt: replace(g.wrt), result: replace(g.result) }));
      return { ...s, id: b.id(), source: replace(s.source), tensor: define(s.tensor), equations, gradients };
    }
  }
}
