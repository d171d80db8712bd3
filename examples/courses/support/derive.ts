/** A definition and its gradient by anything, as a graph: what the compiler makes of `grad(of, wrt)`, not yet fused. */
import type { Builder } from "../../../src/ir/builder.ts";
import { slice, tensorsRead } from "../../../src/ir/dependences.ts";
import { rewriter } from "../../../src/ir/rewrite.ts";
import type { Equation, Gradient, Statement, Tensor } from "../../../src/ir/types.ts";
import { differentiate } from "../../../src/passes/differentiate.ts";
import { simplify } from "../../../src/passes/simplify.ts";
import { specialise } from "../../../src/passes/specialise.ts";
import type { Compiled } from "./compile.ts";
import { named } from "./reference.ts";

export interface DeriveOptions {
  /** The scalar that is differentiated. Default: the loss. */
  readonly of?: string;
  /** By what. Default: all inputs of floats and all parameters that it depends on. */
  readonly wrt?: readonly string[];
  /** true shows what is left after simplification, false (the default) the chain rule step by step. */
  readonly simplify?: boolean;
}

export interface Derived {
  readonly of: Tensor;
  readonly wrt: readonly Tensor[];
  /** The statements that compute `of`, in source order. */
  readonly forward: readonly Statement[];
  /** The adjoint statements, from `of` back to `wrt`. */
  readonly backward: readonly Statement[];
}

export function derive(compiled: Compiled, options: DeriveOptions = {}): Derived {
  const { program, context } = compiled;
  const b = context.builder;
  const start = specialise(
    { name: "derive", statements: program.forward, results: [] },
    true,
    program,
    context,
  );
  const defined = start.statements.flatMap((s) => (s.kind === "gradient" ? [] : [s.tensor]));
  const of = options.of === undefined ? program.loss : named(defined, options.of);
  if (!of) throw new Error(`${program.name} has no loss`);
  const needed = slice({ ...start, results: [of] }, [of], "drop").statements;
  const given = [...program.inputs, ...program.parameters].filter((t) => t.type === "f32");
  const wrt = options.wrt
    ? options.wrt.map((name) => named([...given, ...defined], name))
    : given.filter((t) => needed.some((s) => tensorsRead(s).includes(t)));
  const results = wrt.map((t) =>
    b.tensor({ name: `d${t.name}`, type: "f32", shape: t.shape, role: "adjoint", span: t.span }),
  );
  const origin = { span: of.span, name: `d${of.name}` };
  const request: Gradient = { kind: "gradient", id: b.id(), of, wrt, results, origin };
  const raw = { name: "derive", statements: [...needed, request], results: [of, ...results] };
  const simplified = options.simplify === true;
  const before = simplified ? simplify.run(raw, context) : raw;
  const whole = differentiate.run(before, context);
  const statements = simplified
    ? simplify.run(whole, context).statements
    : withoutCopies(b, whole.statements, new Set(results));
  const isBackward = (s: Statement): boolean => s.kind !== "gradient" && s.tensor.role === "adjoint";
  return {
    of,
    wrt,
    forward: statements.filter((s) => !isBackward(s)),
    backward: statements.filter(isBackward),
  };
}

/** Without the statements that only copy an adjoint to a reduction inside a definition, but with all of `kept`. */
function withoutCopies(b: Builder, list: readonly Statement[], kept: ReadonlySet<Tensor>): Statement[] {
  const source = new Map<Tensor, Tensor>();
  const parts = (t: Tensor): number => list.filter((s) => s.kind !== "gradient" && s.tensor === t).length;
  for (const s of list) {
    const copied = s.kind === "equation" ? copiedBy(s) : undefined;
    if (!copied || s.kind !== "equation" || kept.has(s.tensor) || parts(s.tensor) > 1) continue;
    source.set(s.tensor, source.get(copied) ?? copied);
  }
  const rewrite = rewriter(b, { tensor: (t) => source.get(t) ?? t });
  return list
    .filter((s) => s.kind === "gradient" || !source.has(s.tensor))
    .map((s) => (s.kind === "equation" ? b.equation({ ...s, body: rewrite(s.body) }) : s));
}

/** The adjoint that an equation copies cell by cell, for a reduction that stood inside the body of a definition. */
function copiedBy(e: Equation): Tensor | undefined {
  if (!e.origin.steps?.every((step) => step.wrt.hoistedFrom !== undefined)) return undefined;
  const { body, target } = e;
  if (body.kind !== "read" || body.tensor.role !== "adjoint" || body.tensor === e.tensor) return undefined;
  if (e.accumulate || e.reducer !== null || e.where.length > 0) return undefined;
  const same = body.subscripts.length === target.length && body.subscripts.every((s, d) => s === target[d]);
  const whole = body.tensor.shape.every((extent, d) => extent === e.tensor.shape[d]);
  return same && whole && body.tensor.shape.length === e.tensor.shape.length ? body.tensor : undefined;
}
