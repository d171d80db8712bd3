/** What a kernel that is divided falls into: loops whose turns threads share, and what every thread does. */
import { rangeOf } from "../../ir/affine.ts";
import type { Builder } from "../../ir/builder.ts";
import type { Divided, Kernel, KernelStatement, Loop, Rows, Share, Store } from "../../ir/kernel.ts";
import { expressionsIn, ownExpressions, statementsIn } from "../../ir/kernel-walk.ts";
import { readsOf, visit } from "../../ir/rewrite.ts";
import type { Affine, Dim, Local, Tensor } from "../../ir/types.ts";

export type Block = readonly KernelStatement[];

export class Parts {
  /** The loops that are divided, as they were. */
  readonly divided: Loop[] = [];
  /** What every thread does. */
  readonly common: KernelStatement[] = [];
  /** Both, in their order. */
  private readonly sequence: { readonly statement: KernelStatement; readonly isCommon: boolean }[] = [];
  /** What every thread has for itself. */
  readonly scratch: ReadonlySet<Tensor>;
  private readonly shares: Share[] = [];

  constructor(
    private readonly kernel: Kernel,
    private readonly b: Builder,
  ) {
    this.scratch = new Set(kernel.scratch ?? []);
  }

  /** What is stored for others. */
  storesIn(block: Block): Store[] {
    const stores = [...statementsIn(block)].filter((s) => s.kind === "store");
    return stores.filter((s) => !this.scratch.has(s.tensor));
  }

  /** Whether a statement changes nothing but locals and the kernel's own tensors: then every thread has its own. */
  isPrivate(s: KernelStatement): boolean {
    if (s.kind === "let") return true;
    if (s.kind !== "loop") return false;
    return this.storesIn([s]).length === 0 && [...statementsIn([s])].some((t) => t.kind === "store");
  }

  /** What every thread does. */
  everywhere<S extends KernelStatement>(s: S): S {
    this.common.push(s);
    this.sequence.push({ statement: s, isCommon: true });
    return s;
  }

  /** A loop with the turns of a thread. */
  share(s: Loop): Loop {
    const { first, end } = this.shareOf(s);
    this.divided.push(s);
    this.sequence.push({ statement: s, isCommon: false });
    return { ...s, from: this.b.of(first), to: this.b.of(end) };
  }

  /** Loops with the same turns have the same share. */
  private shareOf({ index, from, to, step = 1 }: Loop): Share {
    const known = this.shares.find((s) => s.from === from && s.to === to && s.step === step);
    if (known) return known;
    const { span } = this.kernel.statements[0]!.origin;
    const bound = (name: string): Dim =>
      this.b.dim(`${index.name}_${name}`, 0, Math.max(0, rangeOf(to).high) + step, span);
    const share = { from, to, step, first: bound("first"), end: bound("end") };
    this.shares.push(share);
    return share;
  }

  /** What begins at a place of a block and no loop does, for one thread; undefined where something behind it uses its locals. */
  aloneFrom(block: Block, at: number): Block | undefined {
    let end = at + 1;
    while (end < block.length && !isDivisible(block[end]!)) end++;
    const alone = block.slice(at, end);
    return usesLocalsOf(alone, block.slice(end)) ? undefined : alone;
  }

  /** What one thread does: that which has turn `at`. */
  once(body: Block, at = 0): Loop {
    const { b } = this;
    const [from, to] = [b.integer(at), b.integer(at + 1)];
    return this.share({ kind: "loop", index: b.index("once", 1), role: "map", from, to, body });
  }

  /** Undefined where nothing but single turns is divided, or a part needs what another thread has for itself. */
  result(body: Block, rows?: Rows): Divided | undefined {
    if (![...this.scratch].every((t) => this.isFound(t))) return undefined;
    if (this.divided.every((s) => isOnce(s, this.b))) return undefined;
    return { kernel: { ...this.kernel, body }, shares: this.shares, ...(rows ? { rows } : {}) };
  }

  /** Whether a thread finds in a tensor of its own what it reads there: what all did, or the part itself in that turn. */
  private isFound(tensor: Tensor): boolean {
    let isStoredByAll = true;
    return this.sequence.every(({ statement, isCommon }) => {
      const stores = [...statementsIn([statement])].some((s) => s.kind === "store" && s.tensor === tensor);
      const reads = readsOf(...expressionsIn([statement])).some((r) => r.tensor === tensor);
      const isFound = stores || !reads || isStoredByAll;
      if (stores) isStoredByAll = isCommon;
      return isFound;
    });
  }
}

/** A loop of independent turns whose bounds are known before the kernel runs. */
export const isDivisible = (s: KernelStatement): s is Loop =>
  s.kind === "loop" && s.role === "map" && isClosed(s.from) && isClosed(s.to);

function isClosed(bound: Affine): boolean {
  let closed = true;
  const check = (kind: string): void => {
    if (kind === "index" || kind === "opaque" || kind === "read" || kind === "local") closed = false;
  };
  visit(
    [bound],
    (e) => check(e.kind),
    (atom) => check(atom.kind),
  );
  return closed;
}

/** Whether a loop is no loop of the source, but what one thread does. */
export const isOnce = (s: Loop, b: Builder): boolean => b.constantOf(s.index.extent) === 1;

/** Whether a block uses what was computed in one before it. */
function usesLocalsOf(before: Block, block: Block): boolean {
  const locals = new Set<Local>();
  for (const s of statementsIn(before)) if (s.kind === "let" || s.kind === "variable") locals.add(s.local);
  let used = false;
  for (const s of statementsIn(block))
    visit(ownExpressions(s), (e) => {
      if (e.kind === "local" && locals.has(e)) used = true;
    });
  return used;
}
