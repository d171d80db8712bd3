/** Prints the statements of a kernel as WGSL. What surrounds them, a launch decides. */
import type { Builder } from "../../ir/builder.ts";
import { Prover } from "../../ir/intervals.ts";
import { statementsIn } from "../../ir/kernel-walk.ts";
import { isClosed } from "./closed.ts";
import { computedIn } from "./computed.ts";
import { precedence } from "../../ir/atoms.ts";
import type { Kernel, KernelStatement, Loop } from "../../ir/kernel.ts";
import type { Summand } from "../../ir/summands.ts";
import { summands, vectorLength } from "../../ir/summands.ts";
import type { Affine, Dim, Expr, Index, IntegerAtom, Local, Origin, Read, Tensor } from "../../ir/types.ts";
import { printAddress } from "../addresses.ts";
import { formulasOf } from "../formulas.ts";
import type { AtomPrinter, Code } from "../integers.ts";
import { primary, printerOf, within } from "../integers.ts";
import type { Names } from "../names.ts";
import { shortNames } from "../names.ts";
import { noteOrigins } from "../origins.ts";
import type { TextBuilder } from "../text.ts";
import { Expressions } from "./expressions.ts";
import { Divisors } from "./divisors.ts";
import { memberNames, wgslNames } from "./names.ts";
import type { Binding } from "./program.ts";
import type { Scope } from "./scope.ts";
import { sharingBuffers } from "./bindings.ts";
import type { Vectors } from "./vectors.ts";
import { beginningAt, positionsIn } from "./vectors.ts";

/** A member of the uniform. */
export interface Member {
  readonly name: string;
  readonly type: "i32" | "u32" | "f32";
}

/** How the buffers, scalars and dimensions of a kernel are called, and how its statements are printed. */
export class Body implements Scope {
  /** Names that the whole entry point sees. */
  readonly names: Names;
  /** What one call passes by value, in order. */
  readonly members: readonly Member[];
  /** The name of each binding. */
  readonly bindingNames: readonly string[];
  readonly helpers = new Set<string>();
  private readonly tensors = new Map<Tensor, { readonly name: string; readonly byValue: boolean }>();
  /** Where a buffer begins in a binding that it shares. */
  private readonly offsets = new Map<Tensor, string>();
  private readonly things = new Map<Dim | Index | Local, string>();
  /** What the host has computed. */
  private readonly computed = new Set<KernelStatement>();
  private readonly origins = new Map<KernelStatement, Origin>();
  private readonly prover: Prover;
  private readonly divisors: Divisors;
  /** Where an invocation computes four cells at once. */
  vectors: Vectors | undefined;

  /** `taken`: names that the launch and the helpers have. */
  constructor(
    readonly kernel: Kernel,
    bindings: readonly Binding[],
    readonly builder: Builder,
    taken: readonly string[],
  ) {
    this.names = wgslNames();
    for (const name of taken) this.names.take(name);
    this.prover = new Prover(builder, []);
    const bound = new Map<Local, Expr>();
    for (const s of statementsIn(kernel.body)) if (s.kind === "let") bound.set(s.local, s.value);
    this.divisors = new Divisors((local) => bound.get(local));
    const indexNames = wgslNames(this.names);
    for (const s of statementsIn(kernel.body)) if (s.kind === "loop") indexNames.fresh(s.index.name);
    this.bindingNames = bindings.map(({ buffers }) => {
      const tensors = buffers.map((n) => kernel.buffers[n]!.tensor);
      const name = this.names.take(
        indexNames.fresh(...(tensors.length === 1 ? shortNames(tensors[0]!) : ["values"])),
      );
      for (const tensor of tensors) this.tensors.set(tensor, { name, byValue: false });
      return name;
    });
    this.members = this.passed(bindings);
    noteOrigins(kernel.body, kernel.statements[0]!.origin, this.origins);
  }

  /** The uniform: dimensions, scalars, where buffers begin in bindings that they share, and what the host has computed. */
  private passed(bindings: readonly Binding[]): Member[] {
    const { dims, scalars, buffers } = this.kernel;
    const names = memberNames();
    const members: Member[] = [];
    const member = (type: Member["type"], ...candidates: string[]): string => {
      const name = names.fresh(...candidates);
      members.push({ name, type });
      return `call.${name}`;
    };
    for (const dim of dims) this.things.set(dim, member("i32", dim.name));
    for (const tensor of scalars) {
      const type = tensor.type === "bool" ? "u32" : tensor.type;
      this.tensors.set(tensor, { name: member(type, ...shortNames(tensor)), byValue: true });
    }
    for (const n of sharingBuffers(bindings)) {
      const { tensor } = buffers[n]!;
      this.offsets.set(tensor, member("i32", ...shortNames(tensor).map((name) => `${name}_start`)));
    }
    for (const s of computedIn(this.kernel)) {
      this.computed.add(s);
      this.things.set(s.local, member("f32", s.local.name));
    }
    return members;
  }

  // --------------------------------------------------------------------------------------------------- what stands where

  /** Says how an index or a local is called from here on. */
  call(thing: Index | Local, name: string): void {
    this.things.set(thing, name);
  }

  name(thing: Index | Dim | Local): string {
    const name = this.things.get(thing);
    if (name === undefined)
      throw new Error(`\`${thing.name}\` has no value in kernel \`${this.kernel.name}\``);
    return name;
  }

  tensor(tensor: Tensor): { readonly name: string; readonly byValue: boolean } {
    const found = this.tensors.get(tensor);
    if (!found) throw new Error(`\`${tensor.name}\` is not passed to kernel \`${this.kernel.name}\``);
    return found;
  }

  place(tensor: Tensor, subscripts: readonly Affine[], printer: AtomPrinter): string {
    const { name, byValue } = this.tensor(tensor);
    if (byValue) return name;
    const start = this.offsets.get(tensor);
    const { vectors } = this;
    if (vectors?.lies(tensor, subscripts)) {
      // Places are in vectors, as the index is.
      const atom = (a: IntegerAtom): Code =>
        a === vectors.lanes.index ? primary(this.name(a)) : printer.atom(a);
      return `${name}[${vectors.address(tensor, subscripts, start, { ...printerOf(printer), atom })}]`;
    }
    const address = this.address(tensor, subscripts, printer);
    return vectors?.isBound(tensor)
      ? `${name}[(${address}) / ${vectorLength}][(${address}) % ${vectorLength}]`
      : `${name}[${address}]`;
  }

  address(tensor: Tensor, subscripts: readonly Affine[], printer: AtomPrinter): string {
    return this.sumOfAddress(tensor, summands(tensor, subscripts), printer);
  }

  /** The address that these parts come to, from where the tensor begins in its binding. */
  sumOfAddress(tensor: Tensor, parts: readonly Summand[], printer: AtomPrinter): string {
    const start = this.offsets.get(tensor);
    return beginningAt(start === undefined ? undefined : primary(start), printAddress(parts, printer));
  }

  isVector(e: Expr | IntegerAtom): boolean {
    return this.vectors?.isVector(e) ?? false;
  }

  /** An index counts turns, or vectors of them: then it is four positions. */
  position(index: Index): Code {
    const name = this.name(index);
    return this.vectors?.lanes.index === index ? positionsIn(name) : primary(name);
  }

  helper(name: string): void {
    this.helpers.add(name);
  }

  isInRange({ tensor, subscripts }: Read): boolean {
    if (this.tensor(tensor).byValue) return true;
    const { builder: b, prover } = this;
    return subscripts.every(
      (s, d) =>
        prover.prove(b.nonnegative(s)) &&
        prover.prove(b.nonnegative(b.plus(b.minus(tensor.shape[d]!, s), -1))),
    );
  }

  isAwayFromZero(divisor: Expr): boolean {
    return this.divisors.isAwayFromZero(divisor);
  }

  /** The equation that a statement comes from. */
  originOf(s: KernelStatement): Origin {
    return this.origins.get(s)!;
  }

  expressions(names: Names, out: TextBuilder): Expressions {
    return new Expressions(this, names, out);
  }

  // ---------------------------------------------------------------------------------------------------------- statements

  /** `storer`: the condition on which an invocation stores, where several do the same. */
  statements(list: readonly KernelStatement[], names: Names, out: TextBuilder, storer?: string): void {
    for (const s of list) this.statement(s, names, out, storer);
  }

  statement(s: KernelStatement, names: Names, out: TextBuilder, storer?: string): void {
    if (this.computed.has(s)) return;
    const origin = this.originOf(s);
    const printer = this.expressions(names, out);
    this.heading(s, out);
    switch (s.kind) {
      case "loop":
        return this.loop(s, names, out, 1, storer);
      case "let":
      case "variable": {
        const value = printer.widened(s.value, this.isVector(s.local)).text;
        const name = names.fresh(s.local.name, `${s.local.name}_value`);
        this.call(s.local, name);
        return out.line(`${s.kind === "let" ? "let" : "var"} ${name} = ${value};`, origin);
      }
      case "assign": {
        const name = this.name(s.local);
        if (s.reducer === "sum") return out.line(`${added(name, s.value, printer)};`, origin);
        if (s.reducer !== null) return out.line(`${name} *= ${printer.text(s.value)};`, origin);
        return out.line(`${name} = ${printer.widened(s.value, this.isVector(s.local)).text};`, origin);
      }
      case "if": {
        const inside = (block: readonly KernelStatement[]) => (): void =>
          this.statements(block, wgslNames(names), out, storer);
        const close = s.otherwise.length > 0 ? "} else {" : "}";
        out.braces(`if (${printer.text(s.condition)})`, inside(s.body), origin, close);
        if (s.otherwise.length === 0) return;
        out.indented(inside(s.otherwise));
        return out.line("}");
      }
      case "store": {
        const place = printer.place(s.tensor, s.subscripts);
        const isVector = this.vectors?.lies(s.tensor, s.subscripts) ?? false;
        const line = s.accumulate
          ? `${added(place, s.value, printer)};`
          : `${place} = ${printer.stored(s.value, isVector)};`;
        if (storer === undefined) return out.line(line, origin);
        return out.braces(`if (${storer})`, () => out.line(line, origin), origin);
      }
    }
  }

  /** The formulas of what begins here. */
  heading(s: KernelStatement, out: TextBuilder): void {
    if (!s.heading) return;
    out.blank();
    for (const line of formulasOf(s.heading, this)) out.comment(line);
  }

  /** `shares`: how many invocations take turns in between one another. */
  loop(s: Loop, names: Names, out: TextBuilder, shares = 1, storer?: string): void {
    if (s.lanes !== undefined)
      throw new Error(`the lanes of \`${s.index.name}\` are no turns of an invocation`);
    const printer = this.expressions(names, out);
    const from = printer.text(s.from);
    const to = within(printer.print(s.to), precedence.add);
    const inner = wgslNames(names);
    const i = inner.fresh(s.index.name);
    this.call(s.index, i);
    const step = s.step ?? 1;
    const own = step === 1 ? "i32(invocation)" : `${step} * i32(invocation)`;
    const start = shares === 1 ? from : from === "0" ? own : `${from} + ${own}`;
    const next = step * shares === 1 ? `${i}++` : `${i} += ${step * shares}`;
    const end = isCheap(s.to) ? to : inner.fresh(`${i}_end`);
    if (end !== to) out.line(`let ${names.take(end)} = ${to};`, this.originOf(s));
    out.braces(
      `for (var ${i} = ${start}; ${i} < ${end}; ${next})`,
      () => this.statements(s.body, inner, out, storer),
      this.originOf(s),
    );
  }

  /** How many turns, or vectors of them, a loop has at most: its own number, where that is known before it is entered. */
  turnsOf(s: Loop): Affine {
    const b = this.builder;
    const span = b.minus(s.to, s.from);
    const step = s.step ?? 1;
    const length = isClosed(span) ? span : s.index.extent;
    const together = s.index === this.vectors?.lanes.index ? vectorLength : step;
    return b.floorDivide(b.plus(length, together - 1), together);
  }
}

/** A number, an index or a dimension. */
function isCheap({ terms, constant }: Affine): boolean {
  const [only] = terms;
  if (only === undefined) return true;
  return terms.length === 1 && constant === 0 && (only.atom.kind === "index" || only.atom.kind === "dim");
}

/** `sum += x`, or `sum -= y` where x is −y. */
function added(target: string, value: Expr, printer: Expressions): string {
  const negated = printer.negated(value);
  return negated ? `${target} -= ${negated.text}` : `${target} += ${printer.text(value)}`;
}
