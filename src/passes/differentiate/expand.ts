/** Replaces one `Gradient` by adjoint statements: the statements before it, walked backwards. */
import type { Builder } from "../../ir/builder.ts";
import { readsOf, rewriter, targetsWhole } from "../../ir/rewrite.ts";
import type {
  AdjointStep,
  Affine,
  Equation,
  Expr,
  Gradient,
  Index,
  Origin,
  Override,
  Reshape,
  Statement,
  Tensor,
} from "../../ir/types.ts";
import { cloneStatement } from "./clone.ts";
import { joinDigits } from "./digits.ts";
import { simplifyGuards, unprotectedReads, withRangesOf } from "./guards.ts";
import { DimensionNames, plainIndex } from "./names.ts";
import { place } from "./placement.ts";
import { orderedProduct } from "./product.ts";
import type { Auxiliaries } from "./reductions.ts";
import { partialOfReduction } from "./reductions.ts";
import type { ReadPartial } from "./sweep.ts";
import { partialsOfReads } from "./sweep.ts";

/** The adjoint statements that compute `gradient.results` from the statements of `prefix`. */
export function expandGradient(
  b: Builder,
  prefix: readonly Statement[],
  gradient: Gradient,
  auxiliaries: Auxiliaries,
): Statement[] {
  const expansion = new Expansion(b, prefix, gradient, auxiliaries);
  return expansion.run();
}

type Addition = Pick<Equation, "indices" | "target" | "reduced" | "where" | "body">;

class Expansion {
  private readonly out: Statement[] = [];
  private readonly adjoints = new Map<Tensor, Tensor>();
  /** The tensors whose adjoint has a contribution. */
  private readonly reached = new Set<Tensor>();
  private readonly active: ReadonlySet<Tensor>;
  private readonly accumulated: ReadonlySet<Tensor>;
  /** 2 where adjoints of an earlier gradient are differentiated. */
  private readonly level: 1 | 2;
  private readonly dimensionNames: DimensionNames;
  private readonly b: Builder;
  private readonly prefix: readonly Statement[];
  private readonly gradient: Gradient;
  private readonly auxiliaries: Auxiliaries;

  constructor(b: Builder, prefix: readonly Statement[], gradient: Gradient, auxiliaries: Auxiliaries) {
    this.b = b;
    this.prefix = prefix;
    this.gradient = gradient;
    this.auxiliaries = auxiliaries;
    gradient.wrt.forEach((t, k) => this.adjoints.set(t, this.adjoints.get(t) ?? gradient.results[k]!));
    this.active = dependents(prefix, gradient.wrt);
    this.level = prefix.some((s) => s.kind !== "gradient" && isActiveAdjoint(s.tensor, this.active)) ? 2 : 1;
    this.accumulated = new Set(
      prefix.filter((s) => s.kind === "equation" && s.accumulate).map((s) => tensorOf(s)),
    );
    this.dimensionNames = new DimensionNames(prefix);
  }

  run(): Statement[] {
    const { of, wrt, results } = this.gradient;
    if (this.active.has(of)) this.seed(of);
    for (const s of [...this.prefix].reverse()) {
      if (s.kind === "gradient" || !this.reached.has(s.tensor)) continue;
      if (s.kind === "equation") this.throughEquation(s);
      else if (s.kind === "reshape") this.throughReshape(s);
      else this.throughOverride(s);
    }
    wrt.forEach((t, k) => this.finish(t, results[k]!));
    return this.out;
  }

  private seed(of: Tensor): void {
    const producer = this.prefix.findLast((s) => s.kind !== "gradient" && s.tensor === of);
    const origin = producer?.origin ?? this.gradient.origin;
    const step: AdjointStep = { kind: "seed", of: producer ?? this.gradient, wrt: of };
    this.add(of, { indices: [], target: [], reduced: [], where: [], body: this.b.number(1) }, origin, step);
  }

  /** A result that nothing reaches is zero; a tensor asked for twice is copied. */
  private finish(wrt: Tensor, result: Tensor): void {
    const { b } = this;
    const adjoint = this.adjoints.get(wrt)!;
    if (adjoint === result && this.reached.has(wrt)) return;
    const indices = this.wholeIndices(result);
    const target = indices.map((i) => b.of(i));
    const body = adjoint === result ? b.number(0) : b.read(adjoint, indices);
    const origin = { span: this.gradient.origin.span, name: result.name };
    this.out.push(
      b.equation({
        tensor: result,
        indices,
        target,
        accumulate: false,
        reducer: null,
        reduced: [],
        where: [],
        body,
        origin,
      }),
    );
  }

  private wholeIndices(t: Tensor): Index[] {
    const taken = new Set<string>();
    return t.shape.map((extent, d) => {
      let name = this.dimensionNames.of(t, d);
      while (taken.has(name)) name += "′";
      taken.add(name);
      return this.b.index(name, extent);
    });
  }

  private adjointOf(t: Tensor): Tensor {
    const known = this.adjoints.get(t);
    if (known) return known;
    const name = this.auxiliaries.names.adjoint(this.level, t.name);
    const adjoint = this.b.tensor({ name, type: "f32", shape: t.shape, role: "adjoint", span: t.span });
    this.adjoints.set(t, adjoint);
    return adjoint;
  }

  // ------------------------------------------------------------------------------------------------------ equations

  private throughEquation(e: Equation): void {
    const { b } = this;
    const { reads, rootValue } = this.readsAndRoot(e);
    if (!reads) return;
    const partials = partialsOfReads(b, e.body, (t) => this.active.has(t), rootValue);
    if (partials.length === 0) return;
    const reduction = partialOfReduction(b, e, this.auxiliaries);
    const upstream = [b.read(this.adjointOf(e.tensor), e.target), ...reduction.factors];
    for (const p of partials) this.contribute(e, p, upstream, reduction.guards);
  }

  /** The stored value stands for the body where they are the same. */
  private readsAndRoot(e: Equation): { reads: boolean; rootValue: Expr } {
    const reads = readsOf(e.body).some((r) => this.active.has(r.tensor));
    const stored =
      e.reducer === null && !e.accumulate && e.where.length === 0 && !this.accumulated.has(e.tensor);
    return { reads, rootValue: stored ? this.b.read(e.tensor, e.target) : e.body };
  }

  private contribute(e: Equation, p: ReadPartial, upstream: readonly Expr[], guards: readonly Expr[]): void {
    const { b } = this;
    const loops = [...e.indices, ...e.reduced];
    const names = p.read.subscripts.map(
      (s, d) => plainIndex(s)?.name ?? this.dimensionNames.of(p.read.tensor, d),
    );
    const placement = place(b, loops, p.read, [...e.where, ...guards, p.guard], names);
    const guarded = simplifyGuards(b, placement.guards);
    if (guarded === null) return;
    const { indices, target } = placement;
    const within = rewriter(b, { atom: (a) => (a.kind === "index" ? placement.values.get(a) : undefined) });
    const product = orderedProduct(b, [...upstream, p.value].map(within), indices);
    const { reduced, where, body, values } = joinDigits(b, { ...placement, where: guarded, body: product });
    const stored = { tensor: p.read.tensor, subscripts: target };
    const ranged = withRangesOf(b, where, [...unprotectedReads(body), stored]);
    const solution = loops.flatMap((i): (readonly [Index, Affine])[] => {
      const value = values.get(i);
      return value === undefined || plainIndex(value)?.name === i.name ? [] : [[i, value]];
    });
    const step: AdjointStep = {
      kind: "chain",
      of: e,
      wrt: p.read.tensor,
      read: p.read,
      partial: p.value,
      guard: p.guard,
      solution,
    };
    this.add(p.read.tensor, { indices, target, reduced, where: ranged, body }, e.origin, step);
  }

  /** Adds a contribution to the adjoint of a tensor; the first one to cover the whole defines it. */
  private add(wrt: Tensor, addition: Addition, forward: Origin, step: AdjointStep): void {
    const { b } = this;
    const tensor = this.adjointOf(wrt);
    const origin = { ...forward, name: tensor.name, steps: [step] };
    const reducer = addition.reduced.length > 0 ? "sum" : null;
    const equation = b.equation({ ...addition, tensor, reducer, accumulate: false, origin });
    const defines = !this.reached.has(wrt) && targetsWhole(equation);
    this.out.push(defines ? equation : b.equation({ ...equation, accumulate: true }));
    this.reached.add(wrt);
  }

  // ------------------------------------------------------------------------------------------------ other statements

  private throughReshape(s: Reshape): void {
    const { b } = this;
    if (!this.active.has(s.source)) return;
    const source = this.adjointOf(s.tensor);
    const step: AdjointStep = { kind: "chain", of: s, wrt: s.source };
    const readers = this.prefix.filter((p) => this.active.has(tensorOf(p)) && readsTensor(p, s.source));
    if (readers.length === 1 && !this.reached.has(s.source)) {
      const tensor = this.adjointOf(s.source);
      this.out.push(b.reshape({ tensor, source, origin: { ...s.origin, name: tensor.name, steps: [step] } }));
      this.reached.add(s.source);
      return;
    }
    const name = this.auxiliaries.names.unique(`${this.adjointOf(s.source).name}.reshaped`);
    const tensor = b.tensor({
      name,
      type: "f32",
      shape: s.source.shape,
      role: "adjoint",
      span: s.source.span,
    });
    this.out.push(b.reshape({ tensor, source, origin: { ...s.origin, name, steps: [step] } }));
    this.addCopy(s.source, tensor, s.origin, step);
  }

  private addCopy(wrt: Tensor, source: Tensor, origin: Origin, step: AdjointStep): void {
    const indices = this.wholeIndices(wrt);
    const target = indices.map((i) => this.b.of(i));
    this.add(
      wrt,
      { indices, target, reduced: [], where: [], body: this.b.read(source, indices) },
      origin,
      step,
    );
  }

  private throughOverride(s: Override): void {
    const wanted = s.gradients.filter((g) => this.active.has(g.wrt));
    if (wanted.length === 0) return;
    const tensors = new Map<Tensor, Tensor>([[s.upstream, this.adjointOf(s.tensor)]]);
    for (const inner of s.equations) {
      this.out.push(cloneStatement(this.b, inner, tensors, (name) => this.auxiliaries.names.unique(name)));
    }
    for (const { wrt, result } of wanted) {
      const source = tensors.get(result) ?? result;
      this.addCopy(wrt, source, s.origin, { kind: "chain", of: s, wrt });
    }
  }
}

const tensorOf = (s: Statement): Tensor => (s.kind === "gradient" ? s.of : s.tensor);

const isActiveAdjoint = (t: Tensor, active: ReadonlySet<Tensor>): boolean =>
  t.role === "adjoint" && active.has(t);

/** The f32 tensors through whose values those of `wrt` may flow, and `wrt` themselves. */
function dependents(prefix: readonly Statement[], wrt: readonly Tensor[]): Set<Tensor> {
  const active = new Set(wrt);
  for (const s of prefix) {
    if (s.kind === "gradient" || s.tensor.type !== "f32") continue;
    const sources =
      s.kind === "equation"
        ? readsOf(s.body).map((r) => r.tensor)
        : s.kind === "reshape"
          ? [s.source]
          : s.gradients.map((g) => g.wrt);
    if (sources.some((t) => active.has(t))) active.add(s.tensor);
  }
  return active;
}

function readsTensor(s: Statement, t: Tensor): boolean {
  if (s.kind === "equation") return readsOf(s.body).some((r) => r.tensor === t);
  if (s.kind === "reshape") return s.source === t;
  return s.kind === "override" && s.gradients.some((g) => g.wrt === t);
}
