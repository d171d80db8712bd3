/** The kernels that are launched: equal ones once, and each with a name that says what it computes. */
import type { Builder } from "../../ir/builder.ts";
import type { Kernel, KernelCall, Level } from "../../ir/kernel.ts";
import type { Launch } from "../../ir/launch.ts";
import { statementsIn } from "../../ir/kernel-walk.ts";
import { rewriter } from "../../ir/rewrite.ts";
import type { Affine, Dim, Origin, Program, Statement, Tensor } from "../../ir/types.ts";
import { tensorsReadBy } from "../fuse/readers.ts";
import { assembleKernel } from "../schedule/assemble.ts";
import { CanonicalTexts } from "../schedule/canonical.ts";
import type { NameSpace } from "../schedule/names.ts";
import { groupName, sharedName } from "../schedule/names.ts";
import type { Block } from "./block.ts";

/** What is launched in place of a kernel, one after the other. */
export interface Part {
  readonly body: Block;
  readonly launch: Launch;
  /** It computes chunks of sums, which another part adds up. */
  readonly isChunked?: boolean;
  /** A tensor that need not be cleared before, though the kernel adds to it. */
  readonly fills?: Tensor | undefined;
  /** Tensors that are not the kernel's: what one part leaves for another. Every call has its own. */
  readonly made: readonly Tensor[];
}

/** A kernel that was made of a part, and which of the statements of the whole kernel it computes. */
interface Made {
  readonly kernel: Kernel;
  /** What of the whole kernel is passed. */
  readonly buffers: readonly Tensor[];
  readonly scalars: readonly Tensor[];
  readonly dims: readonly Dim[];
  readonly statements: readonly number[];
}

/** What tells launches of equal kernels apart. */
function howOf(launch: Launch): string {
  const { kind } = launch;
  if (kind === "tiles") return `${kind} ${JSON.stringify(launch.tile)}`;
  return `${kind} ${launch.size}${kind === "cells" && launch.lanes ? " in lanes" : ""}`;
}

export class LaunchTable {
  readonly launches = new Map<Kernel, Launch>();
  private readonly known = new Map<string, Kernel>();
  private readonly texts = new CanonicalTexts();

  constructor(
    private readonly program: Program,
    private readonly level: Level,
    private readonly names: NameSpace,
    private readonly b: Builder,
  ) {}

  /** The calls that do what these calls of one kernel do. */
  callsOf(parts: readonly Part[], calls: readonly KernelCall[]): Map<KernelCall, KernelCall[]> {
    const { kernel } = calls[0]!;
    const made = parts.map((part, n) => this.make(kernel, part, n, parts.length, calls));
    const tensors = [...new Set(parts.flatMap((p) => p.made))];
    return new Map(calls.map((call) => [call, this.passed(kernel, made, tensors, call)]));
  }

  /** A kernel that is made of several, under a name of its own, or the one that is equal. */
  adopt(made: Kernel, launch: Launch): Kernel {
    const key = `joined ${this.texts.textOf(made)}`;
    const known = this.known.get(key) ?? { ...made, name: this.names.fresh(made.name) };
    this.known.set(key, known);
    if (!this.launches.has(known)) this.launches.set(known, launch);
    return known;
  }

  private make(kernel: Kernel, part: Part, n: number, count: number, calls: readonly KernelCall[]): Made {
    const statements = statementsOf(part.body, kernel);
    const own = statements.map((at) => kernel.statements[at]!);
    const assembled = assembleKernel(kernel.name, part.body, own);
    const { buffers, scalars, dims } = assembled;
    const text = this.texts.textOf(assembled);
    // At level 0 a kernel is one line of the source.
    const key = `${howOf(part.launch)} ${this.level > 0 ? text : `${text} ${kernel.name} ${n}`}`;
    const { row } = kernel;
    const known = this.known.get(key) ?? {
      ...assembled,
      name: n === count - 1 ? kernel.name : this.nameOf(part, own, kernel, statements, calls),
      ...(row && dims.includes(row) && count === 1 && { row }),
    };
    this.known.set(key, known);
    if (!this.launches.has(known)) this.launches.set(known, part.launch);
    return { kernel: known, buffers: buffers.map((x) => x.tensor), scalars, dims, statements };
  }

  private nameOf(
    part: Part,
    own: readonly Statement[],
    kernel: Kernel,
    statements: readonly number[],
    calls: readonly KernelCall[],
  ): string {
    const equations = own.filter((s) => s.kind === "equation");
    if (equations.length === 0) return this.names.fresh(kernel.name);
    const name = groupName(equations, this.program, kernel.name.startsWith("initial_"));
    const stored = new Set(
      calls.flatMap((c) => {
        const s = c.statements[statements.at(-1)!];
        return s?.kind === "equation" ? [s.tensor] : [];
      }),
    );
    return this.names.fresh(
      `${stored.size > 1 ? sharedName(name, stored) : name}${part.isChunked ? "_chunks" : ""}`,
    );
  }

  /** The calls of all parts, in place of a call of the kernel. */
  private passed(
    kernel: Kernel,
    made: readonly Made[],
    tensors: readonly Tensor[],
    call: KernelCall,
  ): KernelCall[] {
    const things = new Map<Tensor, Tensor>([
      ...kernel.buffers.map((x, n) => [x.tensor, call.buffers[n]!] as const),
      ...kernel.scalars.map((t, n) => [t, call.scalars[n]!] as const),
    ]);
    const counts = countsIn(kernel, call);
    const sized = rewriter(this.b, {
      atom: (a) => (a.kind === "dim" ? this.b.toAffine(counts.get(a) ?? a) : undefined),
    });
    const [result] = call.statements
      .toReversed()
      .flatMap((s) => (s.kind === "equation" ? [s.tensor.name] : []));
    for (const t of tensors) {
      const shape = t.shape.map((e) => sized(e) as Affine);
      things.set(t, this.b.tensor({ ...t, name: `${result}.${t.name}.chunks`, shape }));
    }
    const aligned = call.statements.length === kernel.statements.length;
    return made.map((m) => ({
      kind: "call",
      kernel: m.kernel,
      buffers: m.buffers.map((t) => things.get(t)!),
      scalars: m.scalars.map((t) => things.get(t)!),
      dims: m.dims.map((d) => counts.get(d)!),
      statements: aligned ? m.statements.map((n) => call.statements[n]!) : call.statements,
    }));
  }
}

/**
 * What a call passes for the dimensions of its kernel, and what else its tensors tell: a part may have loops over an extent
 * of a tensor that neither a loop nor an address of the whole kernel needs.
 */
function countsIn(kernel: Kernel, call: KernelCall): Map<Dim, Dim | number> {
  const counts = new Map<Dim, Dim | number>();
  kernel.buffers.forEach(({ tensor }, n) => {
    tensor.shape.forEach((own, axis) => {
      const dim = dimOf(own);
      const passed = call.buffers[n]!.shape[axis];
      if (!dim || !passed) return;
      const count = passed.terms.length === 0 ? passed.constant : dimOf(passed);
      if (count !== undefined) counts.set(dim, count);
    });
  });
  kernel.dims.forEach((d, n) => counts.set(d, call.dims[n]!));
  return counts;
}

/** The dimension that an extent is, where it is one. */
export function dimOf({ terms, constant }: Affine): Dim | undefined {
  const [only, ...more] = terms;
  if (constant !== 0 || more.length > 0 || only?.factor !== 1 || only.atom.kind !== "dim") return undefined;
  return only.atom;
}

/** Which of the kernel's statements a block computes: those that store what it stores, and those that only they need. */
function statementsOf(body: Block, { statements, body: whole }: Kernel): number[] {
  const [own, all] = [originsOf(body), originsOf(whole)];
  const needed = new Set<Tensor>();
  const found: number[] = [];
  for (let at = statements.length - 1; at >= 0; at--) {
    const s = statements[at]!;
    if (s.kind !== "equation") continue;
    if (!own.has(s.origin) && (all.has(s.origin) || !needed.has(s.tensor))) continue;
    found.unshift(at);
    for (const t of tensorsReadBy(s)) needed.add(t);
  }
  return found.length > 0 ? found : statements.map((_, at) => at);
}

const originsOf = (body: Block): Set<Origin> =>
  new Set([...statementsIn(body)].flatMap((s) => (s.kind === "store" ? [s.origin] : [])));
