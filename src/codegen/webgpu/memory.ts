/**
 * Which buffers a device has for a model, and where every tensor stands. Parameters, gradients and states are one buffer
 * each, so that whole families are copied and passed at once. Whatever else is computed has a buffer for each slot, since no
 * dispatch may write to one part of a buffer and bind another one as read-only. Every slot begins on a multiple of
 * 256 bytes, as bindings must (WebGPU, `minStorageBufferOffsetAlignment`).
 */
import type { Builder } from "../../ir/builder.ts";
import { bindingAlignment, mostBindings } from "../../ir/device.ts";
import type { Call, Procedure, Schedule } from "../../ir/kernel.ts";
import { rewriter } from "../../ir/rewrite.ts";
import type { Affine, Program, ScalarType, Tensor } from "../../ir/types.ts";
import { Names } from "../names.ts";
import type { DeviceBuffer, DevicePlace } from "./program.ts";

/** A buffer as it is filled: where each of its slots begins, and where the last one ends. */
interface Filled extends DeviceBuffer {
  size: Affine;
  readonly starts: Affine[];
}

/** Slots of one buffer that lie side by side. */
export interface Stretch {
  readonly buffer: DeviceBuffer;
  readonly first: number;
  readonly last: number;
}

/** What needs a place: a slot of the plan, or an input. */
interface Resident {
  readonly tensors: readonly Tensor[];
  readonly size: Affine;
  /** The buffer that it must stand in; without, it has one of its own. */
  readonly family: string | undefined;
}

const poolNames: Readonly<Record<ScalarType, string>> = {
  f32: "common",
  i32: "commonIntegers",
  bool: "commonFlags",
};

export class DeviceMemory {
  readonly places = new Map<Tensor, DevicePlace>();
  private readonly filled = new Map<string, Filled>();
  private readonly stretches = new Map<Tensor, Stretch>();
  private readonly made = new Map<DeviceBuffer, Map<string, DevicePlace>>();
  private readonly names = new Names();

  constructor(
    schedule: Schedule,
    private readonly builder: Builder,
  ) {
    const crowded = tensorsOfCrowdedCalls(schedule);
    for (const resident of this.residents(schedule)) this.place(resident, crowded);
    for (const { tensor, slots } of schedule.plan.rows) {
      const stretch = slots.map((slot) => this.stretchOf(slot.tensors[0]!)).reduce(together);
      if (slots.slice(0, -1).some(({ size }) => this.aligned(size) !== size))
        throw new Error(`the tensors of \`${tensor.name}\` do not lie side by side on the device`);
      this.stretches.set(tensor, stretch);
    }
    for (const [tensor, stretch] of this.stretches) this.places.set(tensor, this.placeOf(stretch));
  }

  get buffers(): readonly DeviceBuffer[] {
    return [...this.filled.values()];
  }

  stretchOf(tensor: Tensor): Stretch {
    const stretch = this.stretches.get(tensor);
    if (!stretch) throw new Error(`\`${tensor.name}\` has no place on the device`);
    return stretch;
  }

  /** One object for each place. */
  placeOf({ buffer, first, last }: Stretch): DevicePlace {
    const known = this.made.get(buffer) ?? new Map<string, DevicePlace>();
    this.made.set(buffer, known);
    const key = `${first} ${last}`;
    const { starts, size } = this.filled.get(buffer.name)!;
    const from = starts[first]!;
    const place = known.get(key) ?? {
      buffer,
      from,
      size: this.builder.minus(starts[last + 1] ?? size, from),
    };
    known.set(key, place);
    return place;
  }

  private residents({ plan, program, ...schedule }: Schedule): Resident[] {
    const slots = plan.slots.map(({ block, tensors, size }) => ({
      tensors,
      size,
      family: block === "values" ? undefined : block,
    }));
    const results = new Set(
      [...program.outputs, ...program.metrics].map((o) => o.tensor).concat(lossOf(program)),
    );
    const touched = new Set(proceduresOf(schedule).flatMap((p) => p.calls.flatMap(tensorsOfCall)));
    const inputs = program.inputs
      .filter((t) => touched.has(t) || results.has(t))
      .map((t) => ({ tensors: [t], size: this.capacity(t), family: undefined }));
    return [...slots, ...inputs];
  }

  private place({ tensors, size, family }: Resident, crowded: ReadonlySet<Tensor>): void {
    const [tensor] = tensors;
    const pool = tensors.some((t) => crowded.has(t)) ? poolNames[tensor!.type] : undefined;
    const buffer = this.buffer(family ?? pool, tensor!);
    buffer.starts.push(buffer.size);
    buffer.size = this.builder.plus(buffer.size, this.aligned(size));
    const slot = buffer.starts.length - 1;
    for (const t of tensors) this.stretches.set(t, { buffer, first: slot, last: slot });
  }

  private buffer(shared: string | undefined, tensor: Tensor): Filled {
    const known = shared === undefined ? undefined : this.filled.get(shared);
    if (known) return known;
    const name = this.names.fresh(shared ?? tensor.name.replaceAll(".", "_"));
    const buffer = { name, size: this.builder.integer(0), starts: [] };
    this.filled.set(name, buffer);
    return buffer;
  }

  /** At least so many elements, and a whole number of places that a binding can begin at. */
  private aligned(size: Affine): Affine {
    const b = this.builder;
    return b.times(b.floorDivide(b.plus(size, bindingAlignment - 1), bindingAlignment), bindingAlignment);
  }

  private capacity(tensor: Tensor): Affine {
    const b = this.builder;
    const most = rewriter(b, {
      atom: (a) => (a.kind === "dim" && a.varies === "call" ? b.integer(a.maximum) : undefined),
    });
    return tensor.shape.reduce<Affine>((n, e) => b.times(n, most(e) as Affine), b.integer(1));
  }
}

/** What these stretches of one buffer span. */
export function together(a: Stretch, z: Stretch): Stretch {
  if (a.buffer !== z.buffer) throw new Error(`\`${a.buffer.name}\` and \`${z.buffer.name}\` are two buffers`);
  return { buffer: a.buffer, first: Math.min(a.first, z.first), last: Math.max(a.last, z.last) };
}

export const overlap = (a: Stretch, z: Stretch): boolean =>
  a.buffer === z.buffer && a.first <= z.last && z.first <= a.last;

/** What calls are passed that have more buffers than a dispatch may bind: it shares one, for several to be bound as one. */
function tensorsOfCrowdedCalls(schedule: Schedule): Set<Tensor> {
  const calls = proceduresOf(schedule).flatMap((p) => p.calls);
  return new Set(
    calls.flatMap((c) => (c.kind === "call" && c.buffers.length > mostBindings ? c.buffers : [])),
  );
}

type Procedures = Pick<
  Schedule,
  "initialise" | "forward" | "evaluate" | "backward" | "statistics" | "update"
>;

function proceduresOf({
  initialise,
  forward,
  evaluate,
  backward,
  statistics,
  update,
}: Procedures): Procedure[] {
  return [initialise, forward, evaluate, backward, statistics, update];
}

const tensorsOfCall = (call: Call): readonly Tensor[] =>
  call.kind === "call" ? call.buffers : [call.tensor];

const lossOf = ({ loss }: Program): Tensor[] => (loss ? [loss] : []);
