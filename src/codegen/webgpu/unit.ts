/** A schedule as a program for a GPU, for the printers of its module. */
import type { Context } from "../../ir/context.ts";
import type { Schedule } from "../../ir/kernel.ts";
import type { DevicePlace, GpuProgram } from "./program.ts";
import { gpuProgram } from "./program.ts";
import { checkShaders } from "./reflect.ts";

export interface GpuUnit {
  readonly program: GpuProgram;
  /** Places over several tensors that are bound as one. */
  readonly shared: readonly DevicePlace[];
}

export async function gpuUnit(
  schedule: Schedule,
  context: Pick<Context, "builder" | "sources">,
): Promise<GpuUnit> {
  const program = gpuProgram(schedule, context);
  await checkShaders(program);
  const dispatches = [...program.procedures.values()].flat();
  const shared = dispatches.flatMap(({ shader, places }) =>
    places.filter((_, n) => shader.bindings[n]!.buffers.length > 1),
  );
  return { program, shared: [...new Set(shared)] };
}
