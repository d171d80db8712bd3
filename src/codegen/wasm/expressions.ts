/**
 * Prints scalar expressions as instructions, for one value or, in a loop that takes four turns at once, for one in each
 * lane of a vector. Spellings come from the table of atoms.
 */
import type { Lanes } from "../../ir/lanes.ts";
import { atoms } from "../../ir/atoms.ts";
import type { WatSpelling } from "../../ir/atoms.ts";
import type { Affine, Apply, Constant, Expr, Local, Read, ScalarType, Tensor } from "../../ir/types.ts";
import type { Builder } from "../../ir/builder.ts";
import { positionOf } from "./addresses.ts";
import { mayBeUnwanted } from "../eager.ts";
import { inPlace, isProduct } from "./inlining.ts";
import type { IntegerScope, Place } from "./integers.ts";
import { offsetOf, printAffine, printCondition } from "./integers.ts";
import type { LaneScope } from "./lanes.ts";
import { fourIntegers, fourOf, masksOf, printIntegers, printMask } from "./lanes.ts";
import type { Wat } from "./text.ts";
import { floatDigits, get, i32 } from "./text.ts";

export type WatType = "i32" | "f32" | "v128";

/** What an expression needs to know of the place where it stands. */
export interface Scope extends Omit<IntegerScope, "opaque" | "name"> {
  name(thing: Parameters<IntegerScope["name"]>[0] | Local): string;
  /** The local of a scalar that is passed by value. */
  scalar(tensor: Tensor): string | undefined;
  place(tensor: Tensor, subscripts: readonly Affine[], integers: IntegerScope): Place;
  /** A new local. */
  fresh(name: string, type: WatType): string;
  /** The loop in lanes that this stands in. */
  readonly lanes: Lanes | null;
  /** Four times a value that is known before the loop in lanes: the local that holds it. */
  spread(e: Expr, value: () => Wat): string | undefined;
  /** Whether this stands in a loop in lanes where texts of functions may stand. */
  readonly functionsInPlace: boolean;
  readonly builder: Builder;
  /** Reads that occur again before anything is stored. */
  readonly again: ReadonlySet<Read>;
  /** Whether the read is in range wherever the statement is executed. */
  isInRange(read: Read): boolean;
}

export const typeOf = (type: ScalarType): WatType => (type === "f32" ? "f32" : "i32");

export class Expressions implements IntegerScope {
  /** What was read, by whether it fills four lanes. */
  private readonly held = { one: new Map<Read, string>(), four: new Map<Read, string>() };
  /** How many branches surround what is printed: what is read there may not be held for later. */
  private branches = 0;

  constructor(private readonly scope: Scope) {}

  varies(e: Expr): boolean {
    return this.scope.lanes?.varies(e) === true;
  }

  name(thing: Parameters<IntegerScope["name"]>[0]): string {
    return this.scope.name(thing);
  }

  opaque(value: Read | Apply | Local | Expr): Wat {
    return this.one(value);
  }

  helper(name: string): void {
    this.scope.helper(name);
  }

  /** The value: a vector, if it varies. */
  print(e: Expr): Wat {
    return this.varies(e) ? this.four(e) : this.one(e);
  }

  place(tensor: Tensor, subscripts: readonly Affine[]): Place {
    return this.scope.place(tensor, subscripts, this);
  }

  // ----------------------------------------------------------------------------------------------------------- one value

  /** A value that is the same in all lanes. */
  one(e: Expr): Wat {
    if (this.varies(e)) throw new Error("a value differs between lanes");
    switch (e.kind) {
      case "constant":
        return e.type === "f32" ? ["f32.const", floatDigits(e.value)] : i32(e.value);
      case "affine":
        return printAffine(e, this);
      case "condition":
        return printCondition(e, this);
      case "local":
        return get(this.scope.name(e));
      case "read":
        return this.read(e);
      case "apply":
        return this.apply(e, e.args[0]!.type, typeOf(e.type), (a) => this.one(a));
      case "reduce":
        throw new Error("a kernel holds no reduction inside an expression");
    }
  }

  private read(e: Read): Wat {
    const scalar = this.scope.scalar(e.tensor);
    if (scalar !== undefined) return get(scalar);
    const load = e.type === "f32" ? "f32.load" : e.type === "i32" ? "i32.load" : "i32.load8_u";
    return this.load(e, load, typeOf(e.type), this.held.one);
  }

  private load(e: Read, instruction: string, type: WatType, held: Map<Read, string>): Wat {
    const known = held.get(e);
    if (known !== undefined) return get(known);
    const place = this.place(e.tensor, e.subscripts);
    const load = [instruction, ...offsetOf(place), place.address];
    if (this.branches > 0 || !this.scope.again.has(e)) return load;
    const name = this.scope.fresh(`${e.tensor.name.split(".").at(-1)!}_value`, type);
    held.set(e, name);
    return ["local.tee", name, load];
  }

  // ---------------------------------------------------------------------------------------------------------- four values

  /** A value for each lane. */
  four(e: Expr): Wat {
    if (e.kind === "constant") return fourOf(e);
    if (!this.varies(e)) return this.spread(e);
    switch (e.kind) {
      case "local":
        return get(this.scope.name(e));
      case "read":
        this.requireNeighbours(e.tensor, e.subscripts);
        return e.type === "bool"
          ? masksOf(this.load(e, "v128.load32_zero", "v128", this.held.four))
          : this.load(e, "v128.load", "v128", this.held.four);
      case "apply":
        return this.apply(e, e.args[0]!.type, "v128", (a) => this.four(a));
      case "affine":
        return printIntegers(e, this.laneScope);
      case "condition":
        return printMask(e, this.laneScope);
      case "reduce":
        throw new Error("a kernel holds no reduction inside an expression");
    }
  }

  private get laneScope(): LaneScope {
    const { lanes, builder } = this.scope;
    return { lanes: lanes!, builder, first: (form) => printAffine(form, this), four: (e) => this.four(e) };
  }

  private spread(e: Expr): Wat {
    if (e.kind === "affine" && e.terms.length === 0) return fourIntegers(e.constant);
    const make = (): Wat => {
      const one = this.one(e);
      if (e.type === "bool") return ["i32x4.splat", ["i32.sub", i32(0), one]];
      return [`${e.type}x4.splat`, one];
    };
    const known = this.scope.spread(e, make);
    if (known !== undefined) return get(known);
    if (e.kind === "read" && e.type === "f32" && this.scope.scalar(e.tensor) === undefined)
      return this.load(e, "v128.load32_splat", "v128", this.held.four);
    return make();
  }

  /** Four values lie side by side. */
  requireNeighbours(tensor: Tensor, subscripts: readonly Affine[]): void {
    const slope = positionOf(tensor, subscripts).split(this.scope.lanes!.index)?.slope.number;
    if (slope !== 1) throw new Error(`the lanes of \`${tensor.name}\` are not neighbours in memory`);
  }

  // --------------------------------------------------------------------------------------------------------- applications

  private apply(e: Apply, given: ScalarType, type: WatType, print: (a: Expr) => Wat): Wat {
    const row = atoms[e.atom].wat;
    const spelling = spellingOf(row, given, type);
    const args = e.args;
    switch (row.form) {
      case "apply":
        return this.call(this.ofNumber(row, type, args) ?? [spelling, args], e, print);
      case "power":
        return isProduct(e) ? this.product(args, type, print) : this.call([spelling, args], e, print);
      case "conditional":
        return this.conditional(args, type, print);
      case "both":
      case "either":
        return this.logic(row.form, spelling!, args, type, print);
      case "number":
        return this.number(e, type);
      case "same":
        return print(args[0]!);
    }
  }

  private call(
    [spelling, args]: readonly [string | undefined, readonly Expr[]],
    e: Apply,
    print: (a: Expr) => Wat,
  ): Wat {
    if (spelling === undefined) throw new Error(`there is no \`${e.atom}\` of such arguments`);
    const values = args.map(print);
    if (spelling.includes(".")) return [spelling, ...values];
    const fresh = (name: string, kind: string): string => this.scope.fresh(name, kind as WatType);
    const written = inPlace(spelling, values, fresh, this.varies(e) && this.scope.functionsInPlace);
    if (written !== undefined) return written;
    this.helper(spelling);
    return ["call", `$${spelling}`, ...values];
  }

  /** The quicker instruction for a number as one of two arguments, which then comes second. */
  private ofNumber(
    row: WatSpelling,
    type: WatType,
    args: readonly Expr[],
  ): [string, readonly Expr[]] | undefined {
    if (type !== "v128" || row.lanesOfNumber === undefined) return undefined;
    const [a, b] = args as [Expr, Expr];
    if (isNumber(b)) return [row.lanesOfNumber, [a, b]];
    return isNumber(a) ? [row.lanesOfNumber, [b, a]] : undefined;
  }

  private product([base, exponent]: readonly Expr[], type: WatType, print: (a: Expr) => Wat): Wat {
    const value = print(base!);
    const isLocal = value[0] === "local.get";
    const name = isLocal ? (value[1] as string) : this.scope.fresh("base", type);
    const mul = type === "v128" ? "f32x4.mul" : "f32.mul";
    const square = [mul, isLocal ? value : ["local.tee", name, value], get(name)];
    return isNumber(exponent!) && exponent.value === 2 ? square : [mul, square, get(name)];
  }

  /** Lazy in meaning: where computing what is not chosen could fail or is dear, only one is computed. */
  private conditional(args: readonly Expr[], type: WatType, print: (a: Expr) => Wat): Wat {
    const [condition, chosen, otherwise] = args as [Expr, Expr, Expr];
    if (type === "v128" && this.varies(condition)) {
      if (isZero(otherwise)) return ["v128.and", print(chosen), this.four(condition)];
      if (isZero(chosen)) return ["v128.andnot", print(otherwise), this.four(condition)];
      return ["v128.bitselect", print(chosen), print(otherwise), this.four(condition)];
    }
    // Each is printed in its turn: a value is kept where it is first evaluated.
    if (this.isEager(chosen) && this.isEager(otherwise))
      return ["select", print(chosen), print(otherwise), this.one(condition)];
    const test = this.one(condition);
    const branches = [this.branch(chosen, print), this.branch(otherwise, print)] as const;
    return ["if", ["result", type], test, ["then", branches[0]], ["else", branches[1]]];
  }

  private branch(e: Expr, print: (a: Expr) => Wat): Wat {
    this.branches++;
    const code = print(e);
    this.branches--;
    return code;
  }

  private logic(
    form: "both" | "either",
    spelling: string,
    [a, b]: readonly Expr[],
    type: WatType,
    print: (a: Expr) => Wat,
  ): Wat {
    if ((type === "v128" && this.varies(a!)) || this.isEager(b!)) return [spelling, print(a!), print(b!)];
    // What all lanes agree on decides whether the rest is evaluated.
    const test = this.one(a!);
    const second = this.branch(b!, print);
    const isKnown = form === "either";
    const known = type === "v128" ? fourOf({ type: "bool", value: Number(isKnown) }) : i32(Number(isKnown));
    const [then, otherwise] = isKnown ? [known, second] : [second, known];
    return ["if", ["result", type], test, ["then", then], ["else", otherwise]];
  }

  /** The number of a truth value or an integer. */
  private number({ type: wanted, args }: Apply, type: WatType): Wat {
    const [e] = args as [Expr];
    if (type !== "v128") return wanted === "i32" ? this.one(e) : ["f32.convert_i32_s", this.one(e)];
    if (e.type === "i32") return ["f32x4.convert_i32x4_s", this.four(e)];
    return ["v128.and", this.four(e), wanted === "i32" ? fourIntegers(1) : fourOf({ type: "f32", value: 1 })];
  }

  private isEager(e: Expr): boolean {
    return mayBeUnwanted(e, (read) => this.scope.isInRange(read));
  }
}

const isZero = (e: Expr): boolean => e.kind === "constant" && Object.is(e.value, 0);
const isNumber = (e: Expr): e is Constant => e.kind === "constant" && !Number.isNaN(e.value);

function spellingOf(row: WatSpelling, given: ScalarType, type: WatType): string | undefined {
  if (type !== "v128") return row[given];
  return given === "bool" ? row.masks : given === "i32" ? row.integers : row.lanes;
}
