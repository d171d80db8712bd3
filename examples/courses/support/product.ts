/** Products of scalars, multiplied out factor by factor, as a course writes the result of a chain of derivatives. */
import { printExpr } from "../../../src/ir/printer.ts";
import type { Expr, Statement } from "../../../src/ir/types.ts";
import { superscript } from "./text.ts";

/** A number times powers of printed factors, in the order in which they came. */
export interface Product {
  readonly coefficient: number;
  readonly powers: ReadonlyMap<string, number>;
}

export const one: Product = { coefficient: 1, powers: new Map() };

export const named = (name: string): Product => ({ coefficient: 1, powers: new Map([[name, 1]]) });

export function times(a: Product, b: Product): Product {
  const powers = new Map(a.powers);
  for (const [factor, power] of b.powers) {
    const sum = (powers.get(factor) ?? 0) + power;
    if (sum === 0) powers.delete(factor);
    else powers.set(factor, sum);
  }
  return { coefficient: a.coefficient * b.coefficient, powers };
}

function raised(a: Product, exponent: number): Product {
  const powers = [...a.powers].map(([factor, power]) => [factor, power * exponent] as const);
  return { coefficient: a.coefficient ** exponent, powers: new Map(powers) };
}

/** Definitions by what they are the inverse of: `L` by `1 + z4` where L = 1/(1 + z4). */
export function inverses(forward: readonly Statement[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const s of forward) {
    if (s.kind !== "equation" || s.body.kind !== "apply" || s.body.atom !== "div") continue;
    const [numerator, denominator] = s.body.args;
    if (numerator?.kind === "constant" && numerator.value === 1)
      found.set(printExpr(denominator!), s.tensor.name);
  }
  return found;
}

/** An expression as a product; what is none, such as a sum, is one factor. */
export function productOf(e: Expr, inverse: ReadonlyMap<string, string>): Product {
  const of = (part: Expr | undefined): Product => productOf(part!, inverse);
  if (e.kind === "constant" && typeof e.value === "number") return { ...one, coefficient: e.value };
  if (e.kind === "apply") {
    const [left, right] = e.args;
    if (e.atom === "neg") return times({ ...one, coefficient: -1 }, of(left));
    if (e.atom === "mul") return times(of(left), of(right));
    if (e.atom === "div") {
      const defined = inverse.get(printExpr(right!));
      return times(of(left), defined === undefined ? raised(of(right), -1) : named(defined));
    }
    if (e.atom === "pow" && right?.kind === "constant") return raised(of(left), Number(right.value));
  }
  const text = printExpr(e);
  return named(e.kind === "apply" && / [-+] /.test(text) ? `(${text})` : text);
}

/** `-2·L²·z4/x`. */
export function printProduct({ coefficient, powers }: Product): string {
  const factors = [...powers].map(([factor, power]) => [factor, Math.abs(power), power < 0] as const);
  const written = (below: boolean): string[] =>
    factors.filter((f) => f[2] === below).map(([f, power]) => (power === 1 ? f : f + superscript(power)));
  const [above, below] = [written(false), written(true)];
  const size = Math.abs(coefficient);
  const top = size === 1 && above.length > 0 ? above : [String(size), ...above];
  const bottom = below.length > 1 ? `/(${below.join("·")})` : below.map((f) => `/${f}`).join("");
  return `${coefficient < 0 ? "-" : ""}${top.join("·")}${bottom}`;
}
