/**
 * A workgroup for each turn of the outer loops of a kernel. Its invocations take turns of the shared loops in between one
 * another, so that neighbours read neighbouring cells; what they folded meets in a tree whose shape is fixed, so that every
 * run gives the same bits. All else they compute alike, and the first of them stores it.
 */
import { foldsOf } from "../../ir/folds.ts";
import type { Fold } from "../../ir/folds.ts";
import type { KernelStatement, Loop, Variable } from "../../ir/kernel.ts";
import { identities } from "../../ir/kernel.ts";
import { statementsIn } from "../../ir/kernel-walk.ts";
import type { RowsLaunch } from "../../ir/launch.ts";
import { precedence } from "../../ir/atoms.ts";
import type { Affine, Local } from "../../ir/types.ts";
import { within } from "../integers.ts";
import type { Names } from "../names.ts";
import type { TextBuilder } from "../text.ts";
import type { Body } from "./body.ts";
import { decode, launchedLoops, printNest, turnsOfAll } from "./cells.ts";
import { Meetings } from "./meetings.ts";
import { wgslNames } from "./names.ts";
import { Ordering } from "./ordering.ts";

export const rowNames = ["row", "half"] as const;

export interface PrintedRows {
  readonly total: Affine;
  /** Declarations of the memory of a workgroup, and how many bytes that is. */
  readonly shared: readonly string[];
  readonly bytes: number;
}

export function printRows(launch: RowsLaunch, body: Body, out: TextBuilder): PrintedRows {
  if (!Number.isInteger(Math.log2(launch.size)))
    throw new Error(`a workgroup of ${launch.size} is no power of two`);
  return new RowsText(launch, body, out).print();
}

class RowsText {
  private readonly shared: ReadonlyMap<KernelStatement, readonly Fold[]>;
  private readonly meetings: Meetings;
  private readonly ordering: Ordering;
  /** What accumulators hold that no statement has changed yet. */
  private readonly starts = new Map<Local, number>();

  constructor(
    private readonly launch: RowsLaunch,
    private readonly body: Body,
    private readonly out: TextBuilder,
  ) {
    const wanted = new Set(launch.shared);
    const loops = launchedLeaf(body, launch).filter((s) => s.kind === "loop" && wanted.has(s.index));
    if (loops.length < wanted.size)
      throw new Error(`a shared loop is no statement of the leaf of \`${body.kernel.name}\``);
    this.shared = new Map(loops.map((s) => [s, foldsIn(s as Loop)]));
    this.meetings = new Meetings([...this.shared.values()], body, launch.size);
    this.ordering = new Ordering(body);
  }

  print(): PrintedRows {
    const { body, out, launch } = this;
    const loops = launchedLoops(body.kernel.body, launch.loops);
    const total = turnsOfAll(loops, body);
    const names = wgslNames(body.names);
    const origin = body.kernel.statements[0]!.origin;
    out.line("let row = i32(group.y * groups.x + group.x);", origin);
    const limit = within(body.expressions(names, out).print(total), precedence.add);
    const inside = (): void => {
      if (decode("row", loops, body, names, out).length > 0)
        throw new Error("a loop whose turns are workgroups runs over all of its range");
      const statement = (s: KernelStatement): void => this.statement(s, names);
      printNest(body.kernel.body, new Set(loops), (leaf) => leaf.forEach(statement), statement);
    };
    out.braces(`if (row < ${limit})`, inside, origin);
    return { total, shared: this.meetings.declarations, bytes: this.meetings.bytes };
  }

  private statement(s: KernelStatement, names: Names): void {
    const folds = this.shared.get(s);
    if (this.ordering.mustWait(s)) this.out.line("storageBarrier();");
    if (s.kind === "variable") this.noteStart(s);
    if (folds === undefined) {
      this.forgetStarts(s);
      return this.body.statement(s, names, this.out, "invocation == 0u");
    }
    const { size } = this.launch;
    this.body.heading(s, this.out);
    this.meetings.start(
      folds.filter((f) => !this.isEmpty(f)),
      this.out,
    );
    this.body.loop(s as Loop, names, this.out, size);
    this.forgetStarts(s);
    this.meetings.meet(folds, names, this.out, this.body.originOf(s));
  }

  private noteStart({ local, value }: Variable): void {
    if (value.kind === "constant") this.starts.set(local, value.value);
    if (value.kind === "affine" && value.terms.length === 0) this.starts.set(local, value.constant);
  }

  private forgetStarts(s: KernelStatement): void {
    for (const inner of statementsIn([s])) if (inner.kind === "assign") this.starts.delete(inner.local);
  }

  /** Whether nothing was folded into the accumulator yet. */
  private isEmpty(fold: Fold): boolean {
    return fold.kind === "value" && this.starts.get(fold.local) === identities[fold.reducer];
  }
}

function launchedLeaf(body: Body, launch: RowsLaunch): readonly KernelStatement[] {
  const loops = launchedLoops(body.kernel.body, launch.loops);
  return loops.at(-1)?.body ?? body.kernel.body;
}

/** What a shared loop folds: nothing, where its turns are independent. */
function foldsIn(loop: Loop): readonly Fold[] {
  if (loop.role === "map") return [];
  const folds = foldsOf(loop);
  if (!folds) throw new Error(`the loop over \`${loop.index.name}\` is shared, and does more than it folds`);
  return folds;
}
