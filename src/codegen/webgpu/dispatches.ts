/** Calls of kernels become dispatches of shaders. Calls that bind their buffers alike share a shader. */
import type { Builder } from "../../ir/builder.ts";
import type { Context } from "../../ir/context.ts";
import type { Kernel, KernelCall, Procedure, Schedule } from "../../ir/kernel.ts";
import { rewriter } from "../../ir/rewrite.ts";
import type { Affine, Statement } from "../../ir/types.ts";
import { otherUses } from "../kernel-sections.ts";
import { bindCall } from "./bindings.ts";
import { computedFor } from "./computed.ts";
import type { DeviceMemory } from "./memory.ts";
import type { Binding, Dispatch, PrintShader, Shader } from "./program.ts";

export class DispatchTable {
  private readonly made = new Map<Kernel, Map<string, Shader>>();
  private readonly others: ReadonlyMap<Kernel, readonly Statement[]>;

  constructor(
    private readonly schedule: Schedule,
    private readonly memory: DeviceMemory,
    private readonly context: Pick<Context, "builder" | "sources">,
    private readonly print: PrintShader,
  ) {
    this.others = otherUses(schedule);
  }

  get shaders(): readonly Shader[] {
    return [...this.made.values()].flatMap((byBindings) => [...byBindings.values()]);
  }

  dispatchesOf({ calls, name }: Procedure): Dispatch[] {
    return calls.map((call) => {
      if (call.kind === "call") return this.dispatch(call);
      throw new Error(`\`${name}\` clears \`${call.tensor.name}\`, which a device does by a kernel`);
    });
  }

  private dispatch(call: KernelCall): Dispatch {
    const { bindings, places, offsets } = bindCall(call, this.memory, this.context.builder);
    const shader = this.shader(call.kernel, bindings);
    const groups = inModel(shader.groups, call, this.context.builder);
    const { buffers, dims, scalars, statements } = call;
    const computed = computedFor(call.kernel, scalars, this.context.builder);
    return { shader, buffers, places, offsets, dims, scalars, computed, groups, statements };
  }

  private shader(kernel: Kernel, bindings: readonly Binding[]): Shader {
    const byBindings = this.made.get(kernel) ?? new Map<string, Shader>();
    this.made.set(kernel, byBindings);
    const key = bindings.map((b) => `${b.buffers.join("+")} ${b.access}`).join(", ");
    const known = byBindings.get(key);
    if (known) return known;
    const launch = this.schedule.launches?.get(kernel);
    if (!launch) throw new Error(`it is not decided how \`${kernel.name}\` is launched`);
    const shader = this.print(kernel, launch, bindings, this.context, this.others.get(kernel) ?? []);
    byBindings.set(key, shader);
    return shader;
  }
}

/** A count of the kernel's dimensions, in those that the call is passed. */
function inModel(count: Affine, { kernel, dims }: KernelCall, b: Builder): Affine {
  const passed = new Map(kernel.dims.map((d, n) => [d, b.toAffine(dims[n]!)]));
  const here = rewriter(b, { atom: (a) => (a.kind === "dim" ? passed.get(a) : undefined) });
  return here(count) as Affine;
}
