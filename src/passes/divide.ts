/**
 * Kernels divided among threads: every thread runs the kernel, each with its own range of the turns of its loops. Only
 * loops of independent turns are divided, so no sum is, and the bits are those of one thread.
 *
 * The body of a kernel falls into parts. A loop of independent turns is divided, or, where it has few turns, one of the
 * loops in it. What stores into no buffer but the kernel's own is done by every thread. Everything else is one turn, which
 * one of the threads takes. A kernel stays whole where a part needs what another one stores, and where all of it takes
 * less time than threads need to meet (`fewest`).
 */
import { rangeOf } from "../ir/affine.ts";
import type { Builder } from "../ir/builder.ts";
import type { Call, Divided, Kernel, KernelStatement, Loop, Share } from "../ir/kernel.ts";
import { ownExpressions, statementsIn } from "../ir/kernel-walk.ts";
import { visit } from "../ir/rewrite.ts";
import type { Affine, Dim, Local, Tensor } from "../ir/types.ts";
import { areIndependent } from "./divide/independence.ts";
import { largestDims, Sizes } from "../ir/sizes.ts";

type Block = readonly KernelStatement[];

/**
 * Operations, of numbers or of vectors, below which a kernel is left to one thread: about two microseconds of work,
 * where two threads that spin need about a third of one to meet.
 */
const fewest = 4096;
/** A loop of fewer turns is divided only where they are an even number; else one of the loops in it, if it has more. */
const enoughTurns = 8;

/** Those of the kernels that are worth it, divided; `least`: the operations of the largest call of such a kernel. */
export function divide(calls: Iterable<Call>, b: Builder, least = fewest): ReadonlyMap<Kernel, Divided> {
  const found = new Map<Kernel, Divided>();
  for (const [kernel, largest] of largestDims(calls)) {
    const sizes = new Sizes(largest, b);
    const divided = sizes.work(kernel.body) < least ? undefined : new Division(kernel, sizes, b).run();
    if (divided) found.set(kernel, divided);
  }
  return found;
}

/** The loop to divide: the outermost that is divided well, or else the one with most turns. */
function bestOf(s: Loop, sizes: Sizes, mayDivideWithin: (s: Loop) => boolean): Loop {
  let best = s;
  for (let at = s; ;) {
    const turns = sizes.turns(at);
    if (turns >= enoughTurns || (turns > 0 && turns % 2 === 0)) return at;
    if (turns > sizes.turns(best)) best = at;
    if (!mayDivideWithin(at)) return best;
    const loops = at.body.filter(isDivisible);
    if (loops.length === 0) return best;
    at = loops.reduce((most, l) => (sizes.work([l]) > sizes.work([most]) ? l : most));
  }
}

class Division {
  private readonly shares: Share[] = [];
  private readonly dims: Dim[] = [];
  private readonly parts: Loop[] = [];
  /** What every thread does. */
  private readonly common: KernelStatement[] = [];

  constructor(
    private readonly kernel: Kernel,
    private readonly sizes: Sizes,
    private readonly b: Builder,
  ) {}

  run(): Divided | undefined {
    const body = this.block(this.kernel.body);
    if (!body || this.parts.every((p) => this.b.constantOf(p.index.extent) === 1)) return undefined;
    if (!areIndependent(this.parts, this.common, this.scratch, this.b)) return undefined;
    const dims = [...this.kernel.dims, ...this.dims];
    return { kernel: { ...this.kernel, dims, body }, shares: this.shares };
  }

  private get scratch(): ReadonlySet<Tensor> {
    return new Set(this.kernel.scratch ?? []);
  }

  /** The statements, with what is divided in them; undefined where some can't be done by several threads. */
  private block(block: Block): Block | undefined {
    const out: KernelStatement[] = [];
    for (let at = 0; at < block.length;) {
      const s = block[at]!;
      if (this.isPrivate(s)) {
        this.common.push(s);
        out.push(s);
        at++;
        continue;
      }
      if (isDivisible(s)) {
        const chosen = bestOf(s, this.sizes, (inner) => this.mayDivideWithin(inner));
        out.push(this.within(s, chosen));
        at++;
        continue;
      }
      let end = at + 1;
      while (end < block.length && !isDivisible(block[end]!)) end++;
      const alone = block.slice(at, end);
      if (isUsed(localsOf(alone), block.slice(end))) return undefined;
      const index = this.b.index("once", 1);
      out.push(
        this.share({
          kind: "loop",
          index,
          role: "map",
          from: this.b.integer(0),
          to: index.extent,
          body: alone,
        }),
      );
      at = end;
    }
    return out;
  }

  /** Whether a statement changes nothing but locals and the kernel's own tensors: then every thread has its own. */
  private isPrivate(s: KernelStatement): boolean {
    if (s.kind === "let") return true;
    const stores = [...statementsIn([s])].filter((t) => t.kind === "store");
    return s.kind === "loop" && stores.length > 0 && stores.every((t) => this.scratch.has(t.tensor));
  }

  /** The loops around the chosen one are run by every thread. */
  private within(s: Loop, chosen: Loop): Loop {
    if (s === chosen) return this.share(s);
    const body = s.body.map((inner) => {
      if (isDivisible(inner) && !this.isPrivate(inner))
        return this.within(inner, contains(inner, chosen) ? chosen : inner);
      this.common.push(inner);
      return inner;
    });
    return { ...s, body };
  }

  /** Whether the body of a loop is loops that may be divided, and what every thread may do. */
  private mayDivideWithin(s: Loop): boolean {
    return s.lanes === undefined && s.body.every((inner) => this.isPrivate(inner) || isDivisible(inner));
  }

  private share(s: Loop): Loop {
    const { b } = this;
    const most = Math.max(0, rangeOf(s.to).high) + (s.step ?? 1);
    const { span } = this.kernel.statements[0]!.origin;
    const bound = (name: string): Dim => b.dim(`${s.index.name}_${name}`, 0, most, span);
    const [first, end] = [bound("first"), bound("end")];
    this.dims.push(first, end);
    this.shares.push({ from: s.from, to: s.to, step: s.step ?? 1 });
    this.parts.push(s);
    return { ...s, from: b.of(first), to: b.of(end) };
  }
}

/** A loop of independent turns whose bounds are known before the kernel runs. */
const isDivisible = (s: KernelStatement): s is Loop =>
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

const contains = (s: Loop, wanted: Loop): boolean => [...statementsIn([s])].includes(wanted);

function localsOf(block: Block): Set<Local> {
  const locals = new Set<Local>();
  for (const s of statementsIn(block)) if (s.kind === "let" || s.kind === "variable") locals.add(s.local);
  return locals;
}

function isUsed(locals: ReadonlySet<Local>, block: Block): boolean {
  let used = false;
  for (const s of statementsIn(block))
    visit(ownExpressions(s), (e) => {
      if (e.kind === "local" && locals.has(e)) used = true;
    });
  return used;
}
