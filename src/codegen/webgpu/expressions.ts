/**
 * Prints scalar expressions as WGSL: spellings come from the atom table, parentheses from precedences. WGSL has no
 * conditional expression that leaves out what is not chosen: where that matters, a value is chosen by an `if` that stands
 * before the statement.
 */
import type { WgslSpelling } from "../../ir/atom.ts";
import { atoms, precedence } from "../../ir/atoms.ts";
import type { Affine, Apply, Constant, Expr, IntegerAtom, Read, Tensor } from "../../ir/types.ts";
import { mayBeUnwanted } from "../eager.ts";
import type { AtomPrinter, Code } from "../integers.ts";
import { primary, printAffine, printCondition, within } from "../integers.ts";
import type { Names } from "../names.ts";
import { TextBuilder } from "../text.ts";
import { wgslIntegers } from "./integers.ts";
import { floatLiteral, nanBits } from "./literals.ts";
import { wgslNames } from "./names.ts";

/** What an expression needs to know of the place where it stands. */
export interface Scope {
  /** An index, dimension or local, by name. */
  name(thing: Extract<IntegerAtom, { kind: "index" | "dim" }> | Extract<Expr, { kind: "local" }>): string;
  /** A buffer, or a scalar that is passed by value. */
  tensor(tensor: Tensor): { readonly name: string; readonly byValue: boolean };
  /** The place of a value in its binding. */
  address(tensor: Tensor, subscripts: readonly Affine[], printer: AtomPrinter): string;
  helper(name: string): void;
  /** Whether the read is in range wherever the kernel's loops lead. */
  isInRange(read: Read): boolean;
  /** Whether it may be divided by as it stands. */
  isAwayFromZero(divisor: Expr): boolean;
}

export class Expressions implements AtomPrinter {
  readonly integers = wgslIntegers;
  private memo: Memo = new Memo(null);

  /** What has to stand before a statement is written to `out`, with names of the scope. */
  constructor(
    private readonly scope: Scope,
    private names: Names,
    private out: TextBuilder,
  ) {}

  /** From here on, this is what the value of the expression is. */
  standFor(e: Expr, code: Code): void {
    this.memo.set(e, code);
  }

  print(e: Expr): Code {
    const known = this.memo.get(e);
    if (known) return known;
    const code = this.build(e);
    this.memo.set(e, code);
    return code;
  }

  text(e: Expr): string {
    return this.print(e).text;
  }

  /** The value as it stands in a buffer: truth values are 0 and 1 there. */
  stored(e: Expr): string {
    if (e.type !== "bool") return this.text(e);
    return e.kind === "constant" ? `${e.value}u` : `u32(${this.text(e)})`;
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
        return this.constant(e);
      case "affine":
        return printAffine(e, this);
      case "read":
        return this.read(e, "!=");
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

  private constant({ value, type }: Pick<Constant, "value" | "type">): Code {
    if (type === "bool") return primary(value === 0 ? "false" : "true");
    if (Number.isNaN(value)) {
      this.helper("fromBits");
      return primary(`fromBits(${nanBits})`);
    }
    const text = floatLiteral(value);
    return text.startsWith("-") ? { text, precedence: precedence.prefix } : primary(text);
  }

  private read(e: Read, relation: "==" | "!="): Code {
    const place = this.place(e.tensor, e.subscripts);
    if (e.type !== "bool") return primary(place);
    return { text: `${place} ${relation} 0u`, precedence: precedence.compare };
  }

  // --------------------------------------------------------------------------------------------------------- applications

  private apply(e: Apply): Code {
    const spelling: WgslSpelling = atoms[e.atom].wgsl;
    const args = e.args;
    const [a, b] = args as [Expr, Expr];
    if (spelling.integers !== undefined && e.type === "i32") return this.call(spelling.integers, args);
    if (spelling.ofSame !== undefined && a === b && a.type === "f32") {
      this.helper(spelling.ofSame);
      return this.call(spelling.ofSame, [a]);
    }
    if (spelling.nearZero !== undefined && !this.scope.isAwayFromZero(b)) {
      this.helper(spelling.nearZero);
      return this.call(spelling.nearZero, args);
    }
    switch (spelling.form) {
      case "infix":
        return this.infix(spelling.operator, spelling.precedence, [a, b]);
      case "prefix":
        return this.prefix(spelling.operator, spelling.precedence, a);
      case "helper":
        this.helper(spelling.callee);
        return this.call(spelling.callee, args);
      case "call":
        return this.call(spelling.callee, args);
      case "power":
        return this.power(spelling.callee, [a, b]);
      case "conditional":
        return this.conditional(args as [Expr, Expr, Expr]);
      case "both":
      case "either":
        return this.logic(spelling, [a, b]);
      case "number":
        if (a.type === e.type) return this.print(a);
        return a.kind === "constant"
          ? primary(e.type === "i32" ? `${a.value}` : floatLiteral(a.value))
          : this.call(e.type, [a]);
      case "same":
        return this.print(a);
    }
  }

  private call(callee: string, args: readonly Expr[]): Code {
    return primary(`${callee}(${args.map((a) => this.text(a)).join(", ")})`);
  }

  /** Sums of negative numbers are differences; comparisons do not chain. */
  private infix(operator: string, own: number, [a, b]: readonly [Expr, Expr]): Code {
    if (operator === "+") {
      const negated = this.negated(b);
      if (negated) return joined(this.print(a), "-", negated, own);
    }
    return joined(this.print(a), operator, this.print(b), own);
  }

  /** The operand, where the expression is a negation or a negative number. */
  negated(e: Expr): Code | undefined {
    if (e.kind === "constant" && e.value < 0) return this.constant({ ...e, value: -e.value });
    if (e.kind !== "apply") return undefined;
    const spelling = atoms[e.atom].wgsl;
    return spelling.form === "prefix" && spelling.operator === "-" ? this.print(e.args[0]!) : undefined;
  }

  private prefix(operator: string, own: number, arg: Expr): Code {
    if (operator === "!" && arg.kind === "condition") return printCondition(arg, this, true);
    if (operator === "!" && arg.kind === "read") return this.read(arg, "==");
    const code = this.print(arg);
    const inner = code.text.startsWith(operator) ? `(${code.text})` : within(code, own);
    return { text: operator + inner, precedence: own };
  }

  /** Powers with small whole exponents are products. */
  private power(callee: string, [base, exponent]: readonly [Expr, Expr]): Code {
    const name = exponent.kind === "constant" ? products.get(exponent.value) : undefined;
    if (name === undefined) {
      this.helper(callee);
      return this.call(callee, [base, exponent]);
    }
    if (name === "square" && (base.kind === "local" || base.kind === "read")) {
      const x = this.text(base);
      return { text: `${x} * ${x}`, precedence: precedence.mul, operator: "*" };
    }
    this.helper(name);
    return this.call(name, [base]);
  }

  // ------------------------------------------------------------------------------------------------------ what is lazy

  /** `select` computes both; where that could fail or is dear, an `if` before the statement chooses. */
  private conditional([condition, chosen, otherwise]: readonly [Expr, Expr, Expr]): Code {
    if (this.isEager(chosen) && this.isEager(otherwise)) {
      const both = `${this.text(otherwise)}, ${this.text(chosen)}`;
      return primary(`select(${both}, ${this.text(condition)})`);
    }
    const test = this.text(condition);
    const name = this.names.fresh("chosen");
    this.out.line(`var ${name}: ${chosen.type};`);
    this.out.line(`if (${test}) {`);
    this.branch(chosen, name);
    this.out.line("} else {");
    this.branch(otherwise, name);
    this.out.line("}");
    return primary(name);
  }

  /** `&&` and `||` leave out the second where the first decides, unless something has to stand before the second. */
  private logic(
    { form, operator, precedence: own }: Extract<WgslSpelling, { readonly operator: string }>,
    [a, b]: readonly [Expr, Expr],
  ): Code {
    const first = this.print(a);
    const name = this.names.fresh(form === "both" ? "both" : "either");
    const [second, before] = this.aside(() => this.print(b));
    if (before.lines.length === 0) return joined(first, operator, second, own);
    this.out.line(`var ${name} = ${first.text};`);
    this.out.line(`if (${form === "both" ? name : `!${name}`}) {`);
    this.branch(b, name);
    this.out.line("}");
    return primary(name);
  }

  private branch(e: Expr, name: string): void {
    const [code, before] = this.aside(() => this.print(e));
    this.out.indented(() => {
      this.out.append(before.lines);
      this.out.line(`${name} = ${code.text};`);
    });
  }

  /** Prints what only some get to: what stands before it is kept apart, and nothing of it is known elsewhere. */
  private aside(print: () => Code): [Code, TextBuilder] {
    const outside = { memo: this.memo, names: this.names, out: this.out };
    const before = new TextBuilder(this.out.language);
    this.memo = new Memo(this.memo);
    this.names = wgslNames(this.names);
    this.out = before;
    const code = print();
    Object.assign(this, outside);
    return [code, before];
  }

  private isEager(e: Expr): boolean {
    return mayBeUnwanted(e, (read) => this.scope.isInRange(read));
  }
}

/** What was printed, here and before. */
class Memo {
  private readonly own = new Map<Expr, Code>();

  constructor(private readonly before: Memo | null) {}

  get(e: Expr): Code | undefined {
    return this.own.get(e) ?? this.before?.get(e);
  }

  set(e: Expr, code: Code): void {
    this.own.set(e, code);
  }
}

const products: ReadonlyMap<number, string> = new Map([
  [2, "square"],
  [3, "cube"],
]);

function joined(a: Code, operator: string, b: Code, own: number): Code {
  const isLogic = own < precedence.compare;
  const chains = isLogic ? a.operator === operator : own !== precedence.compare;
  // `a * b / c` is clearer as `(a * b) / c`; `a && b || c` is an error.
  const isMixed = own === precedence.mul && a.precedence === own && a.operator !== operator;
  const least = isLogic && !chains ? precedence.compare : chains && !isMixed ? own : own + 1;
  const right = within(b, isLogic ? precedence.compare : own + 1);
  return { text: `${within(a, least)} ${operator} ${right}`, precedence: own, operator };
}
