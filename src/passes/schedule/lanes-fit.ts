/** Whether statements can be executed for four neighbouring values of an index at once. */
import { atoms } from "../../ir/atoms.ts";
import type { Builder } from "../../ir/builder.ts";
import { Prover } from "../../ir/intervals.ts";
import type { KernelStatement } from "../../ir/kernel.ts";
import { ownExpressions } from "../../ir/kernel-walk.ts";
import { Lanes } from "../../ir/lanes.ts";
import type { Affine, Apply, Expr, Index, IntegerAtom, Local, Read, Tensor } from "../../ir/types.ts";

type Block = readonly KernelStatement[];

/** What is known where a value is computed. */
interface Place {
  readonly prover: Prover;
  /** Computed for all lanes, though some may not want it: it must be in range without the conditions that choose it. */
  readonly forAll: boolean;
}

export class LaneFit {
  readonly lanes: Lanes;
  private readonly known = new Map<Prover, Map<Expr, boolean>[]>();

  constructor(
    private readonly body: Block,
    private readonly index: Index,
    private readonly b: Builder,
    folded: readonly Local[] = [],
  ) {
    this.lanes = new Lanes(index, body, folded);
  }

  fits(): boolean {
    return this.block(this.body, { prover: new Prover(this.b, []), forAll: false });
  }

  private block(block: Block, at: Place): boolean {
    return block.every((s) => this.statement(s, at));
  }

  private statement(s: KernelStatement, at: Place): boolean {
    const { b } = this;
    switch (s.kind) {
      case "loop": {
        if (ownExpressions(s).some((e) => this.lanes.varies(e))) return false;
        const bounds = [b.minus(s.index, s.from), b.minus(b.minus(s.to, s.index), 1)];
        const prover = bounds.reduce((p, form) => p.under(b.nonnegative(form)), at.prover);
        return this.block(s.body, { ...at, prover });
      }
      case "if":
        return (
          !this.lanes.varies(s.condition) &&
          this.block(s.body, this.under(at, s.condition)) &&
          this.block(s.otherwise, this.under(at, b.apply("not", [s.condition])))
        );
      case "let":
      case "variable":
      case "assign":
        return this.value(s.value, at);
      case "store":
        return (
          this.distance(s.tensor, s.subscripts) === 1 &&
          s.tensor.type !== "bool" &&
          s.subscripts.every((e) => this.value(e, at)) &&
          this.value(s.value, at)
        );
    }
  }

  private under(at: Place, condition: Expr): Place {
    return { ...at, prover: at.prover.under(condition) };
  }

  /** Whether four of these can be computed at once. */
  private value(e: Expr, at: Place): boolean {
    if (!at.forAll && !this.lanes.varies(e)) return true;
    const memos = this.known.get(at.prover) ?? [new Map<Expr, boolean>(), new Map<Expr, boolean>()];
    this.known.set(at.prover, memos);
    const memo = memos[Number(at.forAll)]!;
    const known = memo.get(e);
    if (known !== undefined) return known;
    const found = this.compute(e, at);
    memo.set(e, found);
    return found;
  }

  private compute(e: Expr, at: Place): boolean {
    switch (e.kind) {
      case "constant":
      case "local":
        return true;
      case "affine":
        return e.terms.every((t) => this.integer(t.atom, at));
      case "condition":
        return this.value(e.form, at);
      case "read":
        return this.read(e, at);
      case "apply":
        return this.isSpelled(e) && this.arguments(e, at);
      case "reduce":
        return false;
    }
  }

  private integer(atom: IntegerAtom, at: Place): boolean {
    switch (atom.kind) {
      case "index":
      case "dim":
        return true;
      case "opaque":
        return this.value(atom.value, at);
      case "floor":
      case "modulo":
        // Vectors have no division: only what is a shift or some bits.
        if (this.lanes.varies(atom.value) && !Number.isInteger(Math.log2(atom.divisor))) return false;
        return this.value(atom.value, at);
    }
  }

  private read(e: Read, at: Place): boolean {
    const { b } = this;
    const distance = this.distance(e.tensor, e.subscripts);
    if (distance === undefined || !e.subscripts.every((s) => this.value(s, at))) return false;
    if (!at.forAll) return true;
    return e.subscripts.every((s, d) => {
      const last = b.minus(b.minus(e.tensor.shape[d]!, s), 1);
      return at.prover.prove(b.nonnegative(s)) && at.prover.prove(b.nonnegative(last));
    });
  }

  /** Whether there is an instruction or a function for vectors. */
  private isSpelled(e: Apply): boolean {
    if (!this.lanes.varies(e)) return true;
    const { wat } = atoms[e.atom];
    if (wat.form !== "apply" && wat.form !== "power") return true;
    const type = e.args[0]!.type;
    return (type === "f32" ? wat.lanes : type === "bool" ? wat.masks : wat.integers) !== undefined;
  }

  private arguments(e: Apply, at: Place): boolean {
    const row = atoms[e.atom];
    const guards = row.guards?.(this.b, e.args);
    return e.args.every((a, n) => {
      const guard = guards?.[n];
      if (!guard) return this.value(a, at);
      // Where lanes differ in what they want, all compute it.
      return this.lanes.varies(guard)
        ? this.value(a, { ...at, forAll: true })
        : this.value(a, this.under(at, guard));
    });
  }

  /** How far apart neighbouring lanes are in memory: 0, 1, or undefined for any other distance. */
  private distance(tensor: Tensor, subscripts: readonly Affine[]): number | undefined {
    if (subscripts.every((s) => !this.lanes.varies(s))) return 0;
    const strides = tensor.shape.map((_, d) => this.strideOf(tensor, d));
    // Products with extents that are no numbers are not looked into: only the last dimension is contiguous.
    const known = strides.every((stride) => stride !== undefined);
    if (!known && subscripts.slice(0, -1).some((s) => this.lanes.varies(s))) return undefined;
    const last = subscripts.length - 1;
    const address = known
      ? this.b.plus(...subscripts.map((s, d) => this.b.times(s, strides[d]!)))
      : subscripts[last]!;
    const plain = address.terms.filter((t) => t.atom === this.index);
    const others = this.b.minus(address, this.b.plus(...plain.map((t) => this.b.times(t.atom, t.factor))));
    return plain.length === 1 && plain[0]!.factor === 1 && !this.lanes.varies(others) ? 1 : undefined;
  }

  private strideOf({ shape }: Tensor, dimension: number): number | undefined {
    const inner = shape.slice(dimension + 1).map((e) => this.b.constantOf(e));
    return inner.every((n) => n !== undefined) ? inner.reduce((p, n) => p * n, 1) : undefined;
  }
}
