import type { Builder } from "../../ir/builder.ts";
import { children, freeIndices, readsOf } from "../../ir/rewrite.ts";
import type { Affine, Equation, Expr, Index, Tensor } from "../../ir/types.ts";
import { bodyAt, targetIndices } from "./alias.ts";
import { TooLarge } from "./fraction.ts";
import type { Factor, Opaque, Product } from "./products.ts";
import { constantProduct, isZero, scaled } from "./products.ts";
import { fraction, one } from "./fraction.ts";
import type { Translator } from "./translate.ts";

/** Definitions with more parts than this are not solved for any of them. */
const mostParts = 3;

/** In longer formulas nothing is looked for. */
const mostFactors = 12;

/** One way to see a definition: `pattern` is a part of its right side, which it can be solved for. */
interface View {
  readonly definition: Equation;
  readonly position: number;
  readonly pattern: Expr;
}

/**
 * Definitions p = (α·u + β)/(γ·u + δ), read backwards: u = (δ·p − β)/(α − γ·p). So exp(−z) is written (1 − p)/p where
 * p is 1/(1 + exp(−z)), and e is p·s where p is e/s; and where p is just σ(z), σ(z) is written p.
 */
export class Refolder {
  private readonly views = new Map<string, View[]>();
  private readonly waiting = new Map<Tensor, Omit<View, "pattern">[]>();
  private readonly seen = new Set<Equation>();
  private readonly solved = new Map<string, Product | undefined>();
  private readonly translator: Translator;

  constructor(translator: Translator) {
    this.translator = translator;
  }

  private get builder(): Builder {
    return this.translator.builder;
  }

  /** Its parts are looked for when something that reads the same is to be written in other terms. */
  add(definition: Equation, position: number): void {
    for (const tensor of new Set(readsOf(definition.body).map((r) => r.tensor))) {
      const list = this.waiting.get(tensor) ?? [];
      list.push({ definition, position });
      this.waiting.set(tensor, list);
    }
  }

  /** The ways to see definitions with a part that reads what an expression reads and may equal it. */
  private viewsOf(e: Expr): readonly View[] {
    for (const { tensor } of readsOf(e)) {
      const waiting = this.waiting.get(tensor) ?? [];
      this.waiting.delete(tensor);
      for (const { definition, position } of waiting) this.look(definition, position);
    }
    return this.views.get(signature(e)) ?? [];
  }

  private look(definition: Equation, position: number): void {
    if (this.seen.has(definition)) return;
    this.seen.add(definition);
    let parts: Opaque[];
    try {
      parts = [...opaqueFactors(this.translator.normal(definition.body))];
    } catch (error) {
      if (error instanceof TooLarge) return;
      throw error;
    }
    if (parts.length === 0 || parts.length > mostParts) return;
    for (const part of parts) {
      if (part.bracket || readsOf(part.expr).length === 0) continue;
      const key = signature(part.expr);
      const list = this.views.get(key) ?? [];
      list.push({ definition, position, pattern: part.expr });
      this.views.set(key, list);
    }
  }

  /** The forms that a product takes when one part of it is written in terms of a tensor defined before `position`. */
  *rewritten(p: Product, position: number): Iterable<{ readonly form: Product; readonly by: Tensor }> {
    const factors = opaqueFactors(p);
    if (factors.size > mostFactors) return;
    for (const part of factors) {
      for (const view of this.viewsOf(part.expr)) {
        if (view.position >= position) continue;
        const subscripts = this.match(view, part.expr);
        const value = subscripts && this.solve(view.definition, subscripts, part);
        if (value) yield { form: this.replaced(p, part, value), by: view.definition.tensor };
      }
    }
  }

  private match(view: View, actual: Expr): Affine[] | undefined {
    const indices = targetIndices(view.definition);
    const bound = new Map<Index, Affine>();
    if (!unify(view.pattern, actual, new Set(indices), bound, this.builder)) return undefined;
    const subscripts = indices.map((i) => bound.get(i));
    return subscripts.every((s) => s !== undefined) ? subscripts : undefined;
  }

  private solve(definition: Equation, subscripts: readonly Affine[], part: Opaque): Product | undefined {
    const key = `${definition.id}[${subscripts.map((s) => s.id).join()}]${part.id}`;
    if (this.solved.has(key)) return this.solved.get(key);
    const value = this.solveNow(definition, subscripts, part);
    this.solved.set(key, value);
    return value;
  }

  private solveNow(definition: Equation, subscripts: readonly Affine[], part: Opaque): Product | undefined {
    const { algebra } = this.translator;
    const output = algebra.opaque(this.builder.read(definition.tensor, subscripts));
    const body = this.translator.normal(bodyAt(this.builder, definition, subscripts));
    const above = this.linear({ ...body, factors: powers(body, (e) => e > 0) }, part);
    const below = this.linear({ coefficient: one, factors: inverted(powers(body, (e) => e < 0)) }, part);
    if (!above || !below) return undefined;
    const minus = (x: Product): Product => scaled(x, fraction(-1, 1));
    const numerator = algebra.sum([algebra.multiply(below.rest, output), minus(above.rest)]);
    const denominator = algebra.sum([above.slope, minus(algebra.multiply(below.slope, output))]);
    return isZero(denominator) ? undefined : algebra.divide(numerator, denominator);
  }

  /** p = slope·part + rest, or undefined where p is not linear in the part. */
  private linear(p: Product, part: Opaque): { slope: Product; rest: Product } | undefined {
    const slope: Product[] = [];
    const rest: Product[] = [];
    for (const term of this.translator.algebra.expand(p)) {
      const power = term.factors.get(part) ?? 0;
      if (power !== 0 && power !== 1) return undefined;
      const factors = new Map(term.factors);
      factors.delete(part);
      if ([...factors.keys()].some((f) => f.kind === "sum" && mentions(f, part))) return undefined;
      (power === 1 ? slope : rest).push({ ...term, factors });
    }
    return { slope: this.translator.algebra.sum(slope), rest: this.translator.algebra.sum(rest) };
  }

  private replaced(p: Product, part: Opaque, value: Product): Product {
    const { algebra } = this.translator;
    let result = constantProduct(p.coefficient);
    for (const [factor, exponent] of p.factors) {
      let by: Product = { coefficient: one, factors: new Map([[factor, 1]]) };
      if (factor === part) by = value;
      else if (factor.kind === "sum" && mentions(factor, part)) {
        by = algebra.sum(factor.terms.map((t) => this.replaced(t, part, value)));
      }
      result = algebra.multiply(result, algebra.power(by, exponent));
    }
    return result;
  }
}

function powers(p: Product, keep: (exponent: number) => boolean): Map<Factor, number> {
  return new Map([...p.factors].filter(([, e]) => keep(e)));
}

function inverted(factors: ReadonlyMap<Factor, number>): Map<Factor, number> {
  return new Map([...factors].map(([f, e]): [Factor, number] => [f, -e]));
}

/** All opaque factors of a product, those inside its sums included. */
function opaqueFactors(p: Product, found = new Set<Opaque>()): Set<Opaque> {
  for (const factor of p.factors.keys()) {
    if (factor.kind === "opaque") found.add(factor);
    else for (const term of factor.terms) opaqueFactors(term, found);
  }
  return found;
}

function mentions(factor: Factor, part: Opaque): boolean {
  if (factor.kind === "opaque") return factor === part;
  return factor.terms.some((t) => [...t.factors.keys()].some((f) => mentions(f, part)));
}

/** Equal for expressions that differ in subscripts only. */
function signature(e: Expr): string {
  const head = e.kind === "apply" ? e.atom : e.kind;
  return `${head} ${readsOf(e)
    .map((r) => r.tensor.id)
    .sort()
    .join()}`;
}

/** Finds integers for the indices that make the pattern equal to the expression. */
function unify(
  pattern: Expr,
  actual: Expr,
  indices: ReadonlySet<Index>,
  bound: Map<Index, Affine>,
  b: Builder,
): boolean {
  if (pattern.kind === "affine") {
    return actual.kind === "affine" && unifyIntegers(pattern, actual, indices, bound, b);
  }
  if (pattern.kind !== actual.kind || pattern.type !== actual.type) return false;
  if (pattern.kind === "constant" || pattern.kind === "local") return pattern === actual;
  if (pattern.kind === "read" && pattern.tensor !== (actual as typeof pattern).tensor) return false;
  if (pattern.kind === "apply" && pattern.atom !== (actual as typeof pattern).atom) return false;
  if (pattern.kind === "condition" && pattern.relation !== (actual as typeof pattern).relation) return false;
  if (pattern.kind === "reduce") return pattern === actual;
  const inside = children(actual);
  return children(pattern).every((child, i) => unify(child, inside[i]!, indices, bound, b));
}

function unifyIntegers(
  pattern: Affine,
  actual: Affine,
  indices: ReadonlySet<Index>,
  bound: Map<Index, Affine>,
  b: Builder,
): boolean {
  const free = [...freeIndices(pattern)].filter((i) => indices.has(i));
  if (free.length === 0) return pattern === actual;
  const [index] = free;
  if (free.length > 1 || pattern !== b.of(index!)) return false;
  const known = bound.get(index!);
  bound.set(index!, actual);
  return known === undefined || known === actual;
}
