/** The function that takes all memory of a model, and names the stretches of it. */
import type { Block } from "../ir/kernel.ts";
import type { Affine, Origin, ScalarType, Tensor } from "../ir/types.ts";
import { printSize } from "./addresses.ts";
import type { Model } from "./model.ts";
import type { PathTree } from "./names.ts";
import { arrayTypes } from "./scope.ts";
import type { TextBuilder } from "./text.ts";

const suffixes: Readonly<Record<ScalarType, string>> = { f32: "", i32: "Integers", bool: "Flags" };

/** One typed array: a block, or the part of it with another type. */
interface Storage {
  readonly name: string;
  readonly type: ScalarType;
  size: Affine;
}

/** The arrays that stand for tensors, as code. */
export interface Views {
  has(tensor: Tensor): boolean;
  view(tensor: Tensor): string;
  /** All gradients, where there are any. */
  readonly gradients: string | undefined;
}

/** A stretch of a storage. */
interface View {
  readonly storage: Storage;
  readonly from: Affine;
  readonly to: Affine;
}

class Layout implements Views {
  readonly storages = new Map<string, Storage>();
  readonly views = new Map<Tensor, View>();
  /** Where each view begins, counted from the end of the one before it, where that is how they are written. */
  private readonly skips = new Map<Tensor, Affine>();

  constructor(readonly model: Model) {
    const b = model.builder;
    for (const slot of model.schedule.plan.slots) {
      const storage = this.storage(slot.block, slot.type);
      const from = storage.size;
      for (const t of slot.tensors) this.views.set(t, { storage, from, to: b.plus(from, model.capacity(t)) });
      storage.size = b.plus(from, slot.size);
    }
    for (const { tensor, slots } of model.schedule.plan.rows) {
      const { storage, from } = this.views.get(slots[0]!.tensors[0]!)!;
      this.views.set(tensor, { storage, from, to: b.plus(from, model.capacity(tensor)) });
    }
    // Inputs that have to be copied stand in the same array as values: what is already there is never used in place.
    for (const t of new Set([...model.forwardInputs, ...model.trainingInputs])) {
      const storage = this.storage("values", t.type);
      const from = storage.size;
      storage.size = b.plus(from, model.capacity(t));
      this.views.set(t, { storage, from, to: storage.size });
    }
    if (model.schedule.level === 2) this.chain();
  }

  /** So equal layers are equal texts, which compress to almost nothing: no view says where it stands. */
  private chain(): void {
    const { model } = this;
    const b = model.builder;
    const trees = model.hasLoss
      ? [model.parameters.tree, model.gradients.tree, model.states.tree]
      : [model.parameters.tree, model.states.tree];
    const inputs = [...model.inputNames.keys()].filter((t) => this.has(t));
    const ends = new Map<Storage, Affine>();
    for (const t of [...trees.flatMap(leavesOf), ...model.valueNames.keys(), ...inputs]) {
      const { storage, from, to } = this.views.get(t)!;
      this.skips.set(t, b.minus(from, ends.get(storage) ?? b.integer(0)));
      ends.set(storage, to);
    }
  }

  /** The arrays whose views follow each other. */
  get chained(): Set<Storage> {
    return new Set([...this.skips.keys()].map((t) => this.views.get(t)!.storage));
  }

  private storage(block: Block, type: ScalarType): Storage {
    const name = block + suffixes[type];
    const known = this.storages.get(name);
    if (known) return known;
    const fresh = { name, type, size: this.model.builder.integer(0) };
    this.storages.set(name, fresh);
    return fresh;
  }

  get gradients(): string | undefined {
    return this.storages.has("gradients") ? "gradients" : undefined;
  }

  has(tensor: Tensor): boolean {
    return this.views.has(tensor);
  }

  view(tensor: Tensor): string {
    const view = this.views.get(tensor);
    if (!view) throw new Error(`\`${tensor.name}\` has no place in memory`);
    const text = (e: Affine): string => this.model.locals.text(e);
    const skip = this.skips.get(tensor);
    if (skip) {
      const length = text(this.model.capacity(tensor));
      const isNext = this.model.builder.constantOf(skip) === 0;
      return `${nextOf(view.storage)}(${length}${isNext ? "" : `, ${text(skip)}`})`;
    }
    return `${view.storage.name}.subarray(${text(view.from)}, ${text(view.to)})`;
  }
}

/** What gives the stretches of an array. */
const nextOf = ({ name }: Storage): string => `next${name[0]!.toUpperCase()}${name.slice(1)}`;

/** The tensors of a tree in the order in which it is printed. */
function leavesOf({ leaves, groups }: PathTree<Tensor>): Tensor[] {
  return [...leaves.values(), ...[...groups.values()].flatMap(leavesOf)];
}

/** Takes stretches of an array, for modules that say no place twice. */
export const stretches = `/** Gives one stretch of an array after the other, each so many cells behind the end of the one before. */
function stretches«<A extends { subarray(from: number, to: number): A }>»(all«: A») {
  let end = 0;
  return (length«: number», skipped = 0)«: A» => {
    const from = end + skipped;
    end = from + length;
    return all.subarray(from, end);
  };
}`;

export function printAllocation(model: Model, out: TextBuilder): void {
  const layout = new Layout(model);
  const dims = model.createDims.map((d) => `${model.dimNames.get(d)!}«: number»`);
  out.doc([
    `Takes all the memory of a model: one array for each kind of thing, and a view of it for each tensor.`,
    "Values share places where their lives do not overlap.",
  ]);
  out.braces(`function ${model.allocateName}(${dims.join(", ")})`, () => {
    for (const { name, type, size } of layout.storages.values()) {
      out.line(`const ${name} = new ${arrayTypes[type]}(${model.locals.text(size)});`);
    }
    for (const storage of layout.chained) {
      model.module.helper("stretches");
      out.line(`const ${nextOf(storage)} = stretches(${storage.name});`);
    }
    out.line("return {");
    out.indented(() => printViews(model, layout, out));
    out.line("};");
  });
}

/** The properties of the memory: trees of arrays, by the names of the source. */
export function printViews(model: Model, layout: Views, out: TextBuilder): void {
  const inline = (node: PathTree<Tensor>): string => {
    const leaves = [...node.leaves].map(([key, tensor]) => `${key}: ${layout.view(tensor)}`);
    const groups = [...node.groups].map(([key, group]) => `${key}: ${inline(group)}`);
    const all = [...leaves, ...groups];
    return all.length === 0 ? "{}" : `{ ${all.join(", ")} }`;
  };
  const tree = (name: string, node: PathTree<Tensor>): void => {
    const whole = `${name}: ${inline(node)},`;
    if (out.fits(whole)) return out.line(whole, originWithin(node));
    out.line(`${name}: {`);
    out.indented(() => {
      for (const [key, tensor] of node.leaves) out.line(`${key}: ${layout.view(tensor)},`, originOf(tensor));
      for (const [key, group] of node.groups) tree(key, group);
    });
    out.line("},");
  };
  tree("parameters", model.parameters.tree);
  if (model.hasLoss) tree("gradients", model.gradients.tree);
  if (model.hasLoss && layout.gradients !== undefined) out.line(`allGradients: ${layout.gradients},`);
  tree("states", model.states.tree);
  const flat = (name: string, entries: ReadonlyMap<Tensor, string>, value: (t: Tensor) => string): void => {
    if (entries.size === 0) return;
    out.line(`${name}: {`);
    out.indented(() => {
      for (const [tensor, key] of entries) out.line(`${key}: ${value(tensor)},`, originOf(tensor));
    });
    out.line("},");
  };
  if (!model.wasm) flat("rows", model.rowNames, (t) => layout.view(t));
  flat("values", model.valueNames, (t) => layout.view(t));
  const inputs = new Map([...model.inputNames].filter(([t]) => layout.has(t)));
  flat("buffers", inputs, (t) => layout.view(t));
  const nested = new Map([...inputs].filter(([t]) => t.shape.length > 0));
  flat("inner", nested, (t) => {
    const extents = t.shape.slice(1).map((e) => model.locals.text(model.largest(e)));
    return `[${extents.join(", ")}]${extents.length === 0 ? "« as number[]»" : ""}`;
  });
}

/** Where the first tensor of a tree comes from. */
export function originWithin({ leaves, groups }: PathTree<Tensor>): Origin | null {
  for (const tensor of leaves.values()) return originOf(tensor);
  for (const group of groups.values()) return originWithin(group);
  return null;
}

export function originOf(tensor: Tensor): { span: Tensor["span"]; name: string } {
  return { span: tensor.span, name: tensor.name };
}

/** How many values a tensor has with the dimensions of this call. */
export function sizeText(model: Model, shape: readonly Affine[]): string {
  return printSize(shape, model.locals).text;
}
