/** Two functions of a module for a GPU: what a model needs of its device, and where every tensor stands there. */
import type { Affine, Tensor } from "../../ir/types.ts";
import { originOf, printViews } from "../memory.ts";
import type { Views } from "../memory.ts";
import { arrayTypes } from "../scope.ts";
import type { TextBuilder } from "../text.ts";
import { auxiliaryLimits, auxiliaryShaders } from "./class-gradients.ts";
import type { GpuModel } from "./class-model.ts";
import { codecs, numbered } from "./class-model.ts";
import { mostBindings } from "../../ir/device.ts";
import type { DevicePlace } from "./program.ts";

export function printNeeds(gpu: GpuModel, out: TextBuilder): void {
  const { model, unit } = gpu;
  out.doc(["What the model needs of its device: sizes are bytes."]);
  out.braces(`function ${gpu.needsName}(${numbered(dimsOfNeeds(gpu)).join(", ")})`, () => {
    out.line("const sizes = {");
    out.indented(() => {
      for (const { name, size } of unit.program.buffers) out.line(`${name}: ${gpu.bytes(size)},`);
    });
    out.line("};");
    out.line("const limits = {");
    out.indented(() => {
      out.line("maxBufferSize: Math.max(...Object.values(sizes)),");
      out.line(`maxStorageBufferBindingSize: ${largest(gpu, boundSizes(gpu))},`);
      for (const [name, value] of Object.entries(limitsOfShaders(gpu))) out.line(`${name}: ${value},`);
    });
    out.line("};");
    const inputs = model.trainingInputs.filter((t) => gpu.isOnDevice(t));
    const total = (tensors: readonly Tensor[]): string =>
      gpu.bytes(model.builder.plus(0, ...tensors.map((t) => model.capacity(t))));
    out.line(
      `return { sizes, limits, inputs: ${total(inputs)}, results: ${total(gpu.results)}, dispatches: ${dispatches(gpu)} };`,
    );
  });
}

/** The dimensions of creation that this depends on. */
export function dimsOfNeeds(gpu: GpuModel): string[] {
  const { model, unit } = gpu;
  const counted = [...model.trainingInputs.filter((t) => gpu.isOnDevice(t)), ...gpu.results];
  const sizes = unit.program.buffers.map((b) => b.size);
  return gpu.dimsOf([...sizes, ...boundSizes(gpu), ...counted.map((t) => model.capacity(t))]);
}

/** The sizes of everything that is bound, in elements. */
function boundSizes({ model, unit }: GpuModel): Set<Affine> {
  const places = [...unit.program.procedures.values()].flat().flatMap((d) => d.places);
  const gradients = unit.program.buffers.filter((b) => b.name === "gradients" && model.accumulates);
  return new Set([...places, ...gradients].map((place) => place.size));
}

function largest(gpu: GpuModel, sizes: ReadonlySet<Affine>): string {
  const fixed = [...sizes].filter((s) => s.terms.length === 0).map((s) => 4 * s.constant);
  const others = [...sizes].filter((s) => s.terms.length > 0).map((s) => gpu.bytes(s));
  const most = Math.max(4, ...fixed);
  return others.length === 0 ? `${most}` : `Math.max(${[most, ...others].join(", ")})`;
}

function limitsOfShaders({ model, unit }: GpuModel): Record<string, number> {
  const { shaders } = unit.program;
  const most = (of: (s: (typeof shaders)[number]) => number, least: number): number =>
    Math.max(least, ...shaders.map(of));
  const own = auxiliaryLimits(model);
  return {
    maxStorageBuffersPerShaderStage: most((s) => s.bindings.length, Math.min(own.bindings, mostBindings)),
    maxComputeInvocationsPerWorkgroup: most((s) => s.workgroupSize, own.invocations),
    maxComputeWorkgroupSizeX: most((s) => s.workgroupSize, own.invocations),
    maxComputeWorkgroupStorageSize: most((s) => s.workgroupBytes, 0),
  };
}

/** The most dispatches of a step, or of anything else that is submitted at once. */
function dispatches({ model, unit }: GpuModel): number {
  const { initialise, forward, evaluate, backward, statistics, update } = model.schedule;
  const count = (p: typeof forward): number => unit.program.procedures.get(p)!.length;
  const step = count(backward) + count(statistics) + count(update) + auxiliaryShaders.size;
  return Math.max(step, count(initialise), count(forward), count(evaluate));
}

export function printPlaces(gpu: GpuModel, out: TextBuilder): void {
  const { model, unit } = gpu;
  const views = new DeviceViews(gpu);
  model.module.helper("Session");
  out.doc([
    "Where every tensor stands on the device. Values share places where their lives do not overlap.",
    "`buffers` are arrays on this side: inputs are copied to them where they are no arrays of the right type.",
  ]);
  const type = `Record<keyof ReturnType<typeof ${gpu.needsName}>["sizes"], GPUBuffer>`;
  const given = [`gpu«: Session»`, `stored«: ${type}»`, ...numbered(dimsOfPlaces(gpu))];
  out.braces(`function ${gpu.placeName}(${given.join(", ")})`, () => {
    out.line("return {");
    out.indented(() => {
      printViews(model, views, out);
      const inputs = [...model.inputNames].filter(([t]) => gpu.isOnDevice(t));
      if (inputs.length > 0) {
        out.line("inputs: {");
        out.indented(() => {
          for (const [t, key] of inputs) out.line(`${key}: ${views.place(gpu.place(t))},`, originOf(t));
        });
        out.line("},");
      }
      if (unit.shared.length === 0) return;
      out.line("shared: {");
      out.indented(() => {
        for (const [place, key] of gpu.sharedNames) out.line(`${key}: ${views.place(place)},`);
      });
      out.line("},");
    });
    out.line("};");
  });
}

/** The dimensions of creation that these depend on. */
export function dimsOfPlaces(gpu: GpuModel): string[] {
  const { model, unit } = gpu;
  const named = [model.parameters, model.gradients, model.states].flatMap((p) => [...p.places.keys()]);
  const inputs = model.inputsRead.flatMap((t) => [
    model.capacity(t),
    ...t.shape.map((e) => model.largest(e)),
  ]);
  const places = [...unit.program.places.values(), ...unit.shared].filter((p) => p.size !== p.buffer.size);
  const stretches = [...places, ...named.map((t) => gpu.place(t))].flatMap((p) => [p.from, p.size]);
  return gpu.dimsOf([...stretches, ...named.flatMap((t) => t.shape), ...inputs]);
}

class DeviceViews implements Views {
  constructor(private readonly gpu: GpuModel) {}

  get gradients(): string | undefined {
    const all = this.gpu.unit.program.buffers.find((b) => b.name === "gradients");
    if (all) this.gpu.model.module.helper("whole");
    return all && "whole(stored.gradients)";
  }

  has(tensor: Tensor): boolean {
    const { model } = this.gpu;
    const isTaken = model.forwardInputs.includes(tensor) || model.trainingInputs.includes(tensor);
    return tensor.role === "input" ? isTaken : this.gpu.isOnDevice(tensor);
  }

  view(tensor: Tensor): string {
    const { model } = this.gpu;
    if (tensor.role === "input")
      return `new ${arrayTypes[tensor.type]}(${model.locals.text(model.capacity(tensor))})`;
    const isNamed = [model.parameters, model.gradients, model.states].some((p) => p.places.has(tensor));
    const place = this.gpu.place(tensor);
    if (!isNamed) return this.place(place);
    for (const helper of ["deviceTensor", codecs[tensor.type]]) model.module.helper(helper);
    const shape = `[${tensor.shape.map((e) => model.locals.text(e)).join(", ")}]`;
    const stretch = [place.from, place.size].map((n) => this.gpu.bytes(n)).join(", ");
    return `deviceTensor(gpu, ${codecs[tensor.type]}, stored.${place.buffer.name}, ${stretch}, ${shape})`;
  }

  place({ buffer, from, size }: DevicePlace): string {
    const isWhole = size === buffer.size;
    this.gpu.model.module.helper(isWhole ? "whole" : "part");
    if (isWhole) return `whole(stored.${buffer.name})`;
    return `part(stored.${buffer.name}, ${this.gpu.bytes(from)}, ${this.gpu.bytes(size)})`;
  }
}
