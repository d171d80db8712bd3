/** The text of a kernel up to the names of its tensors, indices, locals and dimensions: equal texts, one kernel. */
import type { KernelStatement } from "../../ir/kernel.ts";
import type { Affine, Dim, Expr, Index, IntegerAtom, Local, Tensor } from "../../ir/types.ts";
import type { Kernel } from "../../ir/kernel.ts";

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

  textOf(kernel: Pick<Kernel, "buffers" | "scalars" | "dims" | "body">): string {
    const text = new KernelText(this);
    for (const { tensor } of kernel.buffers) text.name(tensor);
    for (const tensor of kernel.scalars) text.name(tensor);
    for (const dim of kernel.dims) text.name(dim);
    const buffers = kernel.buffers.map(
      (x) => `${x.access} ${x.tensor.type}[${x.tensor.shape.map((e) => text.expr(e)).join()}]`,
    );
    const scalars = kernel.scalars.map((t) => t.type);
    return [...buffers, ...scalars, text.block(kernel.body)].join(";");
  }
}

class KernelText {
  private readonly names = new Map<Tensor | Index | Local | Dim, string>();
  private readonly memo = new Map<Expr | IntegerAtom, number>();
  private readonly texts: CanonicalTexts;

  constructor(texts: CanonicalTexts) {
    this.texts = texts;
  }

  name(thing: Tensor | Index | Local | Dim): string {
    const known = this.names.get(thing);
    if (known !== undefined) return known;
    const fresh = `${thing.kind}${this.names.size}`;
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
        return `${s.role} ${s.step ?? 1} ${this.name(s.index)} ${this.expr(s.index.extent)} ${this.expr(s.from)} ${this.expr(s.to)} ${this.block(s.body)}`;
      case "let":
      case "variable":
        return `${s.kind} ${this.name(s.local)} ${s.local.type} ${this.expr(s.value)}`;
      case "assign":
        return `${this.name(s.local)} ${s.reducer} ${this.expr(s.value)}`;
      case "if":
        return `if ${this.expr(s.condition)} ${this.block(s.body)} ${this.block(s.otherwise)}`;
      case "store":
        return `${this.name(s.tensor)}[${s.subscripts.map((e) => this.expr(e)).join()}] ${s.accumulate} ${this.expr(s.value)}`;
    }
  }

  private structure(node: Expr | IntegerAtom): string {
    switch (node.kind) {
      case "constant":
        return `${node.type} ${Object.is(node.value, -0) ? "-0" : node.value}`;
      case "affine":
        return `${node.constant} + ${this.terms(node, false)}`;
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
        return `${this.name(node.tensor)}[${node.subscripts.map((e) => this.expr(e)).join()}]`;
      case "apply":
        return `${node.atom} ${node.type}(${node.args.map((e) => this.expr(e)).join()})`;
      case "condition": {
        // e = 0 and −e = 0 are the same condition.
        const zero = node.relation === "zero";
        const flip = zero && this.terms(node.form, true) < this.terms(node.form, false);
        return `${node.relation} ${flip ? -node.form.constant : node.form.constant} + ${this.terms(node.form, flip)}`;
      }
      case "reduce":
        throw new Error("a reduction stands inside a kernel expression");
    }
  }

  private terms(form: Affine, negated: boolean): string {
    const terms = form.terms.map((t) => [this.expr(t.atom), negated ? -t.factor : t.factor] as const);
    return terms
      .sort((a, b) => a[0] - b[0])
      .map(([atom, factor]) => `${factor}*${atom}`)
      .join();
  }
}
