/** Prints scalar expressions as JavaScript: spellings come from the atom table, parentheses from precedences. */
import type { AtomName } from "../ir/atoms.ts";
import { atoms, precedence } from "../ir/atoms.ts";
import type { Affine, Apply, Constant, Expr, IntegerAtom, Read, Tensor } from "../ir/types.ts";
import type { AtomPrinter, Code } from "./integers.ts";
import { javascriptIntegers, primary, printAffine, printCondition, within } from "./integers.ts";

/** What an expression needs to know of the place where it stands. */
export interface Scope {
  /** An index, dimension or local, by name. */
  name(thing: Extract<IntegerAtom, { kind: "index" | "dim" }> | Extract<Expr, { kind: "local" }>): string;
  /** A buffer, or a scalar that is passed by value. */
  tensor(tensor: Tensor): { readonly name: string; readonly byValue: boolean };
  /** The place of a value in its buffer. */
  address(tensor: Tensor, subscripts: readonly Affine[], printer: AtomPrinter): string;
  helper(name: string): void;
}

export class ExpressionPrinter implements AtomPrinter {
  readonly integers = javascriptIntegers;
  private readonly memo = new Map<Expr, Code>();

  constructor(private readonly scope: Scope) {}

  print(e: Expr): Code {
    const known = this.memo.get(e);
    if (known) return known;
    const code = this.build(e);
    this.memo.set(e, code);
    return code;
  }

  /** From here on, the value is spelled as this. */
  spell(e: Expr, code: Code): void {
    this.memo.set(e, code);
  }

  text(e: Expr): string {
    return this.print(e).text;
  }

  /** The value as it stands in a buffer: truth values are 0 and 1 there. */
  stored(e: Expr): string {
    return e.type === "bool" ? this.numberOf(e).text : this.text(e);
  }

  /** `buffer[address]`. */
  place(tensor: Tensor, subscripts: readonly Affine[]): string {
    const { name, byValue } = this.scope.tensor(tensor);
    return byValue ? name : `${name}[${this.scope.address(tensor, subscripts, this)}]`;
  }

  helper(name: string): void {
    this.scope.helper(name);
  }

  atom(atom: IntegerAtom): Code {
    switch (atom.kind) {
      case "index":
      case "dim":
        return primary(this.scope.name(atom));
      case "opaque":
        return this.print(atom.value);
      case "floor":
      case "modulo":
        throw new Error("divisions are printed with the integers");
    }
  }

  private build(e: Expr): Code {
    switch (e.kind) {
      case "constant":
        return constant(e);
      case "affine":
        return printAffine(e, this);
      case "read":
        return this.read(e);
      case "apply":
        return this.apply(e);
      case "condition":
        return printCondition(e, this);
      case "local":
        return primary(this.scope.name(e));
      case "reduce":
        throw new Error("a kernel holds no reduction inside an expression");
    }
  }

  private read(e: Read): Code {
    const place = this.place(e.tensor, e.subscripts);
    const isFlag = e.type === "bool" && !this.scope.tensor(e.tensor).byValue;
    return isFlag ? { text: `${place} !== 0`, precedence: precedence.compare } : primary(place);
  }

  private apply(e: Apply): Code {
    const spelling = atoms[e.atom].javascript;
    const args = e.args;
    switch (spelling.form) {
      case "infix":
        return this.infix(spelling.operator, spelling.precedence, args as [Expr, Expr]);
      case "prefix":
        return this.prefix(spelling.operator, spelling.precedence, args[0]!);
      case "helper":
        this.helper(spelling.callee);
        return this.call(spelling.callee, args);
      case "call":
        return this.call(spelling.callee, args);
      case "power":
        return this.product(args as [Expr, Expr]) ?? this.call(spelling.callee, args);
      case "conditional":
        return conditional(
          this.print(args[0]!),
          ...([args[1]!, args[2]!].map((a) => this.text(a)) as [string, string]),
        );
      case "number":
        return this.numberOf(args[0]!);
      case "same":
        return this.print(args[0]!);
    }
  }

  private call(callee: string, args: readonly Expr[]): Code {
    return primary(`${callee}(${args.map((a) => this.text(a)).join(", ")})`);
  }

  /** Sums of negative numbers are differences; comparisons do not chain; `&&` and `||` need no order. */
  private infix(operator: string, own: number, [a, b]: [Expr, Expr]): Code {
    const opposite = operator === "+" ? "-" : operator === "-" ? "+" : undefined;
    if (opposite !== undefined && b.kind === "constant" && b.value < 0) {
      const positive = constant({ ...b, value: -b.value });
      return {
        text: `${within(this.print(a), own)} ${opposite} ${within(positive, own + 1)}`,
        precedence: own,
      };
    }
    if (operator === "+") {
      const negated = this.negated(b);
      if (negated)
        return { text: `${within(this.print(a), own)} - ${within(negated, own + 1)}`, precedence: own };
    }
    const turned =
      a.kind === "constant" && b.kind !== "constant" ? turnedComparisons.get(operator) : undefined;
    if (turned !== undefined) return this.infix(turned, own, [b, a]);
    const chains = own < precedence.compare;
    const first = this.print(a);
    // a * b / c is clearer as (a * b) / c.
    const isMixed = own === precedence.mul && first.precedence === own && first.operator !== operator;
    const left = within(first, own === precedence.compare || isMixed ? own + 1 : own);
    const right = within(this.print(b), chains ? own : own + 1);
    return { text: `${left} ${operator} ${right}`, precedence: own, operator };
  }

  /** What is added to or subtracted from the place that the value is stored in, where it is such a step. */
  stepFrom(
    tensor: Tensor,
    subscripts: readonly Affine[],
    value: Expr,
  ): { operator: string; code: Code } | undefined {
    if (value.kind !== "apply" || value.args[0]?.kind !== "read") return undefined;
    const [start, change] = value.args as [Read, Expr];
    const spelling = atoms[value.atom].javascript;
    const isSame = start.tensor === tensor && start.subscripts.every((s, d) => s === subscripts[d]);
    if (!isSame || spelling.form !== "infix" || !"+-*/".includes(spelling.operator)) return undefined;
    return { operator: spelling.operator, code: this.print(change) };
  }

  /** The operand, where the expression is a negation. */
  negated(e: Expr): Code | undefined {
    if (e.kind !== "apply") return undefined;
    const spelling = atoms[e.atom].javascript;
    return spelling.form === "prefix" && spelling.operator === "-" ? this.print(e.args[0]!) : undefined;
  }

  private prefix(operator: string, own: number, arg: Expr): Code {
    if (operator === "!") {
      if (arg.kind === "condition") return printCondition(arg, this, true);
      const isEquality = arg.kind === "apply" && isInfix(arg.atom, "===");
      if (isEquality) return this.infix("!==", precedence.compare, arg.args as [Expr, Expr]);
      if (arg.kind === "read" && !this.scope.tensor(arg.tensor).byValue) {
        return { text: `${this.place(arg.tensor, arg.subscripts)} === 0`, precedence: precedence.compare };
      }
    }
    const code = this.print(arg);
    const inner = code.text.startsWith(operator) ? `(${code.text})` : within(code, own);
    return { text: operator + inner, precedence: own };
  }

  /** The number of a truth value or an integer. */
  private numberOf(e: Expr): Code {
    if (e.type !== "bool") return this.print(e);
    if (e.kind === "constant") return primary(`${e.value}`);
    return conditional(this.print(e), "1", "0");
  }

  /** Squares and cubes are products. */
  private product([base, exponent]: [Expr, Expr]): Code | undefined {
    if (exponent.kind !== "constant") return undefined;
    if (exponent.value !== 2 && exponent.value !== 3) return undefined;
    const x = this.text(base);
    if (base.kind === "local" || base.kind === "read") {
      const text = Array<string>(exponent.value).fill(x).join(" * ");
      return { text, precedence: precedence.mul, operator: "*" };
    }
    const callee = exponent.value === 2 ? "square" : "cube";
    this.helper(callee);
    return primary(`${callee}(${x})`);
  }
}

/** `0 < x` reads better as `x > 0`. */
const turnedComparisons: ReadonlyMap<string, string> = new Map([
  ["<", ">"],
  ["<=", ">="],
  ["===", "==="],
]);

function isInfix(atom: AtomName, operator: string): boolean {
  const spelling = atoms[atom].javascript;
  return spelling.form === "infix" && spelling.operator === operator;
}

function conditional(condition: Code, chosen: string, otherwise: string): Code {
  return {
    text: `${within(condition, precedence.or)} ? ${chosen} : ${otherwise}`,
    precedence: precedence.select,
  };
}

/** A literal: the shortest digits that give the same number. */
export function constant({ value, type }: Pick<Constant, "value" | "type">): Code {
  if (type === "bool") return primary(value === 0 ? "false" : "true");
  if (Number.isNaN(value)) return primary("NaN");
  const negative = value < 0 || Object.is(value, -0);
  const digits = `${Math.abs(value)}`.replace("e+", "e");
  // 1 / 6 says more than its digits, and is the same number.
  const inverse = Math.round(1 / Math.abs(value));
  if (digits.length > 8 && inverse < 1e7 && 1 / inverse === Math.abs(value)) {
    return { text: `${negative ? "-" : ""}1 / ${inverse}`, precedence: precedence.mul, operator: "/" };
  }
  return negative ? { text: `-${digits}`, precedence: precedence.prefix } : primary(digits);
}
