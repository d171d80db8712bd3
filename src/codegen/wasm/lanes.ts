/** Prints integers that differ between lanes, and conditions on them, as instructions on vectors. */
import type { Builder } from "../../ir/builder.ts";
import type { Lanes } from "../../ir/lanes.ts";
import type { Affine, Condition, Constant, Expr, Term } from "../../ir/types.ts";
import type { Wat } from "./text.ts";
import { floatDigits, i32 } from "./text.ts";

/** What integers in lanes need to know of the place where they stand. */
export interface LaneScope {
  readonly lanes: Lanes;
  readonly builder: Builder;
  /** An integer in the first lane. */
  first(form: Affine): Wat;
  four(e: Expr): Wat;
}

/** Four times a number, or numbers that are `step` apart. */
export const fourIntegers = (from: number, step = 0): Wat => [
  "v128.const",
  "i32x4",
  ...[0, 1, 2, 3].map((lane) => `${from + lane * step}`),
];

/** Four times a constant. */
export const fourOf = ({ type, value }: Pick<Constant, "type" | "value">): Wat =>
  type === "bool"
    ? fourIntegers(value === 0 ? 0 : -1)
    : ["v128.const", "f32x4", ...Array<string>(4).fill(floatDigits(value))];

/** Masks of four truth values, which are bytes in memory: 1 becomes −1, all ones. */
export const masksOf = (bytes: Wat): Wat => [
  "i32x4.neg",
  ["i32x4.extend_low_i16x8_u", ["i16x8.extend_low_i8x16_u", bytes]],
];

/** An integer in two parts: what follows from the place of the lane, and what differs in any other way. */
interface Split {
  /** The value in the first lane. */
  readonly first: Affine;
  /** How much more it is in each lane than in the one before. */
  readonly slope: number;
  readonly others: readonly Term[];
}

function split(form: Affine, { lanes, builder }: LaneScope): Split {
  const others = form.terms.filter((t) => t.atom !== lanes.index && lanes.variesAtom(t.atom));
  const plain = form.terms.filter((t) => !others.includes(t));
  const slope = plain.find((t) => t.atom === lanes.index)?.factor ?? 0;
  return { first: builder.affine(form.constant, plain), slope, others };
}

/** An integer that varies. */
export function printIntegers(form: Affine, scope: LaneScope): Wat {
  const { first, slope, others } = split(form, scope);
  const sum = printOthers(others, scope);
  if (sum !== undefined && first.terms.length === 0 && first.constant === 0) return sum;
  const plain = printPlain(first, slope, scope);
  return sum === undefined ? plain : ["i32x4.add", sum, plain];
}

function printPlain(first: Affine, slope: number, scope: LaneScope): Wat {
  if (slope === 0) return scope.four(first);
  return ["i32x4.add", ["i32x4.splat", scope.first(first)], fourIntegers(0, slope)];
}

/** A mask of the lanes in which a condition holds, if its integer varies. */
export function printMask({ form, relation }: Condition, scope: LaneScope): Wat {
  const { first, slope, others } = split(form, scope);
  const compare = relation === "zero" ? "i32x4.eq" : "i32x4.ge_s";
  const sum = printOthers(others, scope);
  // f + s·lane ≥ 0 is f ≥ −s·lane.
  if (sum === undefined) return [compare, ["i32x4.splat", scope.first(first)], fourIntegers(0, -slope)];
  return [compare, sum, printPlain(scope.builder.times(first, -1), -slope, scope)];
}

function printOthers(terms: readonly Term[], scope: LaneScope): Wat | undefined {
  return terms.reduce<Wat | undefined>((sum, t) => {
    const value = scaled(printAtom(t, scope), sum === undefined ? t.factor : Math.abs(t.factor));
    return sum === undefined ? value : [t.factor < 0 ? "i32x4.sub" : "i32x4.add", sum, value];
  }, undefined);
}

function scaled(value: Wat, factor: number): Wat {
  if (factor === 1) return value;
  return factor === -1 ? ["i32x4.neg", value] : ["i32x4.mul", value, fourIntegers(factor)];
}

function printAtom({ atom }: Term, scope: LaneScope): Wat {
  switch (atom.kind) {
    case "index":
    case "dim":
      throw new Error(`\`${atom.name}\` is no vector`);
    case "opaque":
      return scope.four(atom.value);
    case "floor":
    case "modulo": {
      // Of a power of two, both are right for negative numbers too.
      const power = Math.log2(atom.divisor);
      if (!Number.isInteger(power)) throw new Error(`lanes are divided by ${atom.divisor}`);
      const value = scope.four(atom.value);
      return atom.kind === "floor"
        ? ["i32x4.shr_s", value, i32(power)]
        : ["v128.and", value, fourIntegers(atom.divisor - 1)];
    }
  }
}
