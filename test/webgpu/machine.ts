/** A program for a GPU, run without the class around it: tensors are set and read where they stand in its buffers. */
import type {
  Binding,
  DeviceBuffer,
  DevicePlace,
  Dispatch,
  GpuProgram,
  Shader,
} from "../../src/codegen/webgpu/program.ts";
import { evaluateAffine, extentsOf } from "../../src/ir/interpreter.ts";
import type { Procedure } from "../../src/ir/kernel.ts";
import type { Affine, Dim, ScalarType, Tensor } from "../../src/ir/types.ts";
import { valueOf } from "./kernels.ts";

type Dims = ReadonlyMap<Dim, number>;
type Cells = Float32Array | Int32Array | Uint32Array;

const arrays = { f32: Float32Array, i32: Int32Array, bool: Uint32Array } as const;
/** What the parameters of a dispatch begin at a multiple of. */
const alignment = 256;
const mostGroupsInARow = 32768;

export class Machine {
  private constructor(
    private readonly device: GPUDevice,
    readonly program: GpuProgram,
    private readonly pipelines: ReadonlyMap<Shader, GPUComputePipeline>,
    private readonly buffers: ReadonlyMap<DeviceBuffer, GPUBuffer>,
    /** All dimensions, those of a call with any count that they may have. */
    private readonly dims: Dims,
  ) {}

  static async of(device: GPUDevice, program: GpuProgram, dims: Dims): Promise<Machine> {
    const pipelines = await Promise.all(
      program.shaders.map(async (s) => [s, await pipelineOf(device, s)] as const),
    );
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffers = program.buffers.map((b) => {
      const size = Math.max(4, 4 * evaluateAffine(b.size, dims));
      return [b, device.createBuffer({ label: b.name, size, usage })] as const;
    });
    return new Machine(device, program, new Map(pipelines), new Map(buffers), dims);
  }

  /** Fills every buffer with what no result has: numbers, integers, and truth values alike. */
  spoil(keep: readonly Tensor[] = []): void {
    const kept = new Set(keep.map((t) => this.placeOf(t).buffer));
    for (const [name, buffer] of this.buffers)
      if (!kept.has(name))
        this.device.queue.writeBuffer(buffer, 0, new Uint32Array(buffer.size / 4).fill(0x7149f2ca));
  }

  set(t: Tensor, values: ArrayLike<number>): void {
    const { buffer, from } = this.placeOf(t);
    const cells: Cells = arrays[t.type].from(values);
    this.device.queue.writeBuffer(
      this.buffers.get(buffer)!,
      4 * this.count(from),
      cells as Cells & ArrayBufferView<ArrayBuffer>,
    );
  }

  /** The cells of these tensors, with the dimensions of the latest call. */
  async get(tensors: readonly Tensor[], dims: Dims = this.dims): Promise<Map<Tensor, Cells>> {
    const parts = tensors.map((t) => ({ t, size: extentsOf(t, dims).reduce((n, e) => n * e, 1), at: 0 }));
    let end = 0;
    for (const part of parts) {
      part.at = end;
      end += part.size * 4;
    }
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const staging = this.device.createBuffer({ size: Math.max(4, end), usage });
    const encoder = this.device.createCommandEncoder();
    for (const { t, size, at } of parts) {
      const { buffer, from } = this.placeOf(t);
      encoder.copyBufferToBuffer(this.buffers.get(buffer)!, 4 * this.count(from), staging, at, 4 * size);
    }
    this.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const bytes = staging.getMappedRange().slice(0);
    staging.destroy();
    return new Map(parts.map(({ t, size, at }) => [t, new arrays[t.type](bytes, at, size)]));
  }

  /** All dispatches of a procedure in one pass. Mistakes of validation throw. */
  async run(procedure: Procedure, given: (scalar: Tensor) => number, dims: Dims = this.dims): Promise<void> {
    const dispatches = this.program.procedures.get(procedure) ?? [];
    if (dispatches.length === 0) return;
    this.device.pushErrorScope("validation");
    const uniform = this.uniform(dispatches, given, dims);
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    dispatches.forEach((d, i) => {
      const groups = evaluateAffine(d.groups, dims);
      const x = Math.min(groups, mostGroupsInARow);
      pass.setPipeline(this.pipelines.get(d.shader)!);
      pass.setBindGroup(0, this.storage(d));
      pass.setBindGroup(
        1,
        this.device.createBindGroup({
          layout: uniformLayout(this.device),
          entries: [{ binding: 0, resource: { buffer: uniform, size: alignment } }],
        }),
        [alignment * i],
      );
      pass.dispatchWorkgroups(x, Math.ceil(groups / x));
    });
    pass.end();
    this.device.queue.submit([encoder.finish()]);
    const failure = await this.device.popErrorScope();
    uniform.destroy();
    if (failure) throw new Error(`${procedure.name}: ${failure.message}`);
  }

  destroy(): void {
    for (const b of this.buffers.values()) b.destroy();
  }

  private placeOf(t: Tensor): DevicePlace {
    const place = this.program.places.get(t);
    if (!place) throw new Error(`\`${t.name}\` has no place on the device`);
    return place;
  }

  private count(size: Affine): number {
    return evaluateAffine(size, this.dims);
  }

  private storage({ shader, places }: Dispatch): GPUBindGroup {
    const entries = places.map(({ buffer, from, size }, binding) => ({
      binding,
      resource: {
        buffer: this.buffers.get(buffer)!,
        offset: 4 * this.count(from),
        size: Math.max(4, 4 * this.count(size)),
      },
    }));
    return this.device.createBindGroup({ layout: storageLayout(this.device, shader.bindings), entries });
  }

  /** The numbers that each dispatch is passed, one stretch after the other. */
  private uniform(dispatches: readonly Dispatch[], given: (scalar: Tensor) => number, dims: Dims): GPUBuffer {
    const bytes = new ArrayBuffer(alignment * dispatches.length);
    dispatches.forEach((d, i) => {
      const numbers: [ScalarType, number][] = [
        ...d.dims.map((dim): [ScalarType, number] => ["i32", typeof dim === "number" ? dim : dims.get(dim)!]),
        ...d.scalars.map((s): [ScalarType, number] => [s.type, given(s)]),
        ...d.offsets.map((o): [ScalarType, number] => ["i32", this.count(o)]),
        ...d.computed.map((e): [ScalarType, number] => ["f32", valueOf(e, given)]),
      ];
      if (numbers.length * 4 > alignment) throw new Error(`${d.shader.name} is passed too much`);
      numbers.forEach(([type, value], k) => (new arrays[type](bytes, alignment * i + 4 * k, 1)[0] = value));
    });
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    const buffer = this.device.createBuffer({ size: bytes.byteLength, usage });
    this.device.queue.writeBuffer(buffer, 0, bytes);
    return buffer;
  }
}

/** Layouts and pipelines by device and by what they are made of: equal shaders are compiled once. */
const made = new WeakMap<
  GPUDevice,
  { layouts: Map<string, GPUBindGroupLayout>; pipelines: Map<string, Promise<GPUComputePipeline>> }
>();

function madeBy(device: GPUDevice): {
  layouts: Map<string, GPUBindGroupLayout>;
  pipelines: Map<string, Promise<GPUComputePipeline>>;
} {
  if (!made.has(device)) made.set(device, { layouts: new Map(), pipelines: new Map() });
  return made.get(device)!;
}

function layoutOf(device: GPUDevice, types: readonly GPUBufferBindingLayout[]): GPUBindGroupLayout {
  const { layouts } = madeBy(device);
  const key = JSON.stringify(types);
  const visibility = GPUShaderStage.COMPUTE;
  const entries = types.map((buffer, binding) => ({ binding, visibility, buffer }));
  if (!layouts.has(key)) layouts.set(key, device.createBindGroupLayout({ entries }));
  return layouts.get(key)!;
}

const storageLayout = (device: GPUDevice, bindings: readonly Binding[]): GPUBindGroupLayout =>
  layoutOf(
    device,
    bindings.map((b) => ({ type: b.access === "read" ? "read-only-storage" : "storage" })),
  );

const uniformLayout = (device: GPUDevice): GPUBindGroupLayout =>
  layoutOf(device, [{ type: "uniform", hasDynamicOffset: true }]);

/** The pipeline of a shader; what is wrong with it is thrown with its text. */
function pipelineOf(device: GPUDevice, { name, text, bindings }: Shader): Promise<GPUComputePipeline> {
  const { pipelines } = madeBy(device);
  const key = `${bindings.map((b) => b.access)}\n${text}`;
  const compile = async (): Promise<GPUComputePipeline> => {
    const bindGroupLayouts = [storageLayout(device, bindings), uniformLayout(device)];
    const layout = device.createPipelineLayout({ bindGroupLayouts });
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ code: text });
    const failure = device.popErrorScope();
    const pipeline = device.createComputePipelineAsync({ layout, compute: { module, entryPoint: "main" } });
    // Both fail where the text is wrong; what is said of the text says more.
    const [message, result] = await Promise.allSettled([failure, pipeline]);
    if (message.status === "fulfilled" && message.value)
      throw new Error(`${name}: ${message.value.message}\n${text}`);
    if (result.status === "rejected") throw new Error(`${name}: ${String(result.reason)}\n${text}`);
    return result.value;
  };
  if (!pipelines.has(key)) pipelines.set(key, compile());
  return pipelines.get(key)!;
}
