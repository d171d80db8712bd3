import type { Builder } from "../../ir/builder.ts";
import { isNumber } from "../../ir/builder.ts";
import type { AtomName } from "../../ir/atoms.ts";
import { readsOf } from "../../ir/rewrite.ts";
import type { Affine, Equation, Expr, Read, Tensor } from "../../ir/types.ts";
import { bodyAt } from "./alias.ts";
import { exponentAt, placeAmongTerms } from "./shift.ts";
import type { GraphIndex } from "./workspace.ts";
import { isPersistent } from "../../ir/dependences.ts";

/** A sum over exp(u): the read of it, its equation, and u at the equation's own indices. */
export interface SumOfExponentials {
  readonly read: Read;
  readonly equation: Equation;
  readonly exponent: Expr;
}

/** What an expression is, seen through the pointwise definitions that it reads. */
export class Views {
  private readonly index: GraphIndex;
  private readonly builder: Builder;
  /** Where the expression stands: what it reads must still have the values that its definition saw. */
  position = 0;

  constructor(index: GraphIndex, builder: Builder) {
    this.index = index;
    this.builder = builder;
  }

  /** The body of a definition in place of a read of it. What a gradient is asked for is not looked through. */
  through(e: Expr): Expr {
    for (let depth = 0; depth < 8; depth++) {
      const whole = e.kind === "read" ? this.throughReshape(e) : undefined;
      if (whole) {
        e = whole;
        continue;
      }
      const definition = e.kind === "read" ? this.definition(e, this.index.pointwise(e.tensor)) : undefined;
      if (!definition) return e;
      e = bodyAt(this.builder, definition, (e as Read).subscripts);
    }
    return e;
  }

  /** The same cell in the tensor that a reshape reinterprets; where inner extents are numbers, its place is affine. */
  private throughReshape(read: Read): Expr | undefined {
    const b = this.builder;
    const writer = this.index.onlyWriter(read.tensor);
    if (writer?.kind !== "reshape" || isPersistent(writer.source) || this.index.pinned.has(read.tensor))
      return undefined;
    const inner = (t: Tensor): (number | undefined)[] =>
      t.shape.slice(1).map((extent) => b.constantOf(extent));
    const from = inner(read.tensor);
    const to = inner(writer.source);
    if ([...from, ...to].includes(undefined) || writer.source.shape.length === 0) return undefined;
    let position = read.subscripts.reduce(
      (p, s, d) => b.plus(b.times(p, d === 0 ? 1 : from[d - 1]!), s),
      b.integer(0),
    );
    const places: Affine[] = [];
    for (const extent of to.toReversed() as number[]) {
      places.unshift(b.modulo(position, extent));
      position = b.floorDivide(position, extent);
    }
    return b.read(writer.source, [position, ...places]);
  }

  private definition(read: Read, found: Equation | undefined): Equation | undefined {
    if (!found || found.tensor.type !== "f32" || this.index.pinned.has(read.tensor)) return undefined;
    const reads = readsOf(found.body);
    const unchanged = reads.every(
      (r) => !isPersistent(r.tensor) || this.index.firstWrite(r.tensor) > this.position,
    );
    return unchanged ? found : undefined;
  }

  private arguments(e: Expr, atom: AtomName): readonly Expr[] | undefined {
    const seen = this.through(e);
    return seen.kind === "apply" && seen.atom === atom ? seen.args : undefined;
  }

  /** u, where the expression is exp(u). */
  exponent(e: Expr): Expr | undefined {
    return this.arguments(e, "exp")?.[0];
  }

  /** a and b, where the expression is a·b. */
  product(e: Expr): readonly [Expr, Expr] | undefined {
    return this.arguments(e, "mul") as [Expr, Expr] | undefined;
  }

  /** a and b, where the expression is a/b. */
  quotient(e: Expr): readonly [Expr, Expr] | undefined {
    return this.arguments(e, "div") as [Expr, Expr] | undefined;
  }

  /** u and v, where the expression is exp(u) + exp(v), or the same with another sign between; 1 is exp(0). */
  twoExponentials(e: Expr, atom: "add" | "sub" = "add"): readonly [Expr, Expr] | undefined {
    const [u, v] = (this.arguments(e, atom) ?? []).map((x) =>
      isNumber(x, 1) ? this.builder.number(0) : this.exponent(x),
    );
    return u && v && !(u.kind === "constant" && v.kind === "constant") ? [u, v] : undefined;
  }

  /** u, where the expression is 1 + exp(u). */
  onePlusExponential(e: Expr): Expr | undefined {
    const [x, y] = this.arguments(e, "add") ?? [];
    if (!x || !y) return undefined;
    return isNumber(x, 1) ? this.exponent(y) : isNumber(y, 1) ? this.exponent(x) : undefined;
  }

  /** u, where the expression is σ(u), however it is written: 1/(1 + exp(−u)), exp(u)/(1 + exp(u)), 1 − σ(−u). */
  logit(e: Expr): Expr | undefined {
    const direct = this.arguments(e, "sigmoid")?.[0];
    if (direct) return direct;
    const [a, c] = this.quotient(e) ?? [];
    const inDenominator = c && this.onePlusExponential(c);
    if (inDenominator) {
      if (isNumber(a!, 1)) return this.builder.neg(inDenominator);
      if (this.exponent(a!) === inDenominator) return inDenominator;
    }
    const [one, rest] = this.arguments(e, "sub") ?? [];
    const complement = one && isNumber(one, 1) ? this.logit(rest!) : undefined;
    return complement && this.builder.neg(complement);
  }

  /** u and Σ exp(u), where the expression is 1 − p and p the other of two classes of a softmax. */
  otherOfTwo(e: Expr): { readonly exponent: Expr; readonly sum: SumOfExponentials } | undefined {
    const b = this.builder;
    const [one, p] = this.arguments(e, "sub") ?? [];
    const [above, below] = (one && isNumber(one, 1) && this.quotient(p!)) || [];
    const sum = below && this.sumOfExponentials(below);
    const exponent = sum && this.exponent(above!);
    if (!exponent || sum.equation.where.length > 0) return undefined;
    const place = placeAmongTerms(b, exponent, sum);
    if (!place || b.constantOf(b.toAffine(sum.equation.reduced[0]!.extent)) !== 2) return undefined;
    return { exponent: exponentAt(b, sum, b.minus(1, place)), sum };
  }

  /** The sum that the expression is, where what it adds up are exponentials. */
  sumOfExponentials(e: Expr): SumOfExponentials | undefined {
    const read = e.kind === "read" ? this.unreduced(e) : undefined;
    if (!read || this.index.pinned.has(read.tensor)) return undefined;
    const equation = this.index.definition(read.tensor);
    const exponent = equation?.reducer === "sum" ? this.exponent(equation.body) : undefined;
    return exponent && equation && { read, equation, exponent };
  }

  /** Through definitions that only read another tensor, to the read of that one. */
  private unreduced(read: Read): Read | undefined {
    if (this.index.definition(read.tensor)?.reducer !== null) return read;
    const seen = this.through(read);
    return seen.kind === "read" ? seen : undefined;
  }

  /** Whether a maximum is already taken off, so that nothing overflows. */
  isShifted(exponent: Expr): boolean {
    return readsOf(exponent).some((r) => {
      const seen = this.through(r);
      const reads = seen === r ? [r] : readsOf(seen);
      return reads.some((inner) => this.index.definition(inner.tensor)?.reducer === "max");
    });
  }
}
