/** Prints a kernel as a plain function over typed arrays. */
import { statementsIn } from "../ir/kernel-walk.ts";
import { summands } from "../ir/summands.ts";
import { atoms, precedence } from "../ir/atoms.ts";
import type { Kernel, KernelStatement, Loop } from "../ir/kernel.ts";
import type { Affine, Apply, Dim, Expr, Index, Local, Origin, Statement, Tensor } from "../ir/types.ts";
import { printAddress } from "./addresses.ts";
import type { Scope } from "./expressions.ts";
import { ExpressionPrinter } from "./expressions.ts";
import { formulasOf, kernelComment } from "./formulas.ts";
import type { AtomPrinter } from "./integers.ts";
import { madeInPlace, writtenInPlace } from "./in-place.ts";
import { primary, within } from "./integers.ts";
import { Names, shortNames } from "./names.ts";
import { noteOrigins } from "./origins.ts";
import type { ModuleScope } from "./scope.ts";
import { arrayTypes } from "./scope.ts";
import type { TextBuilder } from "./text.ts";

/** Prints one kernel with the comment that explains it. `others`: what it also computes. */
export function printKernelFunction(
  kernel: Kernel,
  name: string,
  others: readonly Statement[],
  module: ModuleScope,
  out: TextBuilder,
): void {
  // A procedure that is written out whole is so short that calls would take most of its time.
  const isJoined = [...statementsIn(kernel.body)].some((s) => s.heading);
  const written = isJoined ? madeInPlace(kernel, module.builder) : kernel;
  new KernelFunction(written, isJoined, module, out).print(name, others);
}

class KernelFunction implements Scope {
  private readonly names: Names;
  private readonly tensors = new Map<Tensor, { readonly name: string; readonly byValue: boolean }>();
  private readonly things = new Map<Dim | Index | Local, string>();
  /** What functions that are written in place are prepared in. */
  private readonly variable: string | undefined;
  private readonly origins = new Map<KernelStatement, Origin>();

  constructor(
    private readonly kernel: Kernel,
    private readonly isJoined: boolean,
    private readonly module: ModuleScope,
    private readonly out: TextBuilder,
  ) {
    this.names = new Names(module.helperNames);
    for (const dim of kernel.dims) this.things.set(dim, this.names.fresh(dim.name));
    const indexNames = new Names(this.names);
    for (const s of statementsIn(kernel.body)) if (s.kind === "loop") indexNames.fresh(s.index.name);
    const named = (tensor: Tensor, byValue: boolean): void => {
      const name = indexNames.fresh(...shortNames(tensor));
      this.tensors.set(tensor, { name: this.names.take(name), byValue });
    };
    for (const { tensor } of kernel.buffers) named(tensor, false);
    for (const tensor of kernel.scalars) named(tensor, true);
    const isPrepared = [...statementsIn(kernel.body)].some((s) => writtenInPlace(s).length > 0);
    if (isJoined && isPrepared) this.variable = this.names.fresh("t", "power");
    noteOrigins(kernel.body, kernel.statements[0]!.origin, this.origins);
  }

  print(name: string, others: readonly Statement[]): void {
    const { buffers, scalars, dims, statements } = this.kernel;
    const parameters = [
      ...buffers.map(({ tensor }) => `${this.tensor(tensor).name}«: ${arrayTypes[tensor.type]}»`),
      ...scalars.map((t) => `${this.tensor(t).name}«: ${t.type === "bool" ? "boolean" : "number"}»`),
      ...dims.map((d) => `${this.name(d)}«: number»`),
    ];
    const origin = statements[0]!.origin;
    const lines = this.isJoined
      ? [
          `All of \`${this.kernel.name}\` at once: loops over fixed sizes are written out, and cells are locals.`,
        ]
      : kernelComment(this.kernel, others, this.module);
    this.out.doc(lines, origin);
    this.out.list(`function ${name}`, parameters, "«: void» {", origin);
    this.out.indented(() => {
      if (this.variable) this.out.line(`let ${this.variable} = 0;`);
      this.statements(this.kernel.body, this.names);
    });
    this.out.line("}");
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

  address(tensor: Tensor, subscripts: readonly Affine[], printer: AtomPrinter): string {
    return printAddress(summands(tensor, subscripts), printer).text;
  }

  helper(name: string): void {
    this.module.helper(name);
  }

  private statements(list: readonly KernelStatement[], names: Names): void {
    for (const s of list) this.statement(s, names, this.origins.get(s)!);
  }

  private statement(s: KernelStatement, names: Names, origin: Origin): void {
    if (s.heading) {
      this.out.blank();
      for (const line of formulasOf(s.heading, this.module)) this.out.comment(line);
    }
    const printer = new ExpressionPrinter(this);
    if (this.variable) this.prepare(writtenInPlace(s), this.variable, printer, names, origin);
    switch (s.kind) {
      case "loop":
        return this.loop(s, names, origin, printer);
      case "let":
      case "variable": {
        const value = printer.text(s.value);
        const name = names.fresh(s.local.name, `${s.local.name}_value`);
        this.things.set(s.local, name);
        return this.out.line(`${s.kind === "let" ? "const" : "let"} ${name} = ${value};`, origin);
      }
      case "assign": {
        const operator = s.reducer === null ? "=" : s.reducer === "sum" ? "+=" : "*=";
        return this.out.line(`${this.update(this.name(s.local), operator, s.value, printer)};`, origin);
      }
      case "if": {
        this.out.braces(
          `if (${printer.text(s.condition)})`,
          () => this.statements(s.body, new Names(names)),
          origin,
          s.otherwise.length > 0 ? "} else {" : "}",
        );
        if (s.otherwise.length === 0) return;
        this.out.indented(() => this.statements(s.otherwise, new Names(names)));
        return this.out.line("}");
      }
      case "store": {
        const place = printer.place(s.tensor, s.subscripts);
        const step = s.accumulate ? undefined : printer.stepFrom(s.tensor, s.subscripts, s.value);
        if (step) return this.out.line(`${place} ${step.operator}= ${step.code.text};`, origin);
        return this.out.line(`${this.update(place, s.accumulate ? "+=" : "=", s.value, printer)};`, origin);
      }
    }
  }

  /** The lines of what is written in place; the last value stands in the statement itself. */
  private prepare(
    found: readonly Apply[],
    variable: string,
    printer: ExpressionPrinter,
    names: Names,
    origin: Origin,
  ): void {
    for (const e of found) {
      const spelling = atoms[e.atom].inPlace;
      if (spelling?.form !== "lines") continue;
      spelling.helpers.forEach((h) => this.helper(h));
      this.out.line(`${variable} = ${spelling.prepared(printer.text(e.args[0]!))};`, origin);
      const text = spelling.value(variable);
      if (e === found.at(-1)) {
        printer.spell(e, { text, precedence: precedence.mul, operator: "*" });
      } else {
        const name = names.fresh(e.atom, `${e.atom}_value`);
        this.out.line(`const ${name} = ${text};`, origin);
        printer.spell(e, primary(name));
      }
    }
  }

  private loop(s: Loop, names: Names, origin: Origin, printer: ExpressionPrinter): void {
    const from = printer.text(s.from);
    const to = within(printer.print(s.to), precedence.add);
    const inner = new Names(names);
    const i = inner.fresh(s.index.name);
    this.things.set(s.index, i);
    // A bound that costs something is computed once.
    const end = isCheap(s.to) ? to : inner.fresh(`${i}_end`);
    const start = end === to ? `${i} = ${from}` : `${i} = ${from}, ${end} = ${to}`;
    const next = s.step === undefined ? `${i}++` : `${i} += ${s.step}`;
    this.out.braces(
      `for (let ${start}; ${i} < ${end}; ${next})`,
      () => this.statements(s.body, inner),
      origin,
    );
  }

  /** `sum += x`, or `sum -= y` where x is −y. */
  private update(target: string, operator: string, value: Expr, printer: ExpressionPrinter): string {
    const negated = operator === "+=" ? printer.negated(value) : undefined;
    if (negated) return `${target} -= ${negated.text}`;
    return `${target} ${operator} ${printer.stored(value)}`;
  }
}

/** A number, an index or a dimension, with at most something added. */
function isCheap(bound: Affine): boolean {
  return (
    bound.terms.length <= 1 && bound.terms.every((t) => t.atom.kind === "index" || t.atom.kind === "dim")
  );
}
