/** What a program asks of a device, before there is one. */
import { evaluateAffine } from "../../ir/interpreter-expressions.ts";
import type { Dim } from "../../ir/types.ts";
import type { GpuProgram } from "./program.ts";

/** For these counts of the dimensions that are bound at creation; sizes in bytes. */
export function deviceCost(
  { shaders, buffers }: Pick<GpuProgram, "shaders" | "buffers">,
  dims: ReadonlyMap<Dim, number>,
): Readonly<
  Record<"shaders" | "bindings" | "workgroupBytes" | "buffers" | "bytes" | "largestBuffer", number>
> {
  const bytes = buffers.map((b) => 4 * evaluateAffine(b.size, dims));
  const most = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), 0);
  return {
    shaders: shaders.length,
    bindings: most(shaders.map((s) => s.bindings.length)),
    workgroupBytes: most(shaders.map((s) => s.workgroupBytes)),
    buffers: buffers.length,
    bytes: bytes.reduce((sum, n) => sum + n, 0),
    largestBuffer: most(bytes),
  };
}
