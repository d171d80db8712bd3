/**
 * Prints scalar expressions as WGSL: spellings come from the atom table, parentheses from precedences. WGSL has no
 * conditional expression that leaves out what is not chosen: where that matters, a value is chosen by an `if` that stands
 * before the statement.
 *
 * Where an invocation computes four cells at once, what differs between them is a vector. Sums and products take numbers beside
 * vectors; whatever else has vectors among its operands has them all as vectors.
 */
import type { WgslSpelling } from "../../ir/atom.ts";
import { atoms, precedence } from "../../ir/atoms.ts";
import type { Affine, Apply, Condition, Expr, IntegerAtom, Read, Tensor, Term } from "../../ir/types.ts";
import { mayBeUnwanted } from "../eager.ts";
import type { AtomPrinter, Code } from "../integers.ts";
import { primary, printAffine, printCondition, printerOf, within } from "../integers.ts";
import type { Names } from "../names.ts";
import { TextBuilder } from "../text.ts";
import { wgslIntegers } from "./integers.ts";
import { floatLiteral, printConstant } from "./literals.ts";
import { inLanes } from "./math/index.ts";
import { Memo } from "./memo.ts";
import { wgslNames } from "./names.ts";
import { joined, joinedInLanes } from "./operators.ts";
import type { Scope } from "./scope.ts";
import { vectorTypes } from "./vectors.ts";

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

  /** The value as it stands in a buffer, in all of a vector or in one place: truth values are 0 and 1 there. */
  stored(e: Expr, isVector: boolean): string {
    if (e.type !== "bool") return this.widened(e, isVector).text;
    if (this.scope.isVector(e)) return `vec4u(${this.text(e)})`;
    const single = e.kind === "constant" ? `${e.value}u` : `u32(${this.text(e)})`;
    return isVector ? `vec4u(${single})` : single;
  }

  /** A value where it may have to be a vector. */
  widened(e: Expr, isVector: boolean): Code {
    const code = this.print(e);
    return isVector && !this.scope.isVector(e) ? primary(`${vectorTypes[e.type]}(${code.text})`) : code;
  }

  /** All as vectors, if one is. */
  private alike(list: readonly Expr[]): Code[] {
    const isVector = this.isAnyVector(list);
    return list.map((e) => this.widened(e, isVector));
  }

  private isAnyVector(list: readonly Expr[]): boolean {
    return list.some((e) => this.scope.isVector(e));
  }

  /** `buffer[address]`. */
  place(tensor: Tensor, subscripts: readonly Affine[]): string {
    return this.scope.place(tensor, subscripts, this);
  }

  helper(name: string): void {
    this.scope.helper(name);
  }

  atom(atom: IntegerAtom): Code {
    switch (atom.kind) {
      case "index":
        return this.scope.position(atom);
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
        return printConstant(e, this);
      case "affine":
        return printAffine(e, this);
      case "read":
        return this.read(e, "!=");
      case "apply":
        return this.apply(e);
      case "condition":
        return this.condition(e);
      case "local":
        return primary(this.scope.name(e));
      case "reduce":
        throw new Error("a kernel holds no reduction inside an expression");
    }
  }

  private read(e: Read, relation: "==" | "!="): Code {
    const place = this.place(e.tensor, e.subscripts);
    if (e.type !== "bool") return primary(place);
    const zero = this.scope.isVector(e) ? "vec4u()" : "0u";
    return { text: `${place} ${relation} ${zero}`, precedence: precedence.compare };
  }

  private condition(e: Condition, negated = false): Code {
    if (!this.scope.isVector(e)) return printCondition(e, this, negated);
    const side = (terms: readonly Term[], text: string): string =>
      terms.some((t) => this.scope.isVector(t.atom)) ? text : `${vectorTypes.i32}(${text})`;
    return printCondition(e, { ...printerOf(this), side }, negated);
  }

  // --------------------------------------------------------------------------------------------------------- applications

  private apply(e: Apply): Code {
    const spelling: WgslSpelling = atoms[e.atom].wgsl;
    const args = e.args;
    const [a, b] = args as [Expr, Expr];
    if (spelling.integers !== undefined && e.type === "i32") return this.call(spelling.integers, args);
    if (spelling.ofSame !== undefined && a === b && a.type === "f32")
      return this.callHelper(spelling.ofSame, [a]);
    if (spelling.nearZero !== undefined && !this.scope.isAwayFromZero(b))
      return this.callHelper(spelling.nearZero, args);
    switch (spelling.form) {
      case "infix":
        return this.infix(spelling.operator, spelling.precedence, [a, b]);
      case "prefix":
        return this.prefix(spelling.operator, spelling.precedence, a);
      case "helper":
        return this.callHelper(spelling.callee, args);
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
          : this.call(this.scope.isVector(a) ? vectorTypes[e.type] : e.type, [a]);
      case "same":
        return this.print(a);
    }
  }

  private call(callee: string, args: readonly Expr[]): Code {
    const texts = this.alike(args).map((code) => code.text);
    return primary(`${callee}(${texts.join(", ")})`);
  }

  private callHelper(name: string, args: readonly Expr[]): Code {
    const callee = this.isAnyVector(args) ? inLanes(name) : name;
    this.helper(callee);
    return this.call(callee, args);
  }

  /** Sums of negative numbers are differences; comparisons do not chain. */
  private infix(operator: string, own: number, [a, b]: readonly [Expr, Expr]): Code {
    if (operator === "+") {
      const negated = this.negated(b);
      if (negated) return joined(this.print(a), "-", negated, own);
    }
    const [left, right] = own === precedence.compare ? this.alike([a, b]) : [this.print(a), this.print(b)];
    return joined(left!, operator, right!, own);
  }

  /** The operand, where the expression is a negation or a negative number. */
  negated(e: Expr): Code | undefined {
    if (e.kind === "constant" && e.value < 0) return printConstant({ ...e, value: -e.value }, this);
    if (e.kind !== "apply") return undefined;
    const spelling = atoms[e.atom].wgsl;
    return spelling.form === "prefix" && spelling.operator === "-" ? this.print(e.args[0]!) : undefined;
  }

  private prefix(operator: string, own: number, arg: Expr): Code {
    if (operator === "!" && arg.kind === "condition") return this.condition(arg, true);
    if (operator === "!" && arg.kind === "read") return this.read(arg, "==");
    const code = this.print(arg);
    const inner = code.text.startsWith(operator) ? `(${code.text})` : within(code, own);
    return { text: operator + inner, precedence: own };
  }

  /** Powers with small whole exponents are products. */
  private power(callee: string, [base, exponent]: readonly [Expr, Expr]): Code {
    const name = exponent.kind === "constant" ? products.get(exponent.value) : undefined;
    if (name === undefined) return this.callHelper(callee, [base, exponent]);
    if (name === "square" && (base.kind === "local" || base.kind === "read")) {
      const x = this.text(base);
      return { text: `${x} * ${x}`, precedence: precedence.mul, operator: "*" };
    }
    return this.callHelper(name, [base]);
  }

  // ------------------------------------------------------------------------------------------------------ what is lazy

  /**
   * `select` computes both; where that could fail or is dear, an `if` before the statement chooses. Between cells that
   * differ in what they choose there is only `select`: a read that is out of range and unwanted gives any value (WGSL,
   * "out-of-bounds access"), and is then not taken.
   */
  private conditional([condition, chosen, otherwise]: readonly [Expr, Expr, Expr]): Code {
    const isChosenByEach = this.scope.isVector(condition);
    const isVector = isChosenByEach || this.isAnyVector([chosen, otherwise]);
    if (isChosenByEach || (this.isEager(chosen) && this.isEager(otherwise))) {
      const [no, yes] = [otherwise, chosen].map((e) => this.widened(e, isVector).text);
      return primary(`select(${no}, ${yes}, ${this.text(condition)})`);
    }
    const test = this.text(condition);
    const name = this.names.fresh("chosen");
    this.out.line(`var ${name}: ${isVector ? vectorTypes[chosen.type] : chosen.type};`);
    this.out.line(`if (${test}) {`);
    this.branch(chosen, name, isVector);
    this.out.line("} else {");
    this.branch(otherwise, name, isVector);
    this.out.line("}");
    return primary(name);
  }

  /** `&&` and `||` leave out the second where the first decides, unless something has to stand before the second. */
  private logic(
    { form, operator, precedence: own }: Extract<WgslSpelling, { readonly operator: string }>,
    [a, b]: readonly [Expr, Expr],
  ): Code {
    if (this.isAnyVector([a, b])) {
      const [left, right] = this.alike([a, b]);
      return joinedInLanes(left!, form === "both" ? "&" : "|", right!);
    }
    const first = this.print(a);
    const name = this.names.fresh(form === "both" ? "both" : "either");
    const [second, before] = this.aside(() => this.print(b));
    if (before.lines.length === 0) return joined(first, operator, second, own);
    this.out.line(`var ${name} = ${first.text};`);
    this.out.line(`if (${form === "both" ? name : `!${name}`}) {`);
    this.branch(b, name, false);
    this.out.line("}");
    return primary(name);
  }

  private branch(e: Expr, name: string, isVector: boolean): void {
    const [code, before] = this.aside(() => this.widened(e, isVector));
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

const products: ReadonlyMap<number, string> = new Map([
  [2, "square"],
  [3, "cube"],
]);
