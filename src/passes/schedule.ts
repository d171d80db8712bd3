/** From graphs to kernels, their calls, and their memory. */
import type { Builder } from "../ir/builder.ts";
import type { Context } from "../ir/context.ts";
import type { Call, Kernel, Procedure, Schedule } from "../ir/kernel.ts";
import type { ModelGraphs } from "../ir/model.ts";
import type { Graph, Reshape } from "../ir/types.ts";
import type { KernelGroup } from "./fuse/group.ts";
import { separate } from "./fuse/group.ts";
import { plan } from "./plan.ts";
import { assembleKernel } from "./schedule/assemble.ts";
import { lowerGroup } from "./schedule/lower.ts";
import { kernelName, NameSpace } from "./schedule/names.ts";

/** One kernel per equation (level 0), or as few as pay (level 1), with a place in memory for every tensor. */
export function schedule(graphs: ModelGraphs, level: 0 | 1, context: Context): Schedule {
  const scheduler = new Scheduler(context.builder);
  const initialise = scheduler.procedure(graphs.initialise);
  const forward = scheduler.procedure(graphs.forward);
  const evaluate = scheduler.procedure(graphs.evaluate);
  const backward = scheduler.procedure(graphs.backward);
  const update = scheduler.procedure(graphs.update);
  const all = [initialise, forward, evaluate, backward, update];
  return {
    program: graphs.program,
    level,
    kernels: scheduler.kernels,
    initialise,
    forward,
    evaluate,
    backward,
    update,
    plan: plan(graphs.program, all, scheduler.reshapes, context.builder),
  };
}

class Scheduler {
  readonly kernels: Kernel[] = [];
  readonly reshapes: Reshape[] = [];
  private readonly names = new NameSpace();
  private readonly b: Builder;

  constructor(b: Builder) {
    this.b = b;
  }

  procedure(graph: Graph): Procedure {
    const calls: Call[] = [];
    for (const item of separate(graph).items) {
      if (item.kind === "reshape") this.reshapes.push(item);
      else calls.push(...this.callsOf(item));
    }
    return { name: graph.name, calls };
  }

  private callsOf(group: KernelGroup): Call[] {
    const clears = group.clears.map((tensor): Call => ({ kind: "clear", tensor }));
    const kernel = this.kernelOf(group);
    const { buffers, scalars, dims, statements } = kernel;
    return [
      ...clears,
      { kind: "call", kernel, buffers: buffers.map((x) => x.tensor), scalars, dims, statements },
    ];
  }

  private kernelOf(group: KernelGroup): Kernel {
    const statements = group.members.map((m) => m.equation);
    const name = this.names.fresh(kernelName(statements.at(-1)!));
    const body = lowerGroup(group, new NameSpace(), this.b);
    const kernel = assembleKernel(name, body, statements);
    this.kernels.push(kernel);
    return kernel;
  }
}
