/** The WebAssembly text of one model: a function for each kernel, and an exported one for each procedure. */
import type { Context } from "../../ir/context.ts";
import type { Call, Kernel, Procedure, Schedule } from "../../ir/kernel.ts";
import type { Dim, Statement, Tensor } from "../../ir/types.ts";
import { dimsOfCall } from "../entries.ts";
import { kernelComment } from "../formulas.ts";
import { typeOf } from "./expressions.ts";
import { functions, functionsFor } from "./functions.ts";
import { printAffine } from "./integers.ts";
import { printKernel } from "./kernels.ts";
import type { MemoryLayout } from "./layout.ts";
import { layOutMemory, scratchName } from "./layout.ts";
import type { Wat } from "./text.ts";
import { comment, get, i32, layOut, watNames } from "./text.ts";
import type { Names } from "../names.ts";
import { sizeOfElement } from "./addresses.ts";

/** An exported function, and what it is passed: numbers of the host, then counts. */
export interface Entry {
  readonly name: string;
  readonly scalars: readonly Tensor[];
  readonly dims: readonly Dim[];
}

export interface WasmProgram {
  readonly text: string;
  readonly layout: MemoryLayout;
  readonly entries: ReadonlyMap<Procedure, Entry>;
}

type KernelCall = Extract<Call, { kind: "call" }>;

/** `others`: what a kernel computes besides what its own comment shows. */
export function printProgram(
  schedule: Schedule,
  others: ReadonlyMap<Kernel, readonly Statement[]>,
  context: Pick<Context, "builder" | "sources">,
): WasmProgram {
  const { program } = schedule;
  const used = new Set<string>();
  const names = watNames();
  for (const name of Object.keys(functions)) names.take(`$${name}`);
  names.take(scratchName);
  const kernelNames = new Map(schedule.kernels.map((k) => [k, names.fresh(k.name)]));
  const kernels = schedule.kernels.map((kernel) => ({
    kernel,
    ...printKernel(kernel, kernelNames.get(kernel)!, context.builder, (name) => used.add(name)),
  }));
  const reach = Math.max(0, ...kernels.map((k) => k.reach));
  const layout = layOutMemory(schedule, program.inputs, reach);
  const places = new Places(schedule, layout);
  const { initialise, forward, evaluate, backward, statistics, update } = schedule;
  const procedures = [initialise, forward, evaluate, backward, statistics, update].filter(
    (p) => p.calls.length > 0,
  );
  const entries = new Map<Procedure, Entry>();
  const bodies = procedures.map((procedure) => {
    const isTraining = procedure !== forward && procedure !== evaluate;
    const printer = new ProcedurePrinter(procedure, isTraining, places, kernelNames, names, schedule);
    entries.set(procedure, printer.entry);
    return layOut(printer.print(), 1);
  });
  const kernelFunctions = kernels.map(({ kernel, function: code }) =>
    [...comment(kernelComment(kernel, others.get(kernel) ?? [], context), 1), layOut(code, 1)].join("\n"),
  );
  const helpers = functionsFor(used).map(({ text }) => text.replace(/^(?=.)/gm, "  "));
  const sections = [
    `(module\n  (memory (export "memory") ${layout.pages} ${layout.pages})`,
    ["  ;; Where the tensors stand", ...places.globals()].join("\n"),
    ...kernelFunctions,
    ...bodies,
    ...helpers,
  ];
  return { text: `${sections.join("\n\n")})\n`, layout, entries };
}

/** Tensors by their addresses, which have the names of the source. */
class Places {
  private readonly names = new Map<Tensor, string>();
  private readonly usesScratch: boolean;

  constructor(
    schedule: Schedule,
    private readonly layout: MemoryLayout,
  ) {
    const names = watNames();
    names.take(scratchName);
    this.usesScratch = schedule.kernels.some((k) => k.scratch !== undefined);
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
    const places = [...this.names].map(([t, name]) => [name, this.layout.addresses.get(t)!] as const);
    const scratch = this.usesScratch ? [[scratchName, this.layout.scratch] as const] : [];
    return [...places, ...scratch].map(([name, at]) => layOut(["global", name, "i32", i32(at)], 1));
  }
}

class ProcedurePrinter {
  readonly entry: Entry;
  private readonly locals = watNames();
  private readonly parameters = new Map<Tensor | Dim, string>();

  constructor(
    private readonly procedure: Procedure,
    private readonly isTraining: boolean,
    private readonly places: Places,
    private readonly kernelNames: ReadonlyMap<Kernel, string>,
    private readonly names: Names,
    private readonly schedule: Schedule,
  ) {
    const calls = procedure.calls.filter((c): c is KernelCall => c.kind === "call");
    const scalars = new Set(calls.flatMap((c) => c.scalars).filter((t) => this.isPassed(t)));
    const dims = new Set<Dim>(procedure.calls.flatMap(dimsOfCall));
    for (const thing of [...scalars, ...dims]) this.parameters.set(thing, this.locals.fresh(thing.name));
    this.entry = { name: procedure.name, scalars: [...scalars], dims: [...dims] };
  }

  print(): Wat {
    const { name, scalars, dims } = this.entry;
    return [
      "func",
      this.names.fresh(name, `${name}_procedure`),
      ["export", JSON.stringify(name)],
      ...scalars.map((t): Wat => ["param", this.parameters.get(t)!, typeOf(t.type)]),
      ...dims.map((d): Wat => ["param", this.parameters.get(d)!, "i32"]),
      ...this.procedure.calls.map((c) => this.call(c)),
    ];
  }

  /** Numbers that the host knows: hypers, and the counts of steps and passes. */
  private isPassed(tensor: Tensor): boolean {
    const { builtins } = this.schedule.program;
    return (tensor.role === "hyper" || tensor.role === "builtin") && tensor !== builtins.training;
  }

  private call(call: Call): Wat {
    if (call.kind === "clear")
      return ["memory.fill", this.places.address(call.tensor), i32(0), this.bytes(call.tensor)];
    return [
      "call",
      this.kernelNames.get(call.kernel)!,
      ...call.buffers.map((t) => this.places.address(t)),
      ...call.scalars.map((t) => this.scalar(t)),
      ...call.dims.map((d) => (typeof d === "number" ? i32(d) : this.parameter(d))),
    ];
  }

  private parameter(thing: Tensor | Dim): Wat {
    return get(this.parameters.get(thing)!);
  }

  private scalar(tensor: Tensor): Wat {
    if (tensor === this.schedule.program.builtins.training) return i32(this.isTraining ? 1 : 0);
    if (this.isPassed(tensor)) return this.parameter(tensor);
    const load = tensor.type === "f32" ? "f32.load" : tensor.type === "i32" ? "i32.load" : "i32.load8_u";
    return [load, this.places.address(tensor)];
  }

  private bytes(tensor: Tensor): Wat {
    const scope = {
      name: (thing: { readonly name: string }): string => this.parameters.get(thing as Dim)!,
      opaque: (): Wat => {
        throw new Error("an extent mentions dimensions only");
      },
      helper: (): void => undefined,
    };
    const factors = tensor.shape.map((e) => printAffine(e, scope));
    const numbers = tensor.shape.every((e) => e.terms.length === 0);
    if (numbers) return i32(tensor.shape.reduce((n, e) => n * e.constant, sizeOfElement(tensor)));
    return factors.reduce<Wat>((n, e) => ["i32.mul", n, e], i32(sizeOfElement(tensor)));
  }
}
