/** The kernels of one model as WebAssembly, for the printers of its module. */
import type { Context } from "../../ir/context.ts";
import type { Schedule } from "../../ir/kernel.ts";
import { otherUses } from "../kernel-sections.ts";
import { assemble } from "./assemble.ts";
import type { WasmProgram } from "./program.ts";
import { printProgram } from "./program.ts";

export interface WasmUnit {
  readonly program: WasmProgram;
  readonly bytes: Uint8Array;
}

/** Prints and assembles the kernels of a schedule; `name` is for messages of the assembler. */
export async function wasmUnit(schedule: Schedule, context: Context, name: string): Promise<WasmUnit> {
  const program = printProgram(schedule, otherUses(schedule), context);
  return { program, bytes: await assemble(program.text, name) };
}
