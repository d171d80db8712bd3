/** What a model does before it has starting values, so that its first step is not taken by code in a hurry. */
import { largestDims, Sizes } from "../../ir/sizes.ts";
import type { Part, ProgramScope } from "./procedures.ts";
import type { Wat } from "./text.ts";
import { i32 } from "./text.ts";

/** A batch of which one sample is a fraction. */
const leastBatch = 8;
/** Operations of a backward pass, in vectors, below which the first step is over before better code would be ready. */
const leastWork = 25_000_000;

/**
 * The backward pass of one sample of zeros, whose traces are wiped out. Engines compile a function quickly at first, and again, with
 * care, on another thread once it was seen to run for long; its next call has the better code. A rehearsal makes the large
 * kernels run for long enough while little is computed, and drawing the parameters leaves the engine time: the first step
 * of the benchmark's mnist_mlp then takes 10 ms in place of 39, for 12 more before it.
 */
export function rehearsal(backward: Part | undefined, scope: ProgramScope): Wat[] {
  if (!backward || !scope.hasTeam) return [];
  const { scalars, dims } = backward.printer.entry;
  const largestBatch = dims.reduce((n, d) => n * d.maximum, 1);
  if (largestBatch < leastBatch || dims.some((d) => d.varies !== "call")) return [];
  if (workOf(scope) < leastWork) return [];
  const nothing = scalars.map((t): Wat => (t.type === "f32" ? ["f32.const", "0"] : i32(0)));
  return [
    ["call", backward.name, ...nothing, ...dims.map((d) => i32(d.minimum))],
    ["memory.fill", i32(0), i32(0), i32(scope.layout.control)],
  ];
}

/** Operations of the backward pass where the dimensions are largest. */
function workOf({ schedule, builder }: ProgramScope): number {
  return schedule.backward.calls.reduce((sum, call) => {
    if (call.kind === "clear") return sum;
    const sizes = new Sizes(largestDims([call]).get(call.kernel)!, builder);
    return sum + sizes.work(call.kernel.body);
  }, 0);
}
