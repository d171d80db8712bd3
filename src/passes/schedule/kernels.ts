/**
 * The kernels of a module. Equations that are alike up to constant integers are lowered once, and called with their
 * tensors and constants; kernels that turn out equal are emitted once.
 */
import type { Builder } from "../../ir/builder.ts";
import type { Call, Kernel, KernelStatement, Level, Procedure } from "../../ir/kernel.ts";
import type { Dim, Equation, Program, Tensor } from "../../ir/types.ts";
import type { KernelGroup, Member } from "../fuse/group.ts";
import { flatten } from "../fuse/flatten.ts";
import type { Flattened } from "../fuse/flatten.ts";
import { tensorsReadBy } from "../fuse/readers.ts";
import { assembleKernel } from "./assemble.ts";
import { CanonicalTexts, GroupText } from "./canonical.ts";
import { splitEpilogues } from "./epilogues.ts";
import { splitLoops } from "./split.ts";
import type { Instance } from "./generalise.ts";
import { generalise } from "./generalise.ts";
import { spreadOverLanes } from "./lanes.ts";
import { placeLets } from "./lets.ts";
import { lowerGroup } from "./lower.ts";
import type { MachineFacts } from "./machine.ts";
import type { Tiled } from "./tile.ts";
import { tile } from "./tile.ts";
import { generalName, groupName, identifier, NameSpace, sharedName } from "./names.ts";

/** Starting values and updates treat every parameter alike; what the model computes is compiled for its sizes. */
export type Phase = "initialise" | "compute" | "update";

/** The equations of one call; `statements` are those of the graph. */
interface Use extends Flattened, Instance {
  readonly phase: Phase;
  readonly text: GroupText;
}

/** The uses that are lowered once. */
type Family = Use[];

export type DraftCall =
  | { readonly kind: "clear"; readonly tensor: Tensor }
  | { readonly kind: "call"; readonly use: Use; readonly family: Family };

/** What a family became, and what its parameters are in each of its calls. */
interface Lowered {
  readonly kernel: Kernel;
  readonly parameters: ReadonlyMap<Dim, readonly number[]>;
}

/** A kernel whose final name is not known yet, and what it stands for. */
interface Draft {
  readonly kernel: Kernel;
  readonly tensors: Set<Tensor>;
}

export interface Finished {
  readonly all: readonly Kernel[];
  readonly procedure: (draft: { name: string; calls: readonly DraftCall[] }) => Procedure;
}

export class KernelTable {
  private readonly families = new Map<string, Family>();
  private readonly texts = new CanonicalTexts();
  private readonly program: Program;
  private readonly level: Level;
  private readonly machine: MachineFacts;
  private readonly exact: boolean;
  private readonly b: Builder;
  private readonly resolve: (t: Tensor) => Tensor;

  /** `resolve`: the tensor whose memory a view of an input is. */
  constructor(
    program: Program,
    {
      level,
      machine,
      exact,
    }: { readonly level: Level; readonly machine: MachineFacts; readonly exact: boolean },
    resolve: (t: Tensor) => Tensor,
    b: Builder,
  ) {
    this.program = program;
    this.level = level;
    this.machine = machine;
    this.exact = exact;
    this.resolve = resolve;
    this.b = b;
  }

  callsOf(given: KernelGroup, phase: Phase): DraftCall[] {
    const flattened = this.flattened(given, phase);
    const { group, numbers } = flattened;
    const isLine = this.level === 0 && phase === "compute";
    const text = new GroupText(this.texts, group.members, group.internal, numbers, isLine);
    const statements = [...new Set(group.members.flatMap((m) => m.sources))];
    const touched = text.things.filter((t) => t.kind === "tensor" && !group.internal.has(t));
    const key = this.keyOf(text.text, touched, statements, phase);
    const family = this.families.get(key) ?? [];
    this.families.set(key, family);
    const formulas = (): GroupText =>
      new GroupText(this.texts, statements.map(asMember), new Set(), numbers, false);
    const use = { ...flattened, phase, statements, text, formulas };
    family.push(use);
    return [
      ...group.clears.map((tensor): DraftCall => ({ kind: "clear", tensor })),
      { kind: "call", use, family },
    ];
  }

  private flattened(group: KernelGroup, phase: Phase): Flattened {
    const general = phase === "update" || (phase === "initialise" && this.level > 0);
    if (this.level === 0 && !general) return { group, originals: new Map(), numbers: new Map() };
    return flatten(group, general ? (t) => generalName(t, this.program) : null, this.b);
  }

  /**
   * At level 0 a kernel is one line of the source, so only the same statement, or the same line of an optimizer or of
   * an initialiser for other cells, shares it.
   */
  private keyOf(
    text: string,
    touched: readonly { readonly id: number }[],
    statements: readonly Equation[],
    phase: Phase,
  ): string {
    if (this.level > 0) return text;
    const { tensor, origin } = statements.at(-1)!;
    const optimized =
      this.program.parameters.includes(tensor) || this.program.optimizerStates.includes(tensor);
    const { file, start, end } = origin.within ?? origin.span;
    if (optimized || phase === "initialise") return `${text} ${file} ${start} ${end}`;
    return `${text} ${touched.map((t) => t.id).join()}`;
  }

  private quickened(loops: readonly KernelStatement[], locals: NameSpace): Tiled {
    if (this.level < 2 || this.machine.launches) return { body: loops, scratch: [] };
    if (!this.machine.hasVectors) return tile(loops, locals, this.b);
    const { body, scratch } = tile(splitEpilogues(splitLoops(loops, this.b), this.b), locals, this.b, true);
    return { body: spreadOverLanes(body, locals, this.b, this.exact), scratch };
  }

  private lower(family: Family): Lowered {
    const [first] = family;
    const { b } = this;
    const locals = new NameSpace();
    reserveNames(first!.group, locals);
    const { group, statements, parameters } = generalise(family, (name) => locals.fresh(name), b);
    const { body, scratch } = this.quickened(lowerGroup(group, locals, b), locals);
    const name = groupName(first!.statements, this.program, first!.phase === "initialise");
    const kernel = assembleKernel(name, placeLets(body, locals, b), statements, scratch);
    const { row } = first!;
    return { kernel: { ...kernel, ...(row && { row }) }, parameters };
  }

  /** Lowers and names the kernels; nothing may be added afterwards. */
  finish(): Finished {
    const drafts = new Map<string, Draft>();
    const lowered = new Map<Family, Lowered & { readonly draft: Draft }>();
    for (const family of this.families.values()) {
      const made = this.lower(family);
      const { buffers, scalars } = made.kernel;
      const { statements, phase } = family[0]!;
      const touched = [...buffers.map((x) => x.tensor), ...scalars];
      const key = this.keyOf(this.texts.textOf(made.kernel), touched, statements, phase);
      const draft = drafts.get(key) ?? { kernel: made.kernel, tensors: new Set() };
      drafts.set(key, draft);
      for (const use of family) draft.tensors.add(use.statements.at(-1)!.tensor);
      lowered.set(family, { ...made, draft });
    }
    const names = new NameSpace();
    const finished = new Map<Draft, Kernel>();
    for (const draft of drafts.values()) {
      const { name } = draft.kernel;
      const wanted = draft.tensors.size > 1 ? sharedName(name, draft.tensors) : name;
      finished.set(draft, { ...draft.kernel, name: names.fresh(wanted) });
    }
    const call = (c: DraftCall): Call => {
      if (c.kind === "clear") return c;
      const made = lowered.get(c.family)!;
      return { kind: "call", kernel: finished.get(made.draft)!, ...this.passed(made, c.use, c.family) };
    };
    return {
      all: [...finished.values()],
      procedure: ({ name, calls }) => ({ name, calls: calls.map(call) }),
    };
  }

  /** What one use of a kernel passes: where the kernel has a thing of the first use, its own. */
  private passed(
    { kernel, parameters }: Lowered,
    use: Use,
    family: Family,
  ): Omit<Extract<Call, { kind: "call" }>, "kind" | "kernel"> {
    const at = family.indexOf(use);
    const own = <T extends Tensor | Dim>(thing: T): T =>
      use.text.things[family[0]!.text.numberOf(thing)] as T;
    const tensorOf = (t: Tensor): Tensor => {
      const tensor = own(t);
      return this.resolve(use.originals.get(tensor) ?? tensor);
    };
    return {
      buffers: kernel.buffers.map(({ tensor }) => tensorOf(tensor)),
      scalars: kernel.scalars.map(own),
      dims: kernel.dims.map((d) => parameters.get(d)?.[at] ?? use.numbers.get(own(d)) ?? own(d)),
      statements: use.statements,
    };
  }
}

const asMember = (equation: Equation): Member => ({
  equation,
  loops: equation.indices,
  fills: false,
  sources: [equation],
});

/** Locals are called neither like a loop nor like a tensor in memory. */
function reserveNames(group: KernelGroup, locals: NameSpace): void {
  for (const { equation: e, loops } of group.members) {
    for (const i of [...loops, ...e.reduced]) locals.reserve(identifier(i.name));
    for (const t of [e.tensor, ...tensorsReadBy(e)])
      if (!group.internal.has(t)) locals.reserve(identifier(t.name));
  }
}
