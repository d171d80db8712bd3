/**
 * Tiny models: a procedure whose kernels do little becomes one kernel. Calls, loops of a few turns and stores that are
 * read at once cost more there than the arithmetic.
 */
import type { Builder } from "../ir/builder.ts";
import { costOf } from "../ir/cost.ts";
import type { Call, KernelStatement, Procedure } from "../ir/kernel.ts";
import type { ModelGraphs } from "../ir/model.ts";
import { expressionsIn, statementsIn } from "../ir/kernel-walk.ts";
import { readsOf } from "../ir/rewrite.ts";
import type { Tensor } from "../ir/types.ts";
import { assembleKernel } from "./schedule/assemble.ts";
import { placeLets } from "./schedule/lets.ts";
import { identifier, NameSpace } from "./schedule/names.ts";
import { dropUnread, forwardStores, fullPlaceName, nameVariables } from "./straighten/forward.ts";
import { inlineCalls } from "./straighten/inline.ts";
import { joinLoops } from "./straighten/loops.ts";

/** Additions of a training pass (or of inference, without a loss), dimensions at their maximum: some microseconds. */
const mostAdditions = 10_000;

/** Whether calls and loops are what a step of this model spends its time on. */
export function isTiny({ program, forward, backward }: ModelGraphs): boolean {
  return costOf((program.loss ? backward : forward).statements).additions <= mostAdditions;
}

export interface Straightening {
  /** One tensor for all that share a place in memory. */
  readonly memory: (t: Tensor) => Tensor;
  /** What is read after the procedure, by `memory`. */
  readonly lasts: (t: Tensor) => boolean;
  /** The names of other kernels. */
  readonly taken: NameSpace;
}

/** The procedure as one kernel, loops over fixed sizes written out; itself where that would be too long. */
export function straighten(
  procedure: Procedure,
  { memory, lasts, taken }: Straightening,
  b: Builder,
): Procedure {
  const { calls, name } = procedure;
  const computing = calls.flatMap((c) => (c.kind === "call" ? [c] : []));
  if (computing.length < 2) return procedure;
  const inlined = inlineCalls(calls, memory, b);
  if (!inlined) return procedure;
  const names = new NameSpace();
  reserveNames(inlined, names);
  const forwarded = forwardStores(joinLoops(inlined, b), names, b);
  const named = nameVariables(dropUnread(forwarded, lasts), names, b);
  const body = placeLets(named, names, b, fullPlaceName);
  const statements = [...new Set(computing.flatMap((c) => c.statements))];
  const kernel = assembleKernel(taken.fresh(name), body, statements);
  const { scalars, dims } = kernel;
  const buffers = kernel.buffers.map((x) => x.tensor);
  const call: Call = { kind: "call", kernel, buffers, scalars, dims, statements };
  return { name, calls: [call] };
}

/** Locals are called neither like a loop nor like a tensor in memory. */
function reserveNames(body: readonly KernelStatement[], names: NameSpace): void {
  for (const s of statementsIn(body)) {
    if (s.kind === "loop") names.reserve(identifier(s.index.name));
    if (s.kind === "store") names.reserve(identifier(s.tensor.name));
  }
  for (const r of readsOf(...expressionsIn(body))) names.reserve(identifier(r.tensor.name));
}
