/** The kernels of one model as WebAssembly, for the printers of its module. */
import type { Context } from "../../ir/context.ts";
import type { Diagnostics } from "../../ir/diagnostics.ts";
import type { Schedule } from "../../ir/kernel.ts";
import type { Program } from "../../ir/types.ts";
import { otherUses } from "../kernel-sections.ts";
import type { Assembler } from "./assemble.ts";
import { assemble } from "./assemble.ts";
import { excessOf } from "./layout.ts";
import type { WasmProgram } from "./program.ts";
import { printProgram } from "./program.ts";

export interface WasmUnit {
  readonly program: WasmProgram;
  readonly bytes: Uint8Array;
}

/** How much memory kernels need, where none is large enough for them. */
export interface TooLarge {
  readonly gibibytes: string;
}

/** Prints and assembles the kernels of a schedule. */
export async function wasmUnit(
  schedule: Schedule,
  context: Context,
  assembler?: Assembler,
): Promise<WasmUnit | TooLarge> {
  const program = printProgram(schedule, otherUses(schedule), context);
  return (
    excessOf(program.layout) ?? {
      program,
      bytes: await assemble(program.text, `${schedule.program.name}.wat`, assembler),
    }
  );
}

/** Says that a model is too large for the memory of WebAssembly. */
export function reportTooLarge({ name, span }: Program, excess: TooLarge, diagnostics: Diagnostics): void {
  const help = "lower the largest counts of its dimensions (`dim batch <= …`), or take another target";
  diagnostics.report("NN4001", span, { name, ...excess }, { help });
}
