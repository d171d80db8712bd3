import type { AtomName } from "../../ir/atoms.ts";
import type { Builder } from "../../ir/builder.ts";
import { isNumber } from "../../ir/builder.ts";
import { prove } from "../../ir/intervals.ts";
import { readsOf, visit } from "../../ir/rewrite.ts";
import type { Affine, Apply, Expr, Read } from "../../ir/types.ts";
import { costOfExpr } from "./cost.ts";
import { exactFraction, fraction, one } from "./fraction.ts";
import type { Product } from "./products.ts";
import { constantProduct, ProductAlgebra, scaled } from "./products.ts";
import { Renderer } from "./render.ts";

const minusOne = fraction(-1, 1);

/** The largest power that is taken as repeated multiplication. */
const largestPower = 8;

/** Writes the value of a read in other terms, or undefined where the read stays. */
export type Inliner = (read: Read) => Expr | undefined;

type Translation = (args: readonly Expr[], t: Translator, e: Apply) => Product | undefined;

/** The atoms that algebra looks into; all others are opaque. */
const translations: Readonly<Partial<Record<AtomName, Translation>>> = {
  add: ([x, y], t) => t.algebra.sum([t.normal(x!), t.normal(y!)]),
  sub: ([x, y], t) => t.algebra.sum([t.normal(x!), scaled(t.normal(y!), minusOne)]),
  neg: ([x], t) => scaled(t.normal(x!), minusOne),
  mul: ([x, y], t) => t.algebra.multiply(t.normal(x!), t.normal(y!)),
  div: ([x, y], t) => t.algebra.divide(t.normal(x!), t.normal(y!)),
  pow: ([x, n], t) => {
    const whole = n!.kind === "constant" && Number.isInteger(n!.value) && Math.abs(n!.value) <= largestPower;
    return whole ? t.algebra.power(t.normal(x!), (n as { value: number }).value) : undefined;
  },
  // σ(−u) = 1 − σ(u): one of u and −u stands for both.
  sigmoid: ([u], t, e) => {
    const argument = t.normal(u!);
    if (argument.coefficient.numerator >= 0) return undefined;
    const positive = t.builder.apply(e.atom, [t.render(scaled(argument, minusOne))]);
    return t.algebra.sum([constantProduct(one), scaled(t.algebra.opaque(positive), minusOne)]);
  },
  sqrt: ([u], t, e) => t.algebra.opaque(t.withSimplerArguments(e), { square: t.normal(u!) }),
  cast: ([c], t, e) => {
    if (c!.kind === "affine") return castOfInteger(c!, e, t);
    if (c!.type !== "bool") return undefined;
    if (c!.kind !== "apply" || c!.atom !== "not") return t.algebra.opaque(e, { bracket: true });
    const bracket = t.normal(t.builder.cast(c!.args[0]!, "f32"));
    return t.algebra.sum([constantProduct(one), scaled(bracket, minusOne)]);
  },
  // What is not chosen is not read: only where reading it is harmless is a selection a product with a bracket.
  select: ([c, x, y], t) => {
    const zeroIn = isNumber(y!, 0) ? x! : isNumber(x!, 0) ? y! : undefined;
    if (!zeroIn || !t.alwaysInRange(zeroIn)) return undefined;
    const chosen = zeroIn === x ? c! : t.builder.apply("not", [c!]);
    // A comparison of numbers may protect from an infinity: u·[¬c] must not become u − u·[c].
    const bracket = t.builder.cast(chosen, "f32");
    const factor = comparesNumbers(chosen) ? t.algebra.opaque(bracket, { bracket: true }) : t.normal(bracket);
    return t.algebra.multiply(factor, t.normal(zeroIn));
  },
};

function comparesNumbers(condition: Expr): boolean {
  let found = false;
  visit([condition], (e) => (found ||= e.kind === "apply" && e.args.some((a) => a.type === "f32")));
  return found;
}

/** cast(16·batch) is 16·cast(batch): the factor meets those outside. */
function castOfInteger(form: Affine, e: Expr, t: Translator): Product | undefined {
  const [term] = form.terms;
  if (form.constant !== 0 || form.terms.length !== 1 || term!.factor === 1) return undefined;
  const one = t.builder.cast(t.builder.of(term!.atom), "f32");
  return e.type === "f32" ? scaled(t.algebra.opaque(one), fraction(term!.factor, 1)) : undefined;
}

/** Between expressions and their normal form; `inline` says which reads are looked through. */
export class Translator {
  readonly builder: Builder;
  readonly renderer: Renderer;
  readonly algebra: ProductAlgebra;
  private readonly inline: Inliner;
  private readonly memo = new Map<Expr, Product>();
  private readonly costs = new Map<Expr, number>();

  constructor(builder: Builder, inline: Inliner) {
    this.builder = builder;
    this.inline = inline;
    this.renderer = new Renderer(builder);
    this.algebra = new ProductAlgebra((p) => this.cost(this.render(p)));
  }

  render(p: Product): Expr {
    return this.renderer.product(p);
  }

  normal(e: Expr): Product {
    const known = this.memo.get(e);
    if (known) return known;
    const result = this.translate(e);
    this.memo.set(e, result);
    return result;
  }

  private translate(e: Expr): Product {
    if (e.kind === "constant") {
      const exact = exactFraction(e.value);
      if (exact) return constantProduct(exact);
      if (e.value < 0) return scaled(this.algebra.opaque(this.builder.number(-e.value)), minusOne);
      return this.algebra.opaque(e);
    }
    if (e.kind === "read") {
      const value = this.inline(e);
      return value ? this.normal(value) : this.algebra.opaque(e);
    }
    if (e.kind !== "apply") return this.algebra.opaque(e);
    return translations[e.atom]?.(e.args, this, e) ?? this.algebra.opaque(this.withSimplerArguments(e));
  }

  /** An opaque application, each of its arguments in its cheaper form. */
  withSimplerArguments(e: Apply): Expr {
    const args = e.args.map((a) => (a.type === "f32" ? this.cheaper(a) : a));
    return args.every((a, i) => a === e.args[i]) ? e : this.builder.apply(e.atom, args);
  }

  private cheaper(e: Expr): Expr {
    const rendered = this.render(this.normal(e));
    return this.cost(rendered) < this.cost(e) ? rendered : e;
  }

  private cost(e: Expr): number {
    const known = this.costs.get(e) ?? costOfExpr(e);
    this.costs.set(e, known);
    return known;
  }

  alwaysInRange(e: Expr): boolean {
    const b = this.builder;
    return readsOf(e).every((r) =>
      r.subscripts.every((s, d) => {
        const extent = r.tensor.shape[d]!;
        return prove(b.nonnegative(s), [], b) && prove(b.less(s, extent), [], b);
      }),
    );
  }
}
