/**
 * The text of a kernel, or of the equations that one is made of, up to the names of tensors, indices, locals and
 * dimensions: equal texts, one kernel. Where the text may leave constants of integers out, equal texts are kernels that
 * differ in such constants at most.
 */
import type { Kernel, KernelStatement } from "../../ir/kernel.ts";
import type { Affine, Dim, Equation, Expr, Index, IntegerAtom, Local, Tensor } from "../../ir/types.ts";
import type { Member } from "../fuse/group.ts";
import { isScalar } from "./assemble.ts";
import { partsOf } from "./facts.ts";

/** What a text has names for. */
export type Named = Tensor | Index | Local | Dim;

/** Gives equal structures equal numbers, across kernels, so that texts stay short however much is shared. */
export class CanonicalTexts {
  private readonly numbers = new Map<string, number>();

  number(structure: string): number {
    const known = this.numbers.get(structure);
    if (known !== undefined) return known;
    const fresh = this.numbers.size;
    this.numbers.set(structure, fresh);
    return fresh;
  }

  textOf(kernel: Pick<Kernel, "buffers" | "scalars" | "dims" | "scratch" | "body">): string {
    const text = new CanonicalText(this, true);
    for (const { tensor } of kernel.buffers) text.name(tensor);
    for (const tensor of kernel.scalars) text.name(tensor);
    for (const dim of kernel.dims) text.name(dim);
    for (const tensor of kernel.scratch ?? []) text.name(tensor);
    const buffers = kernel.buffers.map(
      (x) => `${x.access} ${x.tensor.type}[${x.tensor.shape.map((e) => text.expr(e)).join()}]`,
    );
    const scalars = kernel.scalars.map((t) => t.type);
    const scratch = (kernel.scratch ?? []).map(
      (t) => `${t.type}[${t.shape.map((e) => text.expr(e)).join()}]`,
    );
    return [...buffers, ...scalars, ...scratch, text.block(kernel.body)].join(";");
  }
}

/** The names and numbers that one text is made of. */
export class CanonicalText {
  /** What has a name, in the order of the names. */
  readonly things: Named[] = [];
  private readonly names = new Map<Named, number>();
  private readonly memo = new Map<Expr | IntegerAtom, number>();

  /** `literal`: with the constants of integers. */
  constructor(
    private readonly texts: CanonicalTexts,
    private readonly literal: boolean,
  ) {}

  name(thing: Named): string {
    return `${thing.kind}${this.numberOf(thing)}`;
  }

  /** The place of a thing among `things`. */
  numberOf(thing: Named): number {
    const known = this.names.get(thing);
    if (known !== undefined) return known;
    const fresh = this.things.length;
    this.things.push(thing);
    this.names.set(thing, fresh);
    return fresh;
  }

  expr(node: Expr | IntegerAtom): number {
    const known = this.memo.get(node);
    if (known !== undefined) return known;
    const number = this.texts.number(this.structure(node));
    this.memo.set(node, number);
    return number;
  }

  block(block: readonly KernelStatement[]): string {
    return `{${block.map((s) => this.statement(s)).join(";")}}`;
  }

  private statement(s: KernelStatement): string {
    switch (s.kind) {
      case "loop":
        return `${s.role} ${s.step ?? 1} ${s.lanes ?? 1} ${this.name(s.index)} ${this.expr(s.index.extent)} ${this.expr(s.from)} ${this.expr(s.to)} ${this.block(s.body)}`;
      case "let":
      case "variable":
        return `${s.kind} ${this.name(s.local)} ${s.local.type} ${this.expr(s.value)}`;
      case "assign":
        return `${this.name(s.local)} ${s.reducer} ${this.expr(s.value)}`;
      case "if":
        return `if ${this.expr(s.condition)} ${this.block(s.body)} ${this.block(s.otherwise)}`;
      case "store":
        return `${this.place(s.tensor, s.subscripts)} ${s.accumulate} ${this.expr(s.value)}`;
    }
  }

  protected place(tensor: Tensor, subscripts: readonly Affine[]): string {
    return `${this.name(tensor)}[${subscripts.map((e) => this.expr(e)).join()}]`;
  }

  private structure(node: Expr | IntegerAtom): string {
    switch (node.kind) {
      case "constant":
        return `${node.type} ${Object.is(node.value, -0) ? "-0" : node.value}`;
      case "affine":
        return `${this.constant(node.constant)} + ${this.terms(node, 1)}`;
      case "index":
      case "dim":
      case "local":
        return this.name(node);
      case "floor":
      case "modulo":
        return `${node.kind} ${this.expr(node.value)} ${node.divisor}`;
      case "opaque":
        return `opaque ${this.expr(node.value)}`;
      case "read":
        return this.place(node.tensor, node.subscripts);
      case "apply":
        return `${node.atom} ${node.type}(${node.args.map((e) => this.expr(e)).join()})`;
      case "condition": {
        const sign = this.signOf(node);
        return `${node.relation} ${this.constant(sign * node.form.constant)} + ${this.terms(node.form, sign)}`;
      }
      case "reduce":
        throw new Error("a reduction stands inside a kernel expression");
    }
  }

  private constant(value: number): string {
    return this.literal ? `${value}` : "#";
  }

  /** e = 0 and −e = 0 are the same condition: whether the form stands for itself, or its negative does. */
  signOf({ relation, form }: Extract<Expr, { kind: "condition" }>): 1 | -1 {
    return relation === "zero" && this.terms(form, -1) < this.terms(form, 1) ? -1 : 1;
  }

  private terms(form: Affine, sign: 1 | -1): string {
    return this.orderedTerms(form, sign)
      .map(([atom, factor]) => `${factor}*${this.expr(atom)}`)
      .join();
  }

  /** The terms of a form, or of its negative, in an order that does not depend on when their atoms were made. */
  orderedTerms(form: Affine, sign: 1 | -1): (readonly [IntegerAtom, number])[] {
    return form.terms
      .map((t) => [t.atom, sign * t.factor] as const)
      .sort((a, z) => this.expr(a[0]) - this.expr(z[0]));
  }
}

/**
 * The text of the equations of a kernel before they are lowered. It says all that lowering looks at, so that equal
 * texts are lowered alike, up to the constants that the text leaves out.
 */
export class GroupText extends CanonicalText {
  readonly text: string;
  /** Where a tensor is touched that the kernel itself stores into: which of these places are the same must be too. */
  private readonly places = new Map<Tensor, string[]>();

  /** `own`: the dimensions that only this kernel has. */
  constructor(
    texts: CanonicalTexts,
    members: readonly Member[],
    private readonly internal: ReadonlySet<Tensor>,
    private readonly own: ReadonlyMap<Dim, number>,
    literal: boolean,
  ) {
    super(texts, literal);
    for (const m of members) this.places.set(m.equation.tensor, []);
    const equations = members.map((m) => `${this.list(m.loops)} ${m.fills} ${this.equation(m.equation)}`);
    const things: string[] = [];
    // Telling an extent may name more dimensions.
    for (const thing of this.things) things.push(this.describe(thing));
    this.text = [...equations, ...things].join(";");
  }

  private equation(e: Equation): string {
    const where = e.where.map((c) => this.expr(c)).join();
    const stored = `${this.list(e.indices)} ${this.place(e.tensor, e.target)} ${e.accumulate}`;
    return `${stored} ${e.reducer} ${this.list(e.reduced)} ${where} ${this.expr(e.body)}`;
  }

  private list(indices: readonly Index[]): string {
    return indices.map((i) => this.name(i)).join();
  }

  protected override place(tensor: Tensor, subscripts: readonly Affine[]): string {
    const text = super.place(tensor, subscripts);
    const places = this.places.get(tensor);
    if (!places) return text;
    const key = subscripts.map((s) => s.id).join();
    if (!places.includes(key)) places.push(key);
    return `${text}@${places.indexOf(key)}`;
  }

  private describe(thing: Named): string {
    switch (thing.kind) {
      case "index":
        return this.closed(thing.extent);
      case "dim":
        return this.own.has(thing) ? "own" : `${thing.minimum} ${thing.maximum}`;
      case "tensor": {
        const shape = thing.shape.map((e) => this.closed(e)).join();
        const below = thing.below ? `< ${this.closed(thing.below)}` : "";
        return `${thing.type}[${shape}] ${below} ${isScalar(thing)} ${this.internal.has(thing)}`;
      }
      case "local":
        throw new Error("a local stands outside a kernel");
    }
  }

  /** An extent with all its constants: kernels of different sizes are different. */
  private closed(node: Expr | IntegerAtom): string {
    if (node.kind === "dim") return this.name(node);
    if (node.kind === "affine") {
      const terms = this.orderedTerms(node, 1).map(([atom, factor]) => `${factor}*${this.closed(atom)}`);
      return `${node.constant}+${terms.join("+")}`;
    }
    const parts = partsOf(node).map((part) => this.closed(part));
    const kind = node.kind === "apply" ? node.atom : node.kind;
    const divisor = node.kind === "floor" || node.kind === "modulo" ? node.divisor : "";
    return `${kind} ${divisor}(${parts.join()})`;
  }
}
