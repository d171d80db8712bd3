/** Equality of equations up to the names of their indices. */
import { atoms } from "./atoms.ts";
import { children } from "./rewrite.ts";
import type { Affine, Equation, Expr, Index, IntegerAtom, Term } from "./types.ts";

type Node = Expr | IntegerAtom;

/**
 * A text that two equations share exactly where they are the same but for their loop indices (matched by position in
 * `indices` and `reduced`) and for the tensor they define, which counts by type and shape only; a read of that tensor
 * itself counts as a read of itself. Expressions must come from one builder.
 */
export function alphaKey(equation: Equation): string {
  const { tensor, indices, reduced } = equation;
  const writer = new Writer(equation);
  const extents = [...indices, ...reduced].map((i) => i.extent.id);
  return [
    `${tensor.type}[${tensor.shape.map((s) => s.id).join()}]${equation.accumulate ? "+" : ""}`,
    `${equation.reducer ?? ""} ${indices.length}:${extents.join()}`,
    ...equation.target.map((t) => writer.number(t)),
    "|",
    ...equation.where.map((w) => writer.number(w)),
    "|",
    writer.number(equation.body),
    writer.text,
  ].join(" ");
}

/** Numbers the nodes of one equation in the order of a walk that does not depend on the identity of its indices. */
class Writer {
  private readonly equation: Equation;
  private readonly positions = new Map<Index, number>();
  private readonly numbers = new Map<Node, number>();
  private readonly lines: string[] = [];
  private readonly compared = new Map<string, number>();

  constructor(equation: Equation) {
    this.equation = equation;
    [...equation.indices, ...equation.reduced].forEach((i, position) => this.positions.set(i, position));
  }

  get text(): string {
    return this.lines.join(";");
  }

  number(node: Node): number {
    const known = this.numbers.get(node);
    if (known !== undefined) return known;
    const line = `${this.head(node)}(${this.parts(node)
      .map((p) => this.number(p))
      .join()})`;
    const number = this.lines.push(line);
    this.numbers.set(node, number);
    return number;
  }

  /** What a node is, without its parts. */
  private head(node: Node): string {
    switch (node.kind) {
      case "constant":
        return `${node.type}${Object.is(node.value, -0) ? "-0" : node.value}`;
      case "affine":
        return `affine ${node.constant} ${this.terms(node)
          .map((t) => t.factor)
          .join()}`;
      case "index": {
        const position = this.positions.get(node);
        return position === undefined ? `free${node.id}` : `index${position}`;
      }
      case "dim":
      case "local":
        return `${node.kind}${node.id}`;
      case "floor":
      case "modulo":
        return `${node.kind}${node.divisor}`;
      case "opaque":
        return "opaque";
      case "condition":
        return node.relation === "zero" ? `zero ${this.equality(node.form).join()}` : node.relation;
      case "read":
        return node.tensor === this.equation.tensor ? "self" : `read${node.tensor.id}`;
      case "apply":
        return `${node.atom}:${node.type}`;
      case "reduce":
        // Indices bound inside a body are compared by identity: graphs in normal form have none.
        return `${node.reducer}[${node.indices.map((i) => i.id).join()}]${node.where.length}`;
    }
  }

  private parts(node: Node): readonly Node[] {
    switch (node.kind) {
      case "affine":
        return this.terms(node).map((t) => t.atom);
      case "floor":
      case "modulo":
      case "opaque":
        return [node.value];
      case "index":
      case "dim":
        return [];
      case "condition":
        return node.relation === "zero" ? this.equationTerms(node.form).map((t) => t.atom) : [node.form];
      case "apply":
        // Products of integers are ordered by identity, which renaming changes.
        return atoms[node.atom].commutative && node.type === "i32"
          ? [...node.args].sort((a, b) => this.compare(a, b))
          : node.args;
      default:
        return children(node);
    }
  }

  /** Terms are ordered by identity in the normal form; here by what they are. */
  private terms(form: Affine): readonly Term[] {
    if (form.terms.length < 2) return form.terms;
    return [...form.terms].sort((a, b) => a.factor - b.factor || this.compare(a.atom, b.atom));
  }

  /** The numbers of form = 0, whose sign follows from the order of its terms. */
  private equality(form: Affine): number[] {
    const terms = this.equationTerms(form);
    const sign = Math.sign(terms[0]!.factor);
    return [form.constant * sign + 0, ...terms.map((t) => t.factor * sign)];
  }

  private equationTerms(form: Affine): readonly Term[] {
    return [...form.terms].sort(
      (a, b) => Math.abs(a.factor) - Math.abs(b.factor) || this.compare(a.atom, b.atom),
    );
  }

  private compare(a: Node, b: Node): number {
    if (a === b) return 0;
    const key = `${a.id},${b.id}`;
    const known = this.compared.get(key);
    if (known !== undefined) return known;
    const result = this.compareParts(a, b);
    this.compared.set(key, result);
    return result;
  }

  private compareParts(a: Node, b: Node): number {
    const [s, t] = [this.head(a), this.head(b)];
    if (s !== t) return s < t ? -1 : 1;
    const [p, q] = [this.parts(a), this.parts(b)];
    if (p.length !== q.length) return p.length - q.length;
    for (let i = 0; i < p.length; i++) {
      const order = this.compare(p[i]!, q[i]!);
      if (order !== 0) return order;
    }
    return 0;
  }
}
