/** Prints procedures as functions: a call of a kernel a line. Where threads share kernels, what they wait for stands between. */
import type { Builder } from "../../ir/builder.ts";
import type { Call, Kernel, KernelCall, Schedule } from "../../ir/kernel.ts";
import type { Dim, Tensor } from "../../ir/types.ts";
import { dimsOfCall } from "../entries.ts";
import type { Names } from "../names.ts";
import { sizeOfElement } from "./addresses.ts";
import type { WatType } from "./expressions.ts";
import { typeOf } from "./expressions.ts";
import type { IntegerScope } from "./integers.ts";
import { printAffine } from "./integers.ts";
import type { MemoryLayout } from "./layout.ts";
import { phasesOf } from "./phases.ts";
import type { TeamProcedure } from "./team.ts";
import { alone, barrier, lead } from "./team.ts";
import type { Wat } from "./text.ts";
import { get, i32, watNames } from "./text.ts";

/** An exported function, and what it is passed: numbers of the host, then counts. */
export interface Entry {
  readonly name: string;
  readonly scalars: readonly Tensor[];
  readonly dims: readonly Dim[];
}

/** What the procedures of a module share. */
export interface ProgramScope {
  readonly schedule: Schedule;
  readonly layout: MemoryLayout;
  readonly builder: Builder;
  readonly kernelNames: ReadonlyMap<Kernel, string>;
  /** The names of functions. */
  readonly names: Names;
  /** Whether threads share some kernels. */
  readonly hasTeam: boolean;
  address(tensor: Tensor): Wat;
  /** Notes that a function is called. */
  helper(name: string): void;
}

/** A procedure with the name of its function. */
export interface Part {
  readonly name: string;
  readonly printer: ProcedurePrinter;
}

/** One procedure, or several one after the other, as one function with the parameters that they need. */
export class ProcedurePrinter {
  readonly entry: Entry;
  private readonly locals = watNames();
  private readonly parameters = new Map<Tensor | Dim, string>();

  constructor(
    name: string,
    private readonly calls: readonly Call[],
    private readonly isTraining: boolean,
    private readonly scope: ProgramScope,
  ) {
    const kernelCalls = calls.filter((c): c is KernelCall => c.kind === "call");
    const scalars = new Set(kernelCalls.flatMap((c) => c.scalars).filter((t) => this.isPassed(t)));
    const dims = new Set<Dim>(calls.flatMap(dimsOfCall));
    for (const thing of [...scalars, ...dims]) this.parameters.set(thing, this.locals.fresh(thing.name));
    this.entry = { name, scalars: [...scalars], dims: [...dims] };
  }

  /** The function with all calls in it, behind others; `isExported`: the host calls it, and no other thread. */
  print(name: string, isExported: boolean, before: readonly Wat[] = []): Wat {
    const isShared = this.scope.hasTeam && !isExported;
    const calls = isShared ? this.shared() : this.calls.map((c) => this.call(c));
    return this.function(name, isExported, [...before, ...calls]);
  }

  /** The function that calls those of other procedures, one after the other. */
  printParts(name: string, isExported: boolean, parts: readonly Part[]): Wat {
    const calls = parts.flatMap((part, n): Wat[] => [
      ...(n > 0 && this.scope.hasTeam ? [barrier] : []),
      this.callOf(part.name, part.printer.things),
    ]);
    return this.function(name, isExported, calls);
  }

  /** The exported function with which the thread of the host leads the others through `job`, of the same parameters. */
  printLeading(name: string, job: TeamProcedure): Wat {
    const values = [...this.parameters.values()].map(get);
    return this.function(name, true, [lead(job, values), this.callOf(job.name, this.things), barrier]);
  }

  get types(): readonly WatType[] {
    return [...this.entry.scalars.map((t) => typeOf(t.type)), ...this.entry.dims.map(() => "i32" as const)];
  }

  /** What is passed, in order. */
  get things(): readonly (Tensor | Dim)[] {
    return [...this.parameters.keys()];
  }

  private callOf(name: string, things: readonly (Tensor | Dim)[]): Wat {
    return ["call", name, ...things.map((t) => this.parameter(t))];
  }

  private function(name: string, isExported: boolean, body: readonly Wat[]): Wat {
    const { scalars, dims } = this.entry;
    return [
      "func",
      name,
      ...(isExported ? [["export", JSON.stringify(this.entry.name)]] : []),
      ...scalars.map((t): Wat => ["param", this.parameters.get(t)!, typeOf(t.type)]),
      ...dims.map((d): Wat => ["param", this.parameters.get(d)!, "i32"]),
      ...body,
    ];
  }

  // --------------------------------------------------------------------------------------------------------------- calls

  /** The calls as several threads make them: what one of them makes alone stands together. */
  private shared(): Wat[] {
    const { layout, schedule, builder } = this.scope;
    const code: Wat[] = [];
    let single: Wat[] = [];
    const flush = (): void => {
      if (single.length > 0) code.push(alone(single));
      single = [];
    };
    for (const phased of phasesOf(this.calls, layout, builder, schedule.divided)) {
      if (phased.waits || phased.isDivided) flush();
      if (phased.waits) code.push(barrier);
      (phased.isDivided ? code : single).push(this.call(phased.call));
    }
    flush();
    return code;
  }

  private call(call: Call): Wat {
    if (call.kind === "clear")
      return ["memory.fill", this.scope.address(call.tensor), i32(0), this.bytes(call.tensor)];
    return [
      "call",
      this.scope.kernelNames.get(call.kernel)!,
      ...call.buffers.map((t) => this.scope.address(t)),
      ...call.scalars.map((t) => this.scalar(t)),
      ...call.dims.map((d) => (typeof d === "number" ? i32(d) : this.parameter(d))),
    ];
  }

  /** Numbers that the host knows: hypers, and the counts of steps and passes. */
  private isPassed(tensor: Tensor): boolean {
    const { builtins } = this.scope.schedule.program;
    return (tensor.role === "hyper" || tensor.role === "builtin") && tensor !== builtins.training;
  }

  private parameter(thing: Tensor | Dim): Wat {
    return get(this.parameters.get(thing)!);
  }

  private scalar(tensor: Tensor): Wat {
    if (tensor === this.scope.schedule.program.builtins.training) return i32(this.isTraining ? 1 : 0);
    if (this.isPassed(tensor)) return this.parameter(tensor);
    const load = tensor.type === "f32" ? "f32.load" : tensor.type === "i32" ? "i32.load" : "i32.load8_u";
    return [load, this.scope.address(tensor)];
  }

  private readonly integers: IntegerScope = {
    name: (thing) => this.parameters.get(thing as Dim)!,
    opaque: () => {
      throw new Error("an extent mentions dimensions only");
    },
    helper: (name) => this.scope.helper(name),
  };

  private bytes(tensor: Tensor): Wat {
    const factors = tensor.shape.map((e) => printAffine(e, this.integers));
    const numbers = tensor.shape.every((e) => e.terms.length === 0);
    if (numbers) return i32(tensor.shape.reduce((n, e) => n * e.constant, sizeOfElement(tensor)));
    return factors.reduce<Wat>((n, e) => ["i32.mul", n, e], i32(sizeOfElement(tensor)));
  }
}
