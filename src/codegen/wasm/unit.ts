/** The kernels of one model as WebAssembly, for the printers of its module. */
import type { Context } from "../../ir/context.ts";
import type { Diagnostics } from "../../ir/diagnostics.ts";
import type { Schedule } from "../../ir/kernel.ts";
import { otherUses } from "../kernel-sections.ts";
import { assemble } from "./assemble.ts";
import { excessOf } from "./layout.ts";
import type { WasmProgram } from "./program.ts";
import { printProgram } from "./program.ts";

export interface WasmUnit {
  readonly program: WasmProgram;
  readonly bytes: Uint8Array;
}

/** Prints and assembles the kernels of a schedule; null, and a diagnostic, where no memory is large enough for them. */
export async function wasmUnit(
  schedule: Schedule,
  context: Context,
  diagnostics: Diagnostics,
): Promise<WasmUnit | null> {
  const program = printProgram(schedule, otherUses(schedule), context);
  const { name, span } = schedule.program;
  const excess = excessOf(program.layout);
  if (excess) {
    const help = "lower the largest counts of its dimensions (`dim batch <= …`)";
    diagnostics.report("NN4001", span, { name, ...excess }, { help });
    return null;
  }
  return { program, bytes: await assemble(program.text, `${name}.wat`) };
}
