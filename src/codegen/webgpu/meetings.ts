/** Where the invocations of a workgroup bring together what each of them folded: arrays in the memory that they share. */
import type { Fold, PositionFold, ValueFold } from "../../ir/folds.ts";
import { atoms } from "../../ir/atoms.ts";
import { identities } from "../../ir/kernel.ts";
import type { Local, Origin, ScalarType } from "../../ir/types.ts";
import { primary } from "../integers.ts";
import type { Names } from "../names.ts";
import type { TextBuilder } from "../text.ts";
import type { Body } from "./body.ts";
import { floatLiteral } from "./literals.ts";
import { wgslNames } from "./names.ts";

/** An array with an element for each invocation. */
interface Part {
  readonly name: string;
  readonly type: ScalarType;
}

export class Meetings {
  private readonly parts: readonly Part[];
  private isUsed = false;

  /** `all`: what each of the shared loops folds. Loops use the same arrays, one after the other. */
  constructor(
    all: readonly (readonly Fold[])[],
    private readonly body: Body,
    private readonly size: number,
  ) {
    const parts: Part[] = [];
    const types: ScalarType[] = ["f32", "i32"];
    for (const type of types) {
      const counts = all.map((folds) => folds.flatMap(localsOf).filter((l) => l.type === type).length);
      for (let n = 0; n < Math.max(0, ...counts); n++) {
        const name = body.names.fresh(type === "f32" ? "parts" : "whole_parts");
        parts.push({ name, type });
      }
    }
    this.parts = parts;
  }

  get declarations(): readonly string[] {
    return this.parts.map(({ name, type }) => `var<workgroup> ${name}: array<${type}, ${this.size}>;`);
  }

  get bytes(): number {
    return 4 * this.size * this.parts.length;
  }

  /** What accumulators held counts once; extremes are the same however often it counts. */
  start(folds: readonly Fold[], out: TextBuilder): void {
    const counted = folds.filter((f): f is ValueFold => f.kind === "value" && !isExtreme(f.reducer));
    if (counted.length === 0) return;
    out.braces("if (invocation > 0u)", () => {
      for (const { local, reducer } of counted)
        out.line(`${this.body.name(local)} = ${constant(local.type, identities[reducer])};`);
    });
  }

  /** Halves come together until one is left, which all then have. */
  meet(folds: readonly Fold[], names: Names, out: TextBuilder, origin: Origin): void {
    if (folds.length === 0) return;
    const locals = folds.flatMap(localsOf);
    const parts = this.partsFor(locals);
    // Nobody still reads what the loop before left there.
    if (this.isUsed) out.line("workgroupBarrier();", origin);
    this.isUsed = true;
    for (const l of locals) out.line(`${parts.get(l)}[invocation] = ${this.body.name(l)};`, origin);
    out.line("workgroupBarrier();", origin);
    const tree = (): void => {
      const inside = wgslNames(names);
      out.braces(
        "if (invocation < half)",
        () => folds.forEach((f) => this.join(f, parts, inside, out)),
        origin,
      );
      out.line("workgroupBarrier();", origin);
    };
    out.braces(`for (var half = ${this.size / 2}u; half > 0u; half /= 2u)`, tree, origin);
    for (const l of locals) out.line(`${this.body.name(l)} = ${parts.get(l)}[0];`, origin);
  }

  private partsFor(locals: readonly Local[]): ReadonlyMap<Local, string> {
    const free = [...this.parts];
    return new Map(
      locals.map((l) => {
        const at = free.findIndex((p) => p.type === l.type);
        return [l, free.splice(at, 1)[0]!.name];
      }),
    );
  }

  private join(fold: Fold, parts: ReadonlyMap<Local, string>, names: Names, out: TextBuilder): void {
    if (fold.kind === "position") return this.joinPositions(fold, parts, names, out);
    const { local, reducer } = fold;
    const own = `${parts.get(local)}[invocation]`;
    const other = `${parts.get(local)}[invocation + half]`;
    if (!isExtreme(reducer)) return out.line(`${own} ${reducer === "sum" ? "+=" : "*="} ${other};`);
    const spelling = atoms[reducer].wgsl;
    if (local.type === "i32") return out.line(`${own} = ${spelling.integers}(${own}, ${other});`);
    if (spelling.form !== "helper") throw new Error(`${reducer} of floats is no function of shaders`);
    this.body.helper(spelling.callee);
    out.line(`${own} = ${spelling.callee}(${own}, ${other});`);
  }

  /** The better; of equals the one whose position comes first. */
  private joinPositions(
    fold: PositionFold,
    parts: ReadonlyMap<Local, string>,
    names: Names,
    out: TextBuilder,
  ): void {
    const [best, position] = [parts.get(fold.best)!, parts.get(fold.position)!];
    const [mine, theirs] = [names.fresh("mine"), names.fresh("theirs")];
    out.line(`let ${mine} = ${best}[invocation];`);
    out.line(`let ${theirs} = ${best}[invocation + half];`);
    const better = this.betterThan(fold, theirs, mine, names, out);
    const worse = this.betterThan(fold, mine, theirs, names, out);
    const isFirst = `${position}[invocation + half] < ${position}[invocation]`;
    out.braces(`if ((${better}) || (!(${worse}) && ${isFirst}))`, () => {
      out.line(`${best}[invocation] = ${theirs};`);
      out.line(`${position}[invocation] = ${position}[invocation + half];`);
    });
  }

  /** The condition of the fold, of these two values. */
  private betterThan(
    fold: PositionFold,
    value: string,
    best: string,
    names: Names,
    out: TextBuilder,
  ): string {
    const { condition } = fold;
    if (condition.kind === "condition") {
      const own = condition.form.terms.find((t) => t.atom.kind === "opaque" && t.atom.value === fold.best);
      if (!own) throw new Error("a position is kept of what is not compared");
      return `${value} ${own.factor < 0 ? ">" : "<"} ${best}`;
    }
    const printer = this.body.expressions(names, out);
    printer.standFor(fold.value, primary(value));
    printer.standFor(fold.best, primary(best));
    return printer.text(condition);
  }
}

const localsOf = (fold: Fold): readonly Local[] =>
  fold.kind === "value" ? [fold.local] : [fold.best, fold.position];

const isExtreme = (reducer: ValueFold["reducer"]): reducer is "max" | "min" =>
  reducer === "max" || reducer === "min";

const constant = (type: ScalarType, value: number): string =>
  type === "f32" ? floatLiteral(value) : `${value}`;
