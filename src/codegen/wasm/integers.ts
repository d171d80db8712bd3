/** Prints integers, conditions on them, and places in memory, as instructions. */
import { rangeOf } from "../../ir/affine.ts";
import type { Affine, Condition, Dim, Index, IntegerAtom, Opaque, Tensor, Term } from "../../ir/types.ts";
import { positionOf, sizeOfElement } from "./addresses.ts";
import type { Wat } from "./text.ts";
import { get, i32, plus, times } from "./text.ts";

/** What integers need to know of the place where they stand. */
export interface IntegerScope {
  /** The local that holds an index or a dimension. */
  name(thing: Index | Dim): string;
  opaque(value: Opaque["value"]): Wat;
  /** Notes that a function is called. */
  helper(name: string): void;
}

/** Where a value stands: an address, and a distance that the instruction adds to it. */
export interface Place {
  readonly address: Wat;
  readonly offset: number;
}

export function printAffine(form: Affine, scope: IntegerScope): Wat {
  return printSum(form.terms, form.constant, scope);
}

function printSum(terms: readonly Term[], constant: number, scope: IntegerScope): Wat {
  const code = (t: Term): Wat => times(printAtom(t.atom, scope), Math.abs(t.factor));
  const positive = terms.filter((t) => t.factor > 0).map(code);
  const negative = terms.filter((t) => t.factor < 0).map(code);
  const [first, ...rest] = positive;
  if (first === undefined && negative.length === 0) return i32(constant);
  const start = rest.reduce<Wat>((sum, t) => ["i32.add", sum, t], first ?? i32(constant));
  const difference = negative.reduce<Wat>((sum, t) => ["i32.sub", sum, t], start);
  return first === undefined ? difference : plus(difference, constant);
}

function printAtom(atom: IntegerAtom, scope: IntegerScope): Wat {
  switch (atom.kind) {
    case "index":
    case "dim":
      return get(scope.name(atom));
    case "opaque":
      return scope.opaque(atom.value);
    case "floor":
    case "modulo": {
      const value = printAffine(atom.value, scope);
      const power = Math.log2(atom.divisor);
      const isFloor = atom.kind === "floor";
      // Of a power of two, both are right for negative numbers too.
      if (Number.isInteger(power))
        return isFloor ? ["i32.shr_s", value, i32(power)] : ["i32.and", value, i32(atom.divisor - 1)];
      if (rangeOf(atom.value).low >= 0)
        return [isFloor ? "i32.div_u" : "i32.rem_u", value, i32(atom.divisor)];
      const helper = isFloor ? "integer_div" : "integer_mod";
      scope.helper(helper);
      return ["call", `$${helper}`, value, i32(atom.divisor)];
    }
  }
}

/** A comparison with positive terms on both sides: 1, where it holds, else 0. */
export function printCondition({ form, relation }: Condition, scope: IntegerScope): Wat {
  const c = form.constant;
  const side = (sign: number): Wat =>
    printSum(
      form.terms.filter((t) => t.factor * sign > 0).map((t) => ({ ...t, factor: t.factor * sign })),
      Math.max(c * sign, 0),
      scope,
    );
  if (relation === "nonnegative") return ["i32.ge_s", side(1), side(-1)];
  const isPlain = c <= 0 && form.terms.every((t) => t.factor > 0);
  return isPlain && c === 0 ? ["i32.eqz", side(1)] : ["i32.eq", side(1), side(-1)];
}

/** A place computed from nothing but the address of its tensor. */
export function printPlace(
  tensor: Tensor,
  base: string,
  subscripts: readonly Affine[],
  scope: IntegerScope,
): Place {
  const size = sizeOfElement(tensor);
  const fixed = positionOf(tensor, subscripts).number;
  if (fixed !== undefined && fixed >= 0) return { address: get(base), offset: fixed * size };
  const position = subscripts.reduce<Wat | undefined>((before, subscript, d) => {
    const own = printAffine(subscript, scope);
    if (before === undefined) return isZero(subscript) ? undefined : own;
    const extent = tensor.shape[d]!;
    const scaled: Wat =
      extent.terms.length === 0
        ? times(before, extent.constant)
        : ["i32.mul", before, printAffine(extent, scope)];
    if (subscript.terms.length === 0) return plus(scaled, subscript.constant);
    return ["i32.add", scaled, own];
  }, undefined);
  return { address: ["i32.add", get(base), times(position!, size)], offset: 0 };
}

const isZero = (form: Affine): boolean => form.terms.length === 0 && form.constant === 0;

/** `offset=8`, where it is not 0. */
export const offsetOf = ({ offset }: Place): readonly string[] => (offset === 0 ? [] : [`offset=${offset}`]);
