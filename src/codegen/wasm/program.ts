/** The WebAssembly text of one model: a function for each kernel, and an exported one for each procedure. */
import type { Context } from "../../ir/context.ts";
import type { Kernel, Procedure, Schedule } from "../../ir/kernel.ts";
import type { Statement, Tensor } from "../../ir/types.ts";
import { dimsOfCall } from "../entries.ts";
import { kernelComment } from "../formulas.ts";
import { functions, functionsFor } from "./functions.ts";
import { printKernel } from "./kernels.ts";
import type { MemoryLayout } from "./layout.ts";
import { layOutMemory, mostPages, scratchName } from "./layout.ts";
import type { Entry, Part, ProgramScope } from "./procedures.ts";
import { ProcedurePrinter } from "./procedures.ts";
import { rehearsal } from "./rehearsal.ts";
import type { TeamProcedure } from "./team.ts";
import { sizeOfControl, teamFunctions, teamGlobals, teamNames } from "./team.ts";
import type { Wat } from "./text.ts";
import { comment, i32, layOut, watNames } from "./text.ts";

export interface WasmProgram {
  readonly text: string;
  readonly layout: MemoryLayout;
  readonly entries: ReadonlyMap<Procedure, Entry>;
  /** A whole step of training in one call, where there is an optimizer. */
  readonly step: Entry | undefined;
  /** Whether threads can share the work. */
  readonly hasTeam: boolean;
}

/** `others`: what a kernel computes besides what its own comment shows. */
export function printProgram(
  schedule: Schedule,
  others: ReadonlyMap<Kernel, readonly Statement[]>,
  context: Pick<Context, "builder" | "sources">,
): WasmProgram {
  const { builder } = context;
  const used = new Set<string>();
  const helper = (name: string): unknown => used.add(name);
  const names = watNames();
  for (const name of Object.keys(functions)) names.take(`$${name}`);
  for (const name of [scratchName, ...teamNames]) names.take(name);
  const kernelNames = new Map(schedule.kernels.map((k) => [k, names.fresh(k.name)]));
  const kernels = schedule.kernels.map((kernel) => {
    const divided = schedule.divided?.get(kernel);
    return { kernel, ...printKernel(kernel, kernelNames.get(kernel)!, builder, helper, divided) };
  });
  const reach = Math.max(0, ...kernels.map((k) => k.reach));
  const hasTeam = (schedule.divided?.size ?? 0) > 0;
  const controlSize = hasTeam ? sizeOfControl(mostArguments(schedule)) : 0;
  const layout = layOutMemory(schedule, schedule.program.inputs, reach, controlSize);
  const places = new Places(schedule, layout);
  const address = (tensor: Tensor): Wat => places.address(tensor);
  const scope = { schedule, layout, builder, kernelNames, names, hasTeam, helper, address };
  const procedures = printProcedures(scope);
  const kernelFunctions = kernels.map(({ kernel, function: code }) =>
    [...comment(kernelComment(kernel, others.get(kernel) ?? [], context), 1), layOut(code, 1)].join("\n"),
  );
  const helpers = functionsFor(used).map(({ text }) => text.replace(/^(?=.)/gm, "  "));
  const scratch = places.usesScratch ? { name: scratchName, size: layout.scratchSize } : undefined;
  const sections = [
    `(module\n  (import "host" "memory" (memory ${layout.pages} ${mostPages}))`,
    ["  ;; Where the tensors stand", ...places.globals()].join("\n"),
    ...(hasTeam ? [teamGlobals(layout.control)] : []),
    ...kernelFunctions,
    ...procedures.functions.map((code) => layOut(code, 1)),
    ...(hasTeam ? [teamFunctions(procedures.jobs, scratch)] : []),
    ...helpers,
  ];
  const { entries, step } = procedures;
  return { text: `${sections.join("\n\n")})\n`, layout, entries, step, hasTeam };
}

/** At most so many numbers and counts are passed to a procedure. */
function mostArguments({ initialise, forward, evaluate, backward, statistics, update }: Schedule): number {
  const calls = [initialise, forward, evaluate, backward, statistics, update].flatMap((p) => p.calls);
  return new Set(calls.flatMap((c) => [...(c.kind === "call" ? c.scalars : []), ...dimsOfCall(c)])).size;
}

interface Procedures {
  readonly functions: readonly Wat[];
  readonly entries: ReadonlyMap<Procedure, Entry>;
  readonly step: Entry | undefined;
  readonly jobs: readonly TeamProcedure[];
}

/** Every procedure, and the step that is three of them. What starts a model is done before there are other threads. */
function printProcedures(scope: ProgramScope): Procedures {
  const { schedule, names, hasTeam } = scope;
  const { initialise, forward, evaluate, backward, statistics, update } = schedule;
  const functions: Wat[] = [];
  const jobs: TeamProcedure[] = [];
  const entries = new Map<Procedure, Entry>();
  const parts = new Map<Procedure, Part>();
  const exportName = (name: string): string => names.fresh(name, `${name}_procedure`);
  const lead = (printer: ProcedurePrinter, work: string): void => {
    const job = { number: jobs.length + 1, name: work, parameters: printer.types };
    jobs.push(job);
    functions.push(printer.printLeading(exportName(printer.entry.name), job));
  };
  for (const procedure of [forward, evaluate, backward, statistics, update, initialise]) {
    const { name, calls } = procedure;
    if (calls.length === 0) continue;
    const isTraining = procedure !== forward && procedure !== evaluate;
    const printer = new ProcedurePrinter(name, calls, isTraining, scope);
    entries.set(procedure, printer.entry);
    const isShared = hasTeam && procedure !== initialise;
    const own = isShared ? names.fresh(`${name}_work`) : exportName(name);
    const before = procedure === initialise ? rehearsal(parts.get(backward), scope) : [];
    functions.push(printer.print(own, !isShared, before));
    parts.set(procedure, { name: own, printer });
    if (isShared) lead(printer, own);
  }
  const inStep = [backward, statistics, update].flatMap((p) => parts.get(p) ?? []);
  if (inStep.length < 2) return { functions, entries, jobs, step: undefined };
  const calls = [...backward.calls, ...statistics.calls, ...update.calls];
  const printer = new ProcedurePrinter("step", calls, true, scope);
  const own = hasTeam ? names.fresh("step_work") : exportName("step");
  functions.push(printer.printParts(own, !hasTeam, inStep));
  if (hasTeam) lead(printer, own);
  return { functions, entries, jobs, step: printer.entry };
}

/** Tensors by their addresses, which have the names of the source. */
class Places {
  readonly usesScratch: boolean;
  private readonly names = new Map<Tensor, string>();

  constructor(
    schedule: Schedule,
    private readonly layout: MemoryLayout,
  ) {
    this.usesScratch = schedule.kernels.some((k) => k.scratch !== undefined);
    const names = watNames();
    for (const name of [scratchName, ...teamNames]) names.take(name);
    const { initialise, forward, evaluate, backward, statistics, update } = schedule;
    for (const { calls } of [initialise, forward, evaluate, backward, statistics, update]) {
      for (const call of calls) {
        const tensors = call.kind === "clear" ? [call.tensor] : [...call.buffers, ...call.scalars];
        for (const t of tensors) {
          if (layout.addresses.has(t) && !this.names.has(t)) this.names.set(t, names.fresh(t.name));
        }
      }
    }
  }

  address(tensor: Tensor): Wat {
    const name = this.names.get(tensor);
    if (name === undefined) throw new Error(`\`${tensor.name}\` has no place in memory`);
    return ["global.get", name];
  }

  globals(): string[] {
    const places = [...this.names].map(([t, name]) => [
      "global",
      name,
      "i32",
      i32(this.layout.addresses.get(t)!),
    ]);
    // Every thread has its own.
    const scratch = ["global", scratchName, ["mut", "i32"], i32(this.layout.scratch)];
    return [...places, ...(this.usesScratch ? [scratch] : [])].map((code) => layOut(code, 1));
  }
}
