/**
 * The calls of a procedure as one list of statements: kernels are written where they were called, loops of fixed sizes
 * are written out, and what a local stands for takes its place, so that only stores, and the loops that are left, remain.
 */
import type { Builder } from "../../ir/builder.ts";
import type { Call, If, KernelStatement, Loop, Store } from "../../ir/kernel.ts";
import { statementsIn } from "../../ir/kernel-walk.ts";
import { readsOf, rewriter, visit } from "../../ir/rewrite.ts";
import type { Affine, Dim, Expr, Index, IntegerAtom, Local, Statement, Tensor } from "../../ir/types.ts";

type Block = readonly KernelStatement[];

/** More statements than this, loops written out, are no longer read by anybody, and slower than the loops. */
const mostStatements = 1200;

/**
 * The statements of all calls, or null where they become too many, or where a buffer is passed whose places can't be
 * told. `memory` gives one tensor for all that share a place.
 */
export function inlineCalls(calls: readonly Call[], memory: (t: Tensor) => Tensor, b: Builder): Block | null {
  const budget = { left: mostStatements };
  const out: KernelStatement[] = [];
  for (const call of calls) {
    if (!isPlaced(call, memory)) return null;
    const inlined = new Inlining(call, memory, b, budget).run();
    if (budget.left < 0) return null;
    out.push(...headed(inlined, call.kind === "call" ? call.statements : []));
  }
  return out;
}

/** Whether the places of a buffer follow from those of the tensor that is passed: rows of fixed lengths, or the same. */
function isPlaced(call: Call, memory: (t: Tensor) => Tensor): boolean {
  if (call.kind === "clear") return call.tensor.shape.every((e) => e.terms.length === 0);
  return call.buffers.every((actual, i) => {
    const formal = call.kernel.buffers[i]!.tensor;
    const whole = (t: Tensor): boolean => t.shape.slice(1).every((e) => e.terms.length === 0);
    return memory(actual) === formal || (whole(formal) && whole(memory(actual)));
  });
}

/** The statements of the graph stand above what computes them: in the loop that is left, if there is one. */
function headed(block: Block, heading: readonly Statement[]): Block {
  const at = Math.max(
    0,
    block.findIndex((s) => s.kind === "loop"),
  );
  return block.map((s, i) => {
    if (i !== at || heading.length === 0) return s;
    return s.kind === "loop" ? { ...s, body: headed(s.body, heading) } : { ...s, heading };
  });
}

class Inlining {
  private readonly integers = new Map<IntegerAtom, Affine>();
  private readonly tensors = new Map<Tensor, Tensor>();
  /** What each local stands for at this point. */
  private readonly values = new Map<Local, Expr>();
  /** Locals that change in a loop or a branch that is left: there they stay variables. */
  private readonly changing = new Map<Local, Local>();

  constructor(
    private readonly call: Call,
    private readonly memory: (t: Tensor) => Tensor,
    private readonly b: Builder,
    private readonly budget: { left: number },
  ) {}

  run(): Block {
    const { call, b } = this;
    if (call.kind === "clear") return this.cleared(call.tensor);
    const { kernel } = call;
    kernel.buffers.forEach(({ tensor }, i) => this.tensors.set(tensor, call.buffers[i]!));
    kernel.scalars.forEach((tensor, i) => this.tensors.set(tensor, call.scalars[i]!));
    kernel.dims.forEach((d, i) => this.integers.set(d, toAffine(b, call.dims[i]!)));
    const out: KernelStatement[] = [];
    this.block(kernel.body, out);
    return out;
  }

  private cleared(tensor: Tensor): Block {
    const { b } = this;
    const indices = tensor.shape.map((extent) => b.index("i", extent));
    const value = tensor.type === "f32" ? b.number(0) : tensor.type === "bool" ? b.bool(false) : b.integer(0);
    const origin = { span: tensor.span, name: tensor.name };
    const store: Store = {
      kind: "store",
      tensor,
      subscripts: indices.map((i) => b.of(i)),
      value,
      accumulate: false,
      origin,
    };
    const nest = indices.reduceRight<KernelStatement>(
      (body, index) => ({
        kind: "loop",
        index,
        from: b.integer(0),
        to: index.extent,
        role: "map",
        body: [body],
      }),
      store,
    );
    const out: KernelStatement[] = [];
    this.block([nest], out);
    return out;
  }

  private block(list: Block, out: KernelStatement[]): void {
    for (const s of list) {
      if (this.budget.left < 0) return;
      this.statement(s, out);
    }
  }

  private statement(s: KernelStatement, out: KernelStatement[]): void {
    this.budget.left -= 1;
    switch (s.kind) {
      case "let":
      case "variable":
        this.values.set(s.local, this.rewritten(s.value));
        return;
      case "assign":
        return this.assign(s.local, s.reducer, this.rewritten(s.value), out);
      case "store": {
        const [tensor, subscripts] = this.place(s.tensor, s.subscripts);
        out.push(...this.settled((t) => t === tensor, none));
        out.push({ ...s, tensor, subscripts, value: this.rewritten(s.value) });
        return;
      }
      case "loop":
        return this.loop(s, out);
      case "if":
        return this.branch(s, out);
    }
  }

  private assign(local: Local, reducer: "sum" | "prod" | null, value: Expr, out: KernelStatement[]): void {
    const variable = this.changing.get(local);
    if (variable) {
      out.push(
        ...this.settled(
          () => false,
          (l) => l === variable,
        ),
      );
      out.push({ kind: "assign", local: variable, value, reducer });
      return;
    }
    const before = this.values.get(local)!;
    const after = { sum: (): Expr => this.b.add(before, value), prod: (): Expr => this.b.mul(before, value) };
    this.values.set(local, reducer === null ? value : after[reducer]());
  }

  private loop(s: Loop, out: KernelStatement[]): void {
    const { b } = this;
    const [from, to] = [this.rewritten(s.from) as Affine, this.rewritten(s.to) as Affine];
    const { step = 1 } = s;
    if (from.terms.length === 0 && to.terms.length === 0) {
      for (let turn = from.constant; turn < to.constant && this.budget.left >= 0; turn += step) {
        this.integers.set(s.index, b.integer(turn));
        this.block(s.body, out);
      }
      return;
    }
    const index = b.index(s.index.name, this.rewritten(s.index.extent) as Affine);
    this.integers.set(s.index, b.of(index));
    this.enclosed([s], out, () => {
      const body: KernelStatement[] = [];
      this.block(s.body, body);
      out.push({ ...s, index, from, to, body });
    });
  }

  private branch(s: If, out: KernelStatement[]): void {
    const condition = this.rewritten(s.condition);
    if (condition.kind === "constant") return this.block(condition.value === 1 ? s.body : s.otherwise, out);
    this.enclosed([s], out, () => {
      const [body, otherwise] = [s.body, s.otherwise].map((list) => {
        const inner: KernelStatement[] = [];
        this.block(list, inner);
        return inner;
      });
      out.push({ kind: "if", condition: this.rewritten(s.condition), body: body!, otherwise: otherwise! });
    });
  }

  /** Around a block that is left: what it assigns becomes variables, and what it changes is read before it. */
  private enclosed(block: Block, out: KernelStatement[], inside: () => void): void {
    const all = [...statementsIn(block)];
    const own = new Set(all.flatMap((s) => (s.kind === "variable" ? [s.local] : [])));
    const assigned = all.flatMap((s) => (s.kind === "assign" && !own.has(s.local) ? [s.local] : []));
    const stored = new Set(all.flatMap((s) => (s.kind === "store" ? [this.storedBy(s)] : [])));
    const changed = new Set(assigned.flatMap((l) => this.changing.get(l) ?? []));
    out.push(
      ...this.settled(
        (t) => stored.has(t),
        (l) => changed.has(l),
      ),
    );
    const made = [...new Set(assigned)].filter((l) => !this.changing.has(l));
    for (const local of made) {
      const variable = this.b.local(local.name, local.type);
      out.push({ kind: "variable", local: variable, value: this.values.get(local)! });
      this.values.set(local, valueOf(this.b, variable));
      this.changing.set(local, variable);
    }
    const outside = new Map(this.values);
    inside();
    // What was named inside is not known behind; what changes is a variable, and still called so.
    for (const [local, value] of outside) this.values.set(local, value);
    for (const local of made) this.changing.delete(local);
  }

  private storedBy(s: Store): Tensor {
    return this.memory(this.tensors.get(s.tensor) ?? s.tensor);
  }

  /** A name for each value that reads what is about to change. A local that changes goes on as its variable. */
  private settled(tensor: (t: Tensor) => boolean, changes: (l: Local) => boolean): KernelStatement[] {
    const out: KernelStatement[] = [];
    for (const [local, value] of this.values) {
      if (this.changing.has(local) || value.kind === "constant" || !this.mentions(value, tensor, changes))
        continue;
      const named = this.b.local(local.name, local.type);
      out.push({ kind: "let", local: named, value });
      this.values.set(local, valueOf(this.b, named));
    }
    return out;
  }

  private mentions(value: Expr, tensor: (t: Tensor) => boolean, changes: (l: Local) => boolean): boolean {
    if (readsOf(value).some((r) => tensor(r.tensor))) return true;
    let found = false;
    const node = (e: Expr): void => void (found ||= e.kind === "local" && changes(e));
    visit([value], node, (a) => void (a.kind === "opaque" && a.value.kind === "local" && node(a.value)));
    return found;
  }

  private rewritten(e: Expr): Expr {
    return rewriter(this.b, {
      atom: (a) => this.integers.get(a),
      node: (n) => {
        if (n.kind === "local") return this.values.get(n);
        return n.kind === "read" ? this.read(n.tensor, n.subscripts) : undefined;
      },
    })(e);
  }

  private read(tensor: Tensor, subscripts: readonly Affine[]): Expr {
    return this.b.read(...this.place(tensor, subscripts));
  }

  /** The same cell in the tensor that is passed. */
  private place(formal: Tensor, given: readonly Affine[]): [Tensor, Affine[]] {
    const { b } = this;
    const tensor = this.memory(this.tensors.get(formal) ?? formal);
    const subscripts = given.map((s) => this.rewritten(s) as Affine);
    const extents = formal.shape.map((e) => this.rewritten(e) as Affine);
    const same = extents.length === tensor.shape.length && extents.every((e, d) => e === tensor.shape[d]);
    if (same) return [tensor, subscripts];
    let rest = subscripts.reduce((at, s, d) => b.plus(b.times(at, extents[d]!), s), b.integer(0));
    const places: Affine[] = [];
    for (let d = tensor.shape.length - 1; d > 0; d--) {
      places.unshift(b.modulo(rest, tensor.shape[d]!));
      rest = b.floorDivide(rest, tensor.shape[d]!);
    }
    return [tensor, tensor.shape.length > 0 ? [rest, ...places] : []];
  }
}

const none = (): boolean => false;

function toAffine(b: Builder, d: Dim | Index | number): Affine {
  return typeof d === "number" ? b.integer(d) : b.of(d);
}

/** A local as a value: an integer is an affine form. */
export function valueOf(b: Builder, local: Local): Expr {
  return local.type === "i32" ? b.opaque(local) : local;
}
