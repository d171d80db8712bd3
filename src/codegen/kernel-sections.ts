/** The kernels in reading order: what the model computes, how it learns, and where it starts. */
import type { Kernel, Procedure, Schedule } from "../ir/kernel.ts";
import type { Statement } from "../ir/types.ts";
import { printKernelFunction } from "./kernels.ts";
import type { Model } from "./model.ts";
import type { TextBuilder } from "./text.ts";

export interface Section {
  readonly title: string;
  readonly kernels: readonly Kernel[];
}

export function printKernels(model: Model, out: TextBuilder): void {
  const others = otherUses(model.schedule);
  for (const { title, kernels } of sectionsOf(model.schedule)) {
    out.blank();
    out.comment(`${"-".repeat(Math.max(4, 90 - title.length))} ${title}`);
    for (const kernel of kernels) {
      out.blank();
      printKernelFunction(
        kernel,
        model.kernelNames.get(kernel)!,
        others.get(kernel) ?? [],
        model.module,
        out,
      );
    }
  }
}

/** What a kernel computes for other calls than the one that its comment shows: the last statement of each. */
export function otherUses(schedule: Schedule): Map<Kernel, Statement[]> {
  const { initialise, forward, evaluate, backward, statistics, update } = schedule;
  const uses = new Map<Kernel, Set<Statement>>();
  for (const { calls } of [forward, evaluate, backward, statistics, update, initialise]) {
    for (const call of calls) {
      if (call.kind === "clear") continue;
      const known = uses.get(call.kernel) ?? new Set();
      uses.set(call.kernel, known.add(call.statements.at(-1)!));
    }
  }
  return new Map(
    [...uses].map(([kernel, all]) => [kernel, [...all].filter((s) => s !== kernel.statements.at(-1))]),
  );
}

/** The kernels under the titles that a module has for them. */
export function sectionsOf(schedule: Schedule): Section[] {
  const left = new Set(schedule.kernels);
  const take = (procedure: Procedure, wanted: (kernel: Kernel) => boolean): Kernel[] => {
    const called = procedure.calls.flatMap((c) => (c.kind === "call" ? [c.kernel] : []));
    return [...new Set(called)].filter((k) => left.has(k) && wanted(k) && left.delete(k));
  };
  const all = (): boolean => true;
  const found: Section[] = [
    { title: "forward", kernels: take(schedule.forward, all) },
    { title: "loss and metrics", kernels: take(schedule.evaluate, all) },
    { title: "forward, in training", kernels: take(schedule.backward, (k) => !isBackward(k)) },
    {
      title: "backward: the chain rule, from the loss to the parameters",
      kernels: take(schedule.backward, all),
    },
    { title: "running statistics", kernels: take(schedule.statistics, all) },
    { title: "updates", kernels: take(schedule.update, all) },
    { title: "starting values", kernels: take(schedule.initialise, all) },
  ];
  return found.filter((s) => s.kernels.length > 0);
}

function isBackward(kernel: Kernel): boolean {
  return kernel.statements.some((s) => s.origin.steps !== undefined);
}
