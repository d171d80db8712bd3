/** Prints integers and their comparisons, as JavaScript or as another language spells them. */
import { precedence } from "../ir/atoms.ts";
import { rangeOf } from "../ir/affine.ts";
import type { Affine, Condition, IntegerAtom, Term } from "../ir/types.ts";

/** Code with the precedence of its outermost operator. */
export interface Code {
  readonly text: string;
  readonly precedence: number;
  /** The operator, where it matters beside others of its precedence. */
  readonly operator?: string;
}

/** `a % 3` stands bare in a comparison and in parentheses in a sum. */
const remainder = (precedence.compare + precedence.add) / 2;

export const primary = (text: string): Code => ({ text, precedence: precedence.primary });

export function within(code: Code, least: number): string {
  return code.precedence < least ? `(${code.text})` : code.text;
}

/** How a language spells what languages differ in. */
export interface IntegerSpelling {
  readonly equal: string;
  readonly different: string;
  /** ⌊value / divisor⌋ and value mod divisor, where the value may be negative or not. */
  divided(value: Code, divisor: number, mayBeNegative: boolean, printer: AtomPrinter): Code;
  remainder(value: Code, divisor: number, mayBeNegative: boolean, printer: AtomPrinter): Code;
}

/** How atoms are printed; `helper` notes that a helper function is used. */
export interface AtomPrinter {
  readonly integers: IntegerSpelling;
  atom(atom: IntegerAtom): Code;
  helper(name: string): void;
  /** A side of a comparison, where it has to be of the same form as the other one; left out: it is. */
  side?(terms: readonly Term[], text: string): string;
}

export const javascriptIntegers: IntegerSpelling = {
  equal: "===",
  different: "!==",
  divided: (value, divisor, mayBeNegative) => {
    const quotient = `${within(value, precedence.mul)} / ${divisor}`;
    return mayBeNegative
      ? primary(`Math.floor(${quotient})`)
      : { text: `(${quotient}) | 0`, precedence: precedence.select };
  },
  remainder: (value, divisor, mayBeNegative, printer) => {
    if (!mayBeNegative)
      return { text: `${within(value, precedence.prefix)} % ${divisor}`, precedence: remainder };
    printer.helper("floorModulo");
    return primary(`floorModulo(${value.text}, ${divisor})`);
  },
};

/** The parts of a printer, for another one that differs in some. */
export const printerOf = (printer: AtomPrinter): AtomPrinter => ({
  integers: printer.integers,
  atom: (atom) => printer.atom(atom),
  helper: (name) => printer.helper(name),
});

/** `i + u - 1`, `3 - i`, `2 * q`. */
export function printAffine(form: Affine, printer: AtomPrinter): Code {
  return printSum(form.terms, form.constant, printer);
}

export function printSum(terms: readonly Term[], constant: number, printer: AtomPrinter): Code {
  const positive = terms.filter((t) => t.factor > 0);
  const negative = terms.filter((t) => t.factor < 0);
  const written = (list: readonly Term[]): [string, Code][] =>
    list.map((t) => [t.factor < 0 ? "-" : "+", term(Math.abs(t.factor), t.atom, printer)]);
  const number: [string, Code][] =
    constant === 0 ? [] : [[constant < 0 ? "-" : "+", primary(`${Math.abs(constant)}`)]];
  const parts =
    positive.length === 0 && constant > 0
      ? [...number, ...written(negative)]
      : [...written(positive), ...written(negative), ...number];
  return sumOf(parts);
}

/** Joins signed summands. */
export function sumOf(parts: readonly (readonly [sign: string, code: Code])[]): Code {
  const [first, ...rest] = parts;
  if (!first) return primary("0");
  const [sign, code] = first;
  if (rest.length === 0) {
    return sign === "-"
      ? { text: `-${within(code, precedence.prefix)}`, precedence: precedence.prefix }
      : code;
  }
  const head = sign === "-" ? `-${within(code, precedence.prefix)}` : within(code, precedence.add);
  const tail = rest
    .map(([s, c]) => ` ${s} ${within(c, s === "-" ? precedence.mul : precedence.add)}`)
    .join("");
  return { text: head + tail, precedence: precedence.add };
}

function term(factor: number, atom: IntegerAtom, printer: AtomPrinter): Code {
  const code = printAtom(atom, printer);
  if (factor === 1) return code;
  return { text: `${factor} * ${within(code, precedence.prefix)}`, precedence: precedence.mul };
}

function printAtom(atom: IntegerAtom, printer: AtomPrinter): Code {
  if (atom.kind !== "floor" && atom.kind !== "modulo") return printer.atom(atom);
  const value = printAffine(atom.value, printer);
  const mayBeNegative = rangeOf(atom.value).low < 0;
  const { integers } = printer;
  return atom.kind === "floor"
    ? integers.divided(value, atom.divisor, mayBeNegative, printer)
    : integers.remainder(value, atom.divisor, mayBeNegative, printer);
}

/** A comparison with positive terms on both sides: `i + 1 < n`. */
export function printCondition(condition: Condition, printer: AtomPrinter, negated = false): Code {
  const { form, relation } = condition;
  const c = form.constant;
  const positive = form.terms.filter((t) => t.factor > 0);
  const negative = form.terms.filter((t) => t.factor < 0).map((t) => ({ factor: -t.factor, atom: t.atom }));
  const side = ([terms, constant]: readonly [readonly Term[], number]): string => {
    const text = within(printSum(terms, constant, printer), remainder);
    return printer.side?.(terms, text) ?? text;
  };
  const number = (n: number): string => printer.side?.([], `${n}`) ?? `${n}`;
  const compare = (a: string, operator: string, b: string): Code => ({
    text: `${a} ${operator} ${b}`,
    precedence: precedence.compare,
  });
  if (relation === "zero") {
    const operator = negated ? printer.integers.different : printer.integers.equal;
    const left = [positive, Math.max(c, 0)] as const;
    const right = [negative, Math.max(-c, 0)] as const;
    const [a, b] =
      left[0].length > 0 && (right[0].length !== 1 || left[0].length === 1) ? [left, right] : [right, left];
    return compare(side(a), operator, side(b));
  }
  if (negative.length === 0)
    return c === -1 && positive.length === 1
      ? compare(side([positive, 0]), ">", number(0))
      : compare(side([positive, 0]), ">=", number(-c));
  if (c < 0) return compare(side([negative, -c - 1]), "<", side([positive, 0]));
  // n < extent + 1 reads better as n ≤ extent; a bare constant on the right as n < constant.
  if (positive.length === 0) return compare(side([negative, 0]), "<", number(c + 1));
  return compare(side([negative, 0]), "<=", side([positive, c]));
}
