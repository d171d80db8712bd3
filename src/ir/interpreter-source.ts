/**
 * Equations with long loops as JavaScript functions: what the interpreter does with closures, in the same order and with
 * the same functions of the atom table, so that the values are the same bits. Where functions can't be made from text,
 * as in a page whose policy forbids it, closures do everything.
 */
import { atoms } from "./atoms.ts";
import { boundsOf } from "./interpreter-bounds.ts";
import { usesOf } from "./interpreter-dependence.ts";
import { evaluateAffine, extentsOf } from "./interpreter-expressions.ts";
import type { NumericArray } from "./interpreter-expressions.ts";
import type { Affine, Apply, Dim, Equation, Expr, Index, IntegerAtom, Tensor } from "./types.ts";

/** How one reducer goes on: the value so far, and what it starts from. */
export interface Reducing {
  readonly start: number;
  readonly next: (value: number, best: number) => number;
}

/** Fills the tensor of its equation; false where a subscript was out of range. */
export type EquationFunction = (values: ReadonlyMap<Tensor, NumericArray>) => boolean;

/** Text that grows beyond this, since what is shared lies behind several choices, is left to closures. */
const mostText = 20_000;
const mostKept = 2000;

class Refused extends Error {}
const outOfRange = Symbol("out of range");

type Made = (v: readonly NumericArray[], f: readonly unknown[], check: typeof checked) => void;
const made = new Map<string, Made | null>();
const ofEquations = new WeakMap<
  Equation,
  { readonly counts: string; readonly run: EquationFunction | null }
>();

/** null where closures have to do it. */
export function equationFunction(
  e: Equation,
  dims: ReadonlyMap<Dim, number>,
  reducing: Reducing | null,
): EquationFunction | null {
  const counts = [...dims.values()].join();
  const known = ofEquations.get(e);
  if (known?.counts === counts) return known.run;
  const run = functionFor(e, dims, reducing);
  ofEquations.set(e, { counts, run });
  return run;
}

function functionFor(
  e: Equation,
  dims: ReadonlyMap<Dim, number>,
  reducing: Reducing | null,
): EquationFunction | null {
  const writer = new EquationWriter(e, dims, reducing);
  let text: string;
  try {
    text = writer.text();
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
  const run = functionOf(text);
  if (!run) return null;
  const { tensors, functions } = writer;
  return (values) => {
    const arrays = tensors.map((t) => values.get(t));
    if (!arrays.every((a) => a !== undefined)) return false;
    try {
      run(arrays, functions, checked);
      return true;
    } catch (error) {
      if (error === outOfRange) return false;
      throw error;
    }
  };
}

/** Equal text is one function: layers that are alike share it. */
function functionOf(text: string): Made | null {
  const known = made.get(text);
  if (known !== undefined) return known;
  if (made.size >= mostKept) made.clear();
  let fresh: Made | null;
  try {
    fresh = new Function("v", "f", "check", text) as Made;
  } catch {
    fresh = null;
  }
  made.set(text, fresh);
  return fresh;
}

function checked(subscript: number, extent: number): number {
  if (subscript >= 0 && subscript < extent) return subscript;
  throw outOfRange;
}

/** What stands in one block, and the names of what is evaluated in it or around it. */
interface Block {
  readonly lines: string[];
  readonly names: Map<Expr | IntegerAtom, string>;
}

class EquationWriter {
  readonly tensors: Tensor[];
  readonly functions: unknown[] = [];
  private readonly functionNames = new Map<unknown, string>();
  private readonly equation: Equation;
  private readonly dims: ReadonlyMap<Dim, number>;
  private readonly reducing: Reducing | null;
  private readonly positions = new Map<Index, string>();
  private readonly uses: ReadonlyMap<Expr | IntegerAtom, number>;
  private temporaries = 0;
  private size = 0;

  constructor(equation: Equation, dims: ReadonlyMap<Dim, number>, reducing: Reducing | null) {
    this.equation = equation;
    this.dims = dims;
    this.reducing = reducing;
    this.tensors = [equation.tensor];
    [...equation.indices, ...equation.reduced].forEach((i, n) => this.positions.set(i, `i${n}`));
    this.uses = usesOf([...equation.target, ...equation.where, equation.body]);
  }

  text(): string {
    const { indices } = this.equation;
    const inside = this.reducing ? this.reduction(this.reducing) : this.guarded((b) => this.store(b));
    const loops = this.loops(indices, inside);
    const tensors = this.tensors.map((_, n) => `v${n}`).join(", ");
    const functions = [...this.functionNames.values()].join(", ");
    return `"use strict";\nconst [${tensors}] = v;\nconst [${functions}] = f;\n${loops}`;
  }

  private loops(indices: readonly Index[], inside: string): string {
    return indices.reduceRight((text, index) => {
      const i = this.positions.get(index)!;
      return `for (let ${i} = 0; ${i} < ${evaluateAffine(index.extent, this.dims)}; ${i}++) {\n${text}\n}`;
    }, inside);
  }

  private reduction({ start, next }: Reducing): string {
    const { reduced, accumulate } = this.equation;
    const step = this.functionNamed(`next_${this.equation.reducer}`, next);
    const turn = this.guarded((b) => {
      const value = this.compile(this.equation.body, b);
      b.lines.push(`result = ${step}(${value}, result); any = true;`);
    });
    const end: Block = { lines: [], names: new Map() };
    const { place, isIn } = this.place(this.equation.tensor, this.equation.target, end);
    const add = accumulate ? `v0[at] = v0[at] + result;` : `v0[at] = result;`;
    const skip = accumulate && isIn !== null ? `if (any || (${isIn}))` : "";
    return [
      `let result = ${literal(start)}, any = false;`,
      this.loops(reduced, turn),
      ...end.lines,
      `${skip} { const at = ${place}; ${add} }`,
    ].join("\n");
  }

  private store(b: Block): void {
    const value = this.compile(this.equation.body, b);
    const { place } = this.place(this.equation.tensor, this.equation.target, b);
    const before = this.equation.accumulate ? "v0[at] + " : "";
    // The value first: what it reads may be what is stored.
    b.lines.push(`{ const value = ${value}; const at = ${place}; v0[at] = ${before}value; }`);
  }

  /** A block that is done where all conditions hold, each asked only where those before it do. */
  private guarded(inside: (b: Block) => void): string {
    const block: Block = { lines: [], names: new Map() };
    for (const condition of this.equation.where)
      block.lines.push(`if (${this.compile(condition, block)} !== 0) {`);
    inside(block);
    return block.lines.join("\n") + " }".repeat(this.equation.where.length);
  }

  private compile(node: Expr | IntegerAtom, block: Block): string {
    const known = block.names.get(node);
    if (known !== undefined) return known;
    const text = this.build(node, block);
    this.size += text.length;
    if (this.size > mostText) throw new Refused();
    if (node.kind === "constant" || node.kind === "index" || node.kind === "dim") return text;
    if ((this.uses.get(node) ?? 0) < 2) return text;
    const name = `t${this.temporaries++}`;
    block.lines.push(`const ${name} = ${text};`);
    block.names.set(node, name);
    return name;
  }

  private build(node: Expr | IntegerAtom, block: Block): string {
    switch (node.kind) {
      case "constant":
        return literal(node.value);
      case "affine":
        return this.affine(node, block);
      case "index": {
        const position = this.positions.get(node);
        if (position === undefined) throw new Refused();
        return position;
      }
      case "dim": {
        const count = this.dims.get(node);
        if (count === undefined) throw new Refused();
        return `${count}`;
      }
      case "floor":
        return `Math.floor(${this.compile(node.value, block)} / ${node.divisor})`;
      case "modulo": {
        const value = this.compile(node.value, block);
        return `(${value} - ${node.divisor} * Math.floor(${value} / ${node.divisor}))`;
      }
      case "opaque":
        return this.compile(node.value, block);
      case "condition":
        return `(${this.compile(node.form, block)} ${node.relation === "zero" ? "===" : ">="} 0 ? 1 : 0)`;
      case "apply":
        return this.apply(node, block);
      case "read": {
        const array = this.arrayOf(node.tensor);
        return `${array}[${this.place(node.tensor, node.subscripts, block).place}]`;
      }
      case "reduce":
      case "local":
        throw new Refused();
    }
  }

  private affine({ constant, terms }: Affine, block: Block): string {
    const parts = terms.map((t) => {
      const value = this.compile(t.atom, block);
      return t.factor === 1 ? value : `${literal(t.factor)} * ${value}`;
    });
    // From the constant on, as everywhere: a sum of one part has no rounding to differ in.
    if (constant !== 0 || parts.length === 0) parts.unshift(literal(constant));
    return parts.length === 1 ? parts[0]! : `(${parts.join(" + ")})`;
  }

  private apply(node: Apply, block: Block): string {
    const { evaluate, lazy } = atoms[node.atom];
    const name = this.functionNamed(node.atom, lazy ?? evaluate);
    const args = node.args.map((a) => (lazy ? this.thunk(a, block) : this.compile(a, block)));
    const call = `${name}(${args.join(", ")})`;
    return node.type === "i32" ? `(${call} + 0)` : call;
  }

  private thunk(node: Expr, around: Block): string {
    const block: Block = { lines: [], names: new Map(around.names) };
    const value = this.compile(node, block);
    return block.lines.length === 0
      ? `() => ${value}`
      : `() => { ${block.lines.join(" ")} return ${value}; }`;
  }

  private functionNamed(name: string, of: unknown): string {
    const known = this.functionNames.get(of);
    if (known !== undefined) return known;
    const own = `f_${name}`;
    this.functionNames.set(of, own);
    this.functions.push(of);
    return own;
  }

  private arrayOf(t: Tensor): string {
    const at = this.tensors.indexOf(t);
    if (at >= 0) return `v${at}`;
    return `v${this.tensors.push(t) - 1}`;
  }

  /** The row-major position; subscripts that may leave their extent are checked. */
  private place(
    t: Tensor,
    subscripts: readonly Affine[],
    block: Block,
  ): { readonly place: string; readonly isIn: string | null } {
    const extents = extentsOf(t, this.dims);
    if (extents.length !== subscripts.length) throw new Refused();
    const inside: string[] = [];
    const parts = subscripts.map((s, d) => {
      const value = this.compile(s, block);
      const { low, high } = boundsOf(s, this.dims);
      const extent = extents[d]!;
      if (low >= 0 && high < extent) return value;
      inside.push(`${value} >= 0 && ${value} < ${extent}`);
      return `check(${value}, ${extent})`;
    });
    const place = parts.reduce(
      (text, part, d) => (d === 0 ? part : `(${text}) * ${extents[d]!} + ${part}`),
      "",
    );
    return { place: place === "" ? "0" : place, isIn: inside.length > 0 ? inside.join(" && ") : null };
  }
}

function literal(value: number): string {
  if (Object.is(value, -0)) return "(-0)";
  return value < 0 ? `(${value})` : `${value}`;
}
