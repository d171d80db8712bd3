import { atoms, precedence } from "./atoms.ts";
import { children, visit } from "./rewrite.ts";
import type { Condition, Constant, Expr, Index, IntegerAtom, Reducer } from "./types.ts";

/** A printed expression and how tightly its outermost operator binds. */
interface Formula {
  readonly text: string;
  readonly precedence: number;
}

/** Σ takes the product behind it, so it binds looser than a product and tighter than a sum. */
const reduction = (precedence.add + precedence.mul) / 2;

const reducerSymbols: Readonly<Record<Reducer, string>> = {
  sum: "Σ",
  prod: "Π",
  max: "max",
  min: "min",
  argmax: "argmax",
  argmin: "argmin",
};

/** Larger formulas, counted as trees, name the parts they repeat. */
const largestTree = 400;
/** Smaller parts are repeated rather than named. */
const smallestNamed = 8;

/** Prints the expressions of one statement: names of indices are unique in it, and repeated large parts are named. */
export class FormulaPrinter {
  private readonly indexNames: ReadonlyMap<Index, string>;
  private readonly memo = new Map<Expr | IntegerAtom, Formula>();
  private readonly partNames: ReadonlyMap<Expr, string>;

  constructor(roots: readonly Expr[], indices: readonly Index[]) {
    this.indexNames = nameIndices(roots, indices);
    this.partNames = nameParts(roots);
  }

  expr(e: Expr): string {
    return this.formula(e).text;
  }

  /** The value of every part that was named, `t1 = …`. */
  get parts(): string[] {
    return [...this.partNames].map(([part, name]) => `${name} = ${this.build(part).text}`);
  }

  index(index: Index): string {
    return this.indexNames.get(index) ?? index.name;
  }

  /** `Σ_{k : k ≤ i} body`. */
  reduce(reducer: Reducer, indices: readonly Index[], where: readonly Expr[], body: Expr): string {
    const names = indices.map((i) => this.index(i)).join(",");
    const guard = where.length > 0 ? ` : ${this.conditions(where)}` : "";
    const below = names + guard;
    const subscript = /^.′*$/u.test(below) ? below : `{${below}}`;
    return `${reducerSymbols[reducer]}_${subscript} ${this.within(body, precedence.mul)}`;
  }

  conditions(where: readonly Expr[]): string {
    return where.map((w) => this.within(w, precedence.and)).join(" ∧ ");
  }

  private formula(node: Expr | IntegerAtom): Formula {
    const known = this.memo.get(node);
    if (known) return known;
    const name = this.partNames.get(node as Expr);
    const formula = name === undefined ? this.build(node) : { text: name, precedence: precedence.primary };
    this.memo.set(node, formula);
    return formula;
  }

  /** In parentheses where it binds looser than `least`. */
  private within(node: Expr | IntegerAtom, least: number): string {
    const { text, precedence: own } = this.formula(node);
    return own < least ? `(${text})` : text;
  }

  private build(node: Expr | IntegerAtom): Formula {
    switch (node.kind) {
      case "constant":
        return constant(node);
      case "affine":
        return this.affine(
          node.terms.map((t) => [t.factor, t.atom]),
          node.constant,
        );
      case "index":
        return primary(this.index(node));
      case "dim":
      case "local":
        return primary(node.name);
      case "floor":
        return primary(`⌊${this.within(node.value, precedence.mul)}/${node.divisor}⌋`);
      case "modulo":
        return {
          text: `${this.within(node.value, precedence.mul)} mod ${node.divisor}`,
          precedence: reduction,
        };
      case "opaque":
        return this.formula(node.value);
      case "condition":
        return this.condition(node);
      case "read": {
        const subscripts = node.subscripts.map((s) => this.expr(s)).join(", ");
        return primary(
          node.subscripts.length === 0 ? node.tensor.name : `${node.tensor.name}[${subscripts}]`,
        );
      }
      case "reduce":
        return {
          text: this.reduce(node.reducer, node.indices, node.where, node.body),
          precedence: reduction,
        };
      case "apply": {
        const { formula } = atoms[node.atom];
        return this.apply(formula, node.args);
      }
    }
  }

  private apply(spelling: (typeof atoms)["add"]["formula"], args: readonly Expr[]): Formula {
    switch (spelling.form) {
      case "infix":
        return this.infix(
          spelling.operator,
          spelling.precedence,
          spelling.right === true,
          args as [Expr, Expr],
        );
      case "prefix": {
        // −a·b needs no parentheses; it is then a product.
        const inner = this.formula(args[0]!).precedence;
        const text = spelling.operator + this.operand(args[0]!, precedence.mul);
        return { text, precedence: Math.min(spelling.precedence, Math.max(inner, precedence.mul)) };
      }
      case "call":
        return primary(`${spelling.callee}(${args.map((a) => this.expr(a)).join(", ")})`);
      case "words": {
        const last = args.length - 1;
        const text = args.map((a, i) => {
          const least = i === last ? spelling.precedence : spelling.precedence + 1;
          return spelling.words[i]! + this.within(a, least);
        });
        return { text: text.join(""), precedence: spelling.precedence };
      }
      case "iverson":
        return args[0]!.type === "bool" ? primary(`[${this.expr(args[0]!)}]`) : this.formula(args[0]!);
    }
  }

  private infix(operator: string, own: number, right: boolean, [a, b]: [Expr, Expr]): Formula {
    const tight = own >= precedence.mul && !/\w/.test(operator);
    const left = this.within(a, right ? own + 1 : own);
    const text = [left, this.operand(b, right ? own : own + 1)].join(tight ? operator : ` ${operator} `);
    return { text, precedence: own };
  }

  /** Behind an operator, what starts with a minus stands in parentheses. */
  private operand(node: Expr, least: number): string {
    const text = this.within(node, least);
    return text.startsWith("-") ? `(${text})` : text;
  }

  private affine(terms: readonly (readonly [number, IntegerAtom])[], constant: number): Formula {
    const positive = terms.filter(([f]) => f > 0);
    const negative = terms.filter(([f]) => f < 0);
    const alone = terms.length + Number(constant !== 0) === 1;
    const number: [sign: string, text: string][] =
      constant === 0 ? [] : [[constant < 0 ? "-" : "+", `${Math.abs(constant)}`]];
    const written = (list: typeof terms): [string, string][] =>
      list.map(([f, atom]) => [f < 0 ? "-" : "+", this.term(Math.abs(f), atom, alone)]);
    const [first, ...rest] =
      positive.length === 0 && constant > 0
        ? [...number, ...written(negative)]
        : [...written(positive), ...written(negative), ...number];
    if (!first) return primary("0");
    const text = (first[0] === "-" ? "-" : "") + first[1] + rest.map(([sign, t]) => ` ${sign} ${t}`).join("");
    if (rest.length > 0) return { text, precedence: precedence.add };
    if (first[0] === "-") return { text, precedence: precedence.mul };
    if (terms.length === 0) return primary(text);
    return { text, precedence: terms[0]![0] === 1 ? this.formula(terms[0]![1]).precedence : precedence.mul };
  }

  private term(factor: number, atom: IntegerAtom, alone: boolean): string {
    if (factor === 1) return this.within(atom, alone ? precedence.select : precedence.mul);
    return `${factor}·${this.within(atom, precedence.mul)}`;
  }

  /** A comparison with positive terms on both sides. */
  private condition({ form, relation }: Condition): Formula {
    const { constant } = form;
    const side = (sign: 1 | -1): (readonly [number, IntegerAtom])[] =>
      form.terms.filter((t) => t.factor * sign > 0).map((t) => [t.factor * sign, t.atom]);
    const [positive, negative] = [side(1), side(-1)];
    const write = (terms: typeof positive, c: number): string => this.affine(terms, c).text;
    const compare = (a: string, operator: string, b: string): Formula => ({
      text: `${a} ${operator} ${b}`,
      precedence: precedence.compare,
    });
    const sum = (c: number): number => Math.max(c, 0);
    if (relation === "zero") {
      if (negative.length === 0) return compare(write(positive, 0), "=", `${-constant}`);
      const sides = [
        [positive, write(positive, sum(constant))],
        [negative, write(negative, sum(-constant))],
      ] as const;
      const [a, b] = sides[0][0].length <= sides[1][0].length ? sides : [sides[1], sides[0]];
      return compare(a[1], "=", b[1]);
    }
    if (negative.length === 0) return compare(write(positive, 0), "≥", `${-constant}`);
    if (constant === -1 && positive.length > 0) return compare(write(negative, 0), "<", write(positive, 0));
    return compare(write(negative, sum(-constant)), "≤", write(positive, sum(constant)));
  }
}

function primary(text: string): Formula {
  return { text, precedence: precedence.primary };
}

function constant({ value, type }: Constant): Formula {
  if (type === "bool") return primary(value === 0 ? "false" : "true");
  if (!Number.isFinite(value)) {
    const text = Number.isNaN(value) ? "NaN" : "∞";
    return value < 0 ? { text: `-${text}`, precedence: precedence.prefix } : primary(text);
  }
  const inverse = Math.round(1 / value);
  if (`${value}`.length > 6 && Math.abs(inverse) < 1e7 && Math.abs(inverse * value - 1) < 1e-12) {
    return { text: `${value < 0 ? "-" : ""}1/${Math.abs(inverse)}`, precedence: precedence.mul };
  }
  return {
    text: `${Number(value.toPrecision(6))}`,
    precedence: value < 0 ? precedence.prefix : precedence.primary,
  };
}

/** Different indices (and dimensions) get different names: i, i′, i″. */
export function nameIndices(roots: readonly Expr[], indices: readonly Index[]): Map<Index, string> {
  const found = new Set(indices);
  const taken = new Set<string>();
  const bound = (e: Expr): void => {
    if (e.kind === "reduce") for (const i of e.indices) found.add(i);
  };
  visit(roots, bound, (a) => {
    if (a.kind === "index") found.add(a);
    if (a.kind === "dim") taken.add(a.name);
  });
  const names = new Map<Index, string>();
  for (const index of found) {
    let name = index.name;
    for (let primes = 1; taken.has(name); primes++) name = index.name + "′".repeat(primes);
    taken.add(name);
    names.set(index, name);
  }
  return names;
}

/** Names for the parts that a large formula repeats. */
export function nameParts(roots: readonly Expr[]): Map<Expr, string> {
  const sizes = new Map<Expr | IntegerAtom, number>();
  const uses = new Map<Expr | IntegerAtom, number>();
  const order: Expr[] = [];
  const measure = (node: Expr | IntegerAtom, below: readonly (Expr | IntegerAtom)[]): void => {
    for (const part of below) uses.set(part, (uses.get(part) ?? 0) + 1);
    sizes.set(
      node,
      below.reduce((sum, part) => sum + sizes.get(part)!, 1),
    );
  };
  visit(
    roots,
    (e) => {
      measure(e, e.kind === "affine" ? e.terms.map((t) => t.atom) : children(e));
      order.push(e);
    },
    (a) => measure(a, a.kind === "floor" || a.kind === "modulo" || a.kind === "opaque" ? [a.value] : []),
  );
  const names = new Map<Expr, string>();
  if (roots.every((r) => sizes.get(r)! <= largestTree)) return names;
  for (const e of order) {
    if ((uses.get(e) ?? 0) > 1 && sizes.get(e)! >= smallestNamed) names.set(e, `t${names.size + 1}`);
  }
  return names;
}
