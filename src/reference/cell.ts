/** One cell of an equation, evaluated again to see which operation of it first left the finite numbers. */
import { atoms } from "../ir/atoms.ts";
import { ExpressionCompiler, evaluateAffine } from "../ir/interpreter-expressions.ts";
import type { NumericArray, Scope } from "../ir/interpreter-expressions.ts";
import { children } from "../ir/rewrite.ts";
import type { Apply, Dim, Equation, Expr, Index, Read, Tensor } from "../ir/types.ts";

export interface Cause {
  /** `log(0) = -Infinity` */
  readonly operation: string;
  /** `p[3, 1] = 0` */
  readonly operands: readonly string[];
}

export class CellOf {
  private readonly compiler: ExpressionCompiler;
  private readonly round: (value: number) => number;

  constructor(
    private readonly equation: Equation,
    private readonly dims: ReadonlyMap<Dim, number>,
    values: ReadonlyMap<Tensor, NumericArray>,
    isSingle: boolean,
  ) {
    const { target, where, body } = equation;
    const scope: Scope = {
      dims,
      values,
      reduce: () => {
        throw new Error("a reduction stands in a body");
      },
      isSingle,
    };
    this.compiler = new ExpressionCompiler(scope, [...target, ...where, body]);
    this.round = isSingle ? Math.fround : (value) => value;
  }

  /** What made the cell at this row-major place not finite; null where no operation did. */
  cause(place: number): Cause | null {
    const { equation, compiler } = this;
    const at = compiler.place(equation.tensor, equation.target);
    let found: Cause | null = null;
    this.loop(equation.indices, () => {
      compiler.begin();
      if (equation.reducer === null && !this.holds()) return false;
      if (at() !== place) return false;
      found = equation.reducer === null ? this.ofBody() : this.ofReduction();
      return found !== null;
    });
    return found;
  }

  private holds(): boolean {
    return this.equation.where.every((w) => this.value(w) !== 0);
  }

  private value(e: Expr): number {
    return this.compiler.compile(e)();
  }

  /** Runs over all values of the indices until `visit` is content. */
  private loop(indices: readonly Index[], visit: () => boolean): boolean {
    const [first, ...rest] = indices;
    if (!first) return visit();
    const slot = this.compiler.slot(first);
    const extent = evaluateAffine(first.extent, this.dims);
    for (let i = 0; i < extent; i++) {
      this.compiler.frame.positions[slot] = i;
      if (this.loop(rest, visit)) return true;
    }
    return false;
  }

  private ofBody(): Cause | null {
    const { equation } = this;
    const found = this.culprit(equation.body);
    if (found) return this.describe(found);
    // Finite in 64 bits, but not where it is stored.
    const value = this.value(equation.body);
    if (!Number.isFinite(value) || Number.isFinite(Math.fround(value))) return null;
    return {
      operation: `${shown(value)} is beyond 32-bit floats`,
      operands: this.operandsOf(equation.body),
    };
  }

  /** The first term that is not finite, or the one with which what was gathered ceases to be. */
  private ofReduction(): Cause | null {
    const { equation, compiler } = this;
    const names = equation.reduced.map((i) => i.name);
    let found: Cause | null = null;
    let total = equation.reducer === "prod" ? 1 : 0;
    this.loop(equation.reduced, () => {
      compiler.begin();
      if (!this.holds()) return false;
      const value = this.value(equation.body);
      if (!Number.isFinite(value)) {
        found = this.ofBody();
        return true;
      }
      const next = this.round(equation.reducer === "prod" ? total * value : total + value);
      if (!Number.isFinite(Math.fround(next))) {
        const sign = equation.reducer === "prod" ? "·" : "+";
        const positions = equation.reduced.map((i) => compiler.frame.positions[compiler.slot(i)]);
        found = {
          operation: `${shown(total)} ${sign} ${shown(value)} is beyond 32-bit floats, at ${names.map((n, d) => `${n} = ${positions[d]}`).join(", ")}`,
          operands: this.operandsOf(equation.body),
        };
        return true;
      }
      total = next;
      return false;
    });
    return found;
  }

  /** In the order of evaluation, the first operation on finite numbers whose result is not. */
  private culprit(e: Expr): Apply | null {
    if (e.kind !== "apply") return null;
    const { lazy } = atoms[e.atom];
    const read: Expr[] = [];
    if (lazy) {
      const thunks = e.args.map((argument) => () => {
        read.push(argument);
        return this.value(argument);
      });
      lazy(...thunks);
    } else read.push(...e.args);
    for (const argument of read) {
      const inside = this.culprit(argument);
      if (inside) return inside;
    }
    const isOwn = read.every((argument) => Number.isFinite(this.value(argument)));
    return isOwn && !Number.isFinite(this.value(e)) ? e : null;
  }

  private describe(e: Apply): Cause {
    const { formula } = atoms[e.atom];
    const values = e.args.map((a) => shown(this.value(a)));
    const text =
      formula.form === "infix"
        ? values.map((v) => (v.startsWith("-") ? `(${v})` : v)).join(` ${formula.operator} `)
        : `${formula.form === "call" ? formula.callee : e.atom}(${values.join(", ")})`;
    return { operation: `${text} = ${shown(this.value(e))}`, operands: this.operandsOf(e) };
  }

  /** Every read of an expression with its subscripts and value, each once. */
  private operandsOf(e: Expr): string[] {
    const reads = new Set<Read>();
    const seen = new Set<Expr>();
    const walk = (node: Expr): void => {
      if (seen.has(node)) return;
      seen.add(node);
      if (node.kind === "read") reads.add(node);
      else children(node).forEach(walk);
    };
    walk(e);
    return [...reads].slice(0, 6).map((read) => {
      const subscripts = read.subscripts.map((s) => this.value(s));
      const name =
        subscripts.length === 0 ? read.tensor.name : `${read.tensor.name}[${subscripts.join(", ")}]`;
      return `${name} = ${shown(this.value(read))}`;
    });
  }
}

/** Seven digits, as many as a 32-bit float has. */
const shown = (value: number): string => String(Number(value.toPrecision(7)));
