/** The kernels of a module. Equal ones are emitted once and called with different buffers. */
import type { Builder } from "../../ir/builder.ts";
import type { Call, Kernel, Level, Procedure } from "../../ir/kernel.ts";
import type { Equation, Program, Tensor } from "../../ir/types.ts";
import type { KernelGroup } from "../fuse/group.ts";
import { flatten } from "../fuse/flatten.ts";
import type { Flattened } from "../fuse/flatten.ts";
import { tensorsReadBy } from "../fuse/readers.ts";
import { assembleKernel } from "./assemble.ts";
import { CanonicalTexts } from "./canonical.ts";
import { placeLets } from "./lets.ts";
import { lowerGroup } from "./lower.ts";
import { tile } from "./tile.ts";
import { generalName, groupName, identifier, NameSpace, sharedName } from "./names.ts";

/** A kernel whose final name is not known yet, and how often it stands for different statements. */
interface Draft {
  readonly kernel: Kernel;
  readonly tensors: Set<Tensor>;
}

/** Starting values and updates treat every parameter alike; what the model computes is compiled for its sizes. */
export type Phase = "initialise" | "compute" | "update";

export type DraftCall =
  | { readonly kind: "clear"; readonly tensor: Tensor }
  | ({ readonly kind: "call"; readonly draft: Draft; readonly own: Kernel } & Pick<
      Flattened,
      "originals" | "numbers"
    >);

export interface Finished {
  readonly all: readonly Kernel[];
  readonly procedure: (draft: { name: string; calls: readonly DraftCall[] }) => Procedure;
}

export class KernelTable {
  private readonly drafts = new Map<string, Draft>();
  private readonly texts = new CanonicalTexts();
  private readonly program: Program;
  private readonly level: Level;
  private readonly b: Builder;
  private readonly resolve: (t: Tensor) => Tensor;

  /** `resolve`: the tensor whose memory a view of an input is. */
  constructor(program: Program, level: Level, resolve: (t: Tensor) => Tensor, b: Builder) {
    this.program = program;
    this.level = level;
    this.resolve = resolve;
    this.b = b;
  }

  callsOf(given: KernelGroup, phase: Phase): DraftCall[] {
    const { group, originals, numbers } = this.flattened(given, phase);
    const locals = new NameSpace();
    reserveNames(group, locals);
    const loops = lowerGroup(group, locals, this.b);
    const body = placeLets(this.level > 1 ? tile(loops, locals, this.b) : loops, locals, this.b);
    const statements = [...new Set(group.members.flatMap((m) => m.sources))];
    const own = assembleKernel(groupName(statements, this.program, phase === "initialise"), body, statements);
    const key = this.keyOf(own, statements);
    let draft = this.drafts.get(key);
    if (!draft) {
      draft = { kernel: own, tensors: new Set() };
      this.drafts.set(key, draft);
    }
    draft.tensors.add(statements.at(-1)!.tensor);
    return [
      ...group.clears.map((tensor): DraftCall => ({ kind: "clear", tensor })),
      { kind: "call", draft, own, originals, numbers },
    ];
  }

  private flattened(group: KernelGroup, phase: Phase): Flattened {
    const general = phase === "update" || (phase === "initialise" && this.level > 0);
    if (this.level === 0 && !general) return { group, originals: new Map(), numbers: new Map() };
    return flatten(group, general ? (t) => generalName(t, this.program) : null, this.b);
  }

  /**
   * At level 0 a kernel is one line of the source, so only the same statement, or the same line of an optimizer for
   * another parameter, shares it.
   */
  private keyOf(kernel: Kernel, statements: readonly Equation[]): string {
    const text = this.texts.textOf(kernel);
    if (this.level > 0) return text;
    const { tensor, origin } = statements.at(-1)!;
    const optimized =
      this.program.parameters.includes(tensor) || this.program.optimizerStates.includes(tensor);
    const { file, start, end } = origin.within ?? origin.span;
    if (optimized) return `${text} ${file} ${start} ${end}`;
    return `${text} ${[...kernel.buffers.map((x) => x.tensor), ...kernel.scalars].map((t) => t.id).join()}`;
  }

  /** Names the kernels; nothing may be added afterwards. */
  finish(): Finished {
    const names = new NameSpace();
    const finished = new Map<Draft, Kernel>();
    for (const draft of this.drafts.values()) {
      const { name } = draft.kernel;
      const wanted = draft.tensors.size > 1 ? sharedName(name) : name;
      finished.set(draft, { ...draft.kernel, name: names.fresh(wanted) });
    }
    const call = (c: DraftCall): Call => {
      if (c.kind === "clear") return c;
      const { buffers, scalars, dims, statements } = c.own;
      const tensors = buffers.map(({ tensor }) => this.resolve(c.originals.get(tensor) ?? tensor));
      const counts = dims.map((d) => c.numbers.get(d) ?? d);
      return {
        kind: "call",
        kernel: finished.get(c.draft)!,
        buffers: tensors,
        scalars,
        dims: counts,
        statements,
      };
    };
    return {
      all: [...finished.values()],
      procedure: ({ name, calls }) => ({ name, calls: calls.map(call) }),
    };
  }
}

/** Locals are called neither like a loop nor like a tensor in memory. */
function reserveNames(group: KernelGroup, locals: NameSpace): void {
  for (const { equation: e, loops } of group.members) {
    for (const i of [...loops, ...e.reduced]) locals.reserve(identifier(i.name));
    for (const t of [e.tensor, ...tensorsReadBy(e)])
      if (!group.internal.has(t)) locals.reserve(identifier(t.name));
  }
}
