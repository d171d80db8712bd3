/** What the printers of a class for a GPU share beside its `Model`: names, and where tensors stand as methods reach them. */
import type { Procedure } from "../../ir/kernel.ts";
import type { Affine, ScalarType, Tensor } from "../../ir/types.ts";
import type { Model } from "../model.ts";
import { dimsIn } from "../entries.ts";
import { sizeText } from "../memory.ts";
import { Names } from "../names.ts";
import type { TextBuilder } from "../text.ts";
import type { DevicePlace, Shader } from "./program.ts";
import type { GpuUnit } from "./unit.ts";

export const codecs: Readonly<Record<ScalarType, string>> = { f32: "floats", i32: "integers", bool: "flags" };

export class GpuModel {
  readonly shaderNames: ReadonlyMap<Shader, string>;
  /** Places of several tensors that are bound as one, by the property that holds them. */
  readonly sharedNames: ReadonlyMap<DevicePlace, string>;
  /** All shaders; what the model needs of a device; where its tensors stand there. */
  readonly shadersName: string;
  readonly needsName: string;
  readonly placeName: string;

  constructor(
    readonly model: Model,
    readonly unit: GpuUnit,
  ) {
    const { globals } = model.module;
    this.shadersName = globals.fresh(`shadersOf${model.className}`);
    this.needsName = globals.fresh(`needsOf${model.className}`);
    this.placeName = globals.fresh(`place${model.className}`);
    this.shaderNames = new Map(unit.program.shaders.map((s) => [s, globals.fresh(s.name)]));
    const shared = new Names();
    this.sharedNames = new Map(unit.shared.map((place) => [place, shared.fresh(place.buffer.name)]));
  }

  /** A size or place of the device in bytes, as code. */
  bytes(elements: Affine): string {
    return this.model.locals.text(this.model.builder.times(elements, 4));
  }

  place(tensor: Tensor): DevicePlace {
    const place = this.unit.program.places.get(tensor);
    if (!place) throw new Error(`\`${tensor.name}\` has no place on the device`);
    return place;
  }

  /** Inputs that the device is given. */
  isOnDevice(tensor: Tensor): boolean {
    return this.unit.program.places.has(tensor);
  }

  /** Whether a procedure is passed numbers that may be changed between steps. */
  usesHypers(procedure: Procedure): boolean {
    const dispatches = this.unit.program.procedures.get(procedure)!;
    return dispatches.some((d) => d.scalars.some((t) => this.model.hypers.places.has(t)));
  }

  /** The line that takes these numbers as they are when a method is called, which may have to wait until it is done. */
  printHypers(procedures: readonly Procedure[], out: TextBuilder): void {
    if (procedures.some((p) => this.usesHypers(p))) out.line("const hyper = structuredClone(this.hyper);");
  }

  /** What the method that records a procedure is passed. */
  passed(procedure: Procedure, counts: readonly string[]): string {
    return ["submission", ...(this.usesHypers(procedure) ? ["hyper"] : []), ...counts].join(", ");
  }

  /** The loss and the metrics, which every training pass leaves. */
  get results(): readonly Tensor[] {
    const { program, metrics } = this.model;
    return [...(program.loss ? [program.loss] : []), ...metrics.map((m) => m.tensor)];
  }

  /** Whether they are still there when statistics and updates have run: what these change may be a result itself. */
  get resultsLast(): boolean {
    return this.results.every((t) => this.model.blocks.get(t) === "values" || t.role === "input");
  }

  /** Names for the places of results, in a method: of each, as much as it has with the dimensions of this call. */
  printResultPlaces(results: readonly Tensor[], out: TextBuilder): void {
    const { model } = this;
    model.module.helper("first");
    const groups = new Set(results.map((t) => model.reference(t).replace(/[.[].*$/s, "")));
    out.line(`const { ${[...groups].join(", ")} } = this.#memory;`);
    const mentioned = dimsIn(results.flatMap((t) => t.shape));
    for (const [dim, local] of model.dimNames)
      if (mentioned.has(dim)) out.line(`const ${local} = this.#${local};`);
    const places = results.map((t) => `first(${sizeText(model, t.shape)}, ${model.reference(t)})`);
    out.line(`const places = [${places.join(", ")}];`);
  }

  /** A result as the caller gets it, from the bytes that were read. */
  decoded(tensor: Tensor, n: number): string {
    this.model.module.helper(codecs[tensor.type]);
    return `${codecs[tensor.type]}.decode(results[${n}])${tensor.shape.length === 0 ? "[0]" : ""}`;
  }

  /** The dimensions of creation that these mention, by name. */
  dimsOf(mentioning: readonly Affine[]): string[] {
    const mentioned = dimsIn(mentioning);
    const { createDims, dimNames } = this.model;
    return createDims.filter((d) => mentioned.has(d)).map((d) => dimNames.get(d)!);
  }

  /** All dimensions of creation, by name. */
  get dims(): string[] {
    return this.model.createDims.map((d) => this.model.dimNames.get(d)!);
  }
}

/** Parameters of a function. */
export const numbered = (names: readonly string[]): string[] => names.map((name) => `${name}«: number»`);
