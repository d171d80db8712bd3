/** Prints row-major places (src/ir/summands.ts). */
import { precedence } from "../ir/atoms.ts";
import type { Summand } from "../ir/summands.ts";
import type { Affine } from "../ir/types.ts";
import type { AtomPrinter, Code } from "./integers.ts";
import { primary, printAffine, printSum, sumOf, within } from "./integers.ts";

/** `b * 64 + j`; constants are gathered at the end. */
export function printAddress(parts: readonly Summand[], printer: AtomPrinter): Code {
  let rest = 0;
  const codes: [string, Code][] = [];
  for (const part of parts) {
    if (part.terms.length === 0 && part.extents.length === 0) rest += part.constant * part.stride;
    else if (part.terms.length > 0 || part.constant !== 0) codes.push(...printSummand(part, printer));
  }
  if (rest !== 0) codes.push([rest < 0 ? "-" : "+", primary(`${Math.abs(rest)}`)]);
  return sumOf(codes);
}

function printSummand(part: Summand, printer: AtomPrinter): [string, Code][] {
  const { terms, constant, stride, extents } = part;
  const [only] = terms;
  if (extents.length === 0 && terms.length === 1 && constant === 0) {
    const factor = only!.factor * stride;
    return [
      [
        factor < 0 ? "-" : "+",
        scaled(printSum([{ factor: 1, atom: only!.atom }], 0, printer), factor, [], printer),
      ],
    ];
  }
  const value = printSum(terms, constant, printer);
  return [["+", scaled(value, stride, extents, printer)]];
}

function scaled(value: Code, factor: number, extents: readonly Affine[], printer: AtomPrinter): Code {
  const stride = Math.abs(factor) === 1 ? [] : [primary(`${Math.abs(factor)}`)];
  const rest = [...stride, ...extents.map((e) => printAffine(e, printer))];
  return product(value.text === "1" && rest.length > 0 ? rest : [value, ...rest]);
}

/** The number of values of a tensor, as code. */
export function printSize(shape: readonly Affine[], printer: AtomPrinter): Code {
  const stride = shape.reduce((n, e) => (e.terms.length === 0 ? n * e.constant : n), 1);
  // batch * 64 rather than 64 * batch: the order of the shape.
  const extents = shape.filter((e) => e.terms.length > 0).map((e) => printAffine(e, printer));
  return product(stride === 1 && extents.length > 0 ? extents : [...extents, primary(`${stride}`)]);
}

function product(codes: readonly Code[]): Code {
  if (codes.length === 1) return codes[0]!;
  const text = codes.map((c, i) => within(c, i === 0 ? precedence.mul : precedence.mul + 1)).join(" * ");
  return { text, precedence: precedence.mul };
}
