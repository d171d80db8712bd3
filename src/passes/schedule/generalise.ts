/**
 * Kernels that differ in constant integers are one kernel, which is passed them (anti-unification: Plotkin, "A note on
 * inductive generalization", 1970). The turns of a recurrence that was unrolled in time read `u[:, 0]`, `u[:, 1]`, …:
 * one kernel reads `u[:, at]`. Constants that are equal in all calls stay; those that are equal to others in each
 * call, or a fixed number away from them, need no parameter of their own.
 */
import type { Builder } from "../../ir/builder.ts";
import type {
  Affine,
  Apply,
  Condition,
  Dim,
  Equation,
  Expr,
  FloorDivision,
  IntegerAtom,
  Modulo,
  Opaque,
  Read,
  Span,
} from "../../ir/types.ts";
import type { KernelGroup, Member } from "../fuse/group.ts";
import type { CanonicalText, GroupText } from "./canonical.ts";

/** The numbers that stand at one place, one for each of the kernels. */
type Numbers = readonly number[];

/** The dimensions that stand for constants, and what each of the kernels is passed for them. */
class Parameters {
  readonly values = new Map<Dim, Numbers>();

  constructor(
    private readonly b: Builder,
    private readonly span: Span,
    /** A name for one, from what it says. */
    private readonly fresh: (name: string) => string,
  ) {}

  /** The integer that is these numbers. */
  integer(numbers: Numbers, name: string): Affine {
    const { b } = this;
    const first = numbers[0]!;
    if (numbers.every((n) => n === first)) return b.integer(first);
    for (const [dim, values] of this.values) {
      for (const sign of [1, -1]) {
        const distance = first - sign * values[0]!;
        if (numbers.every((n, i) => n === sign * values[i]! + distance))
          return b.plus(b.times(dim, sign), distance);
      }
    }
    const dim = b.dim(this.fresh(name), Math.min(...numbers), Math.max(...numbers), this.span);
    this.values.set(dim, numbers);
    return b.of(dim);
  }
}

/** The equations of one kernel, and how they and those of the source that they come from are called. */
export interface Instance {
  readonly group: KernelGroup;
  readonly text: CanonicalText;
  readonly statements: readonly Equation[];
  readonly formulas: () => GroupText;
}

interface General {
  readonly group: KernelGroup;
  /** For the reader. */
  readonly statements: readonly Equation[];
  readonly parameters: ReadonlyMap<Dim, Numbers>;
}

/** One kernel for those whose texts are equal: it has the tensors, indices and dimensions of the first. */
export function generalise(
  instances: readonly Instance[],
  fresh: (name: string) => string,
  b: Builder,
): General {
  const { group, statements } = instances[0]!;
  const parameters = new Parameters(b, group.members[0]!.equation.origin.span, fresh);
  const texts = instances.map((i) => i.text);
  const equations = instances.map((i) => i.group.members.map((m) => m.equation));
  const general = generaliseEquations(equations, texts, parameters, b);
  const members = group.members.map((m, at): Member => ({ ...m, equation: general[at]! }));
  const { size } = parameters.values;
  const shown = size === 0 ? statements : formulasOf(instances, parameters, b);
  return {
    group: { ...group, members },
    statements: shown,
    parameters: new Map([...parameters.values].slice(0, size)),
  };
}

/** What a reader is shown; where the formulas are not as much alike as what they became, the first are an example. */
function formulasOf(instances: readonly Instance[], parameters: Parameters, b: Builder): readonly Equation[] {
  const { statements } = instances[0]!;
  const known = parameters.values.size;
  const texts = instances.map((i) => i.formulas());
  if (texts.some((t) => t.text !== texts[0]!.text)) return statements;
  const equations = instances.map((i) => i.statements);
  const general = generaliseEquations(equations, texts, parameters, b);
  return parameters.values.size === known ? general : statements;
}

/** The equations of the first, with parameters. */
function generaliseEquations(
  equations: readonly (readonly Equation[])[],
  texts: readonly CanonicalText[],
  parameters: Parameters,
  b: Builder,
): readonly Equation[] {
  const first = equations[0]!;
  if (equations.length === 1) return first;
  const walk = new Generaliser(texts, parameters, b);
  return first.map((_, at) => walk.equation(equations.map((list) => list[at]!)));
}

/** Walks the expressions of all kernels at once; what the texts leave out are the constants alone. */
class Generaliser {
  private readonly memo = new Map<string, Expr>();

  constructor(
    private readonly texts: readonly CanonicalText[],
    private readonly parameters: Parameters,
    private readonly b: Builder,
  ) {}

  equation(equations: readonly Equation[]): Equation {
    const [first] = equations;
    return {
      ...first!,
      target: first!.target.map((_, d) => this.subscript(equations.map((e) => e.target[d]!))),
      where: first!.where.map((_, c) => this.expr(equations.map((e) => e.where[c]!))),
      body: this.expr(equations.map((e) => e.body)),
    };
  }

  expr(nodes: readonly Expr[]): Expr {
    const key = nodes.map((n) => n.id).join();
    const known = this.memo.get(key);
    if (known) return known;
    const result = this.build(nodes[0]!, nodes);
    this.memo.set(key, result);
    return result;
  }

  subscript(forms: readonly Affine[]): Affine {
    return this.affine(forms, forms[0]!.terms.length === 0 ? "at" : "offset");
  }

  private build(first: Expr, nodes: readonly Expr[]): Expr {
    const { b } = this;
    switch (first.kind) {
      case "constant":
        return first;
      case "affine":
        return this.affine(nodes as readonly Affine[], first.terms.length === 0 ? "place" : "offset");
      case "read": {
        const places = (nodes as readonly Read[]).map((n) => n.subscripts);
        return b.read(
          first.tensor,
          first.subscripts.map((_, d) => this.subscript(places.map((place) => place[d]!))),
        );
      }
      case "apply": {
        const lists = (nodes as readonly Apply[]).map((n) => n.args);
        const args = first.args.map((_, i) => this.expr(lists.map((list) => list[i]!)));
        return first.atom === "cast"
          ? b.cast(args[0]!, first.type as "f32" | "i32")
          : b.apply(first.atom, args);
      }
      case "condition": {
        const conditions = nodes as readonly Condition[];
        const signs = conditions.map((c, i) => this.texts[i]!.signOf(c));
        const form = this.affine(
          conditions.map((c) => c.form),
          "bound",
          signs,
        );
        return first.relation === "zero" ? b.zero(form) : b.nonnegative(form);
      }
      default:
        throw new Error(`a ${first.kind} stands in the equation of a kernel`);
    }
  }

  /** `signs`: whether a form stands for itself or for its negative. */
  private affine(forms: readonly Affine[], name: string, signs: readonly (1 | -1)[] = []): Affine {
    const { b } = this;
    const sign = (i: number): 1 | -1 => signs[i] ?? 1;
    const terms = forms.map((form, i) => this.texts[i]!.orderedTerms(form, sign(i)));
    const sum = terms[0]!.map(([, factor], t) =>
      b.times(this.atom(terms.map((list) => list[t]![0])), factor),
    );
    const constant = this.parameters.integer(
      forms.map((form, i) => sign(i) * form.constant),
      name,
    );
    return b.plus(...sum, constant);
  }

  private atom(atoms: readonly IntegerAtom[]): Affine {
    const { b } = this;
    const first = atoms[0]!;
    switch (first.kind) {
      case "index":
      case "dim":
        return b.of(first);
      case "floor":
      case "modulo": {
        const values = atoms.map((a) => (a as FloorDivision | Modulo).value);
        const value = this.affine(values, "offset");
        return first.kind === "floor" ? b.floorDivide(value, first.divisor) : b.modulo(value, first.divisor);
      }
      case "opaque": {
        const value = this.expr(atoms.map((a) => (a as Opaque).value));
        return value.kind === "affine" ? value : b.opaque(value as Opaque["value"]);
      }
    }
  }
}
