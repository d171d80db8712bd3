/** One kernel on a GPU and in the interpreter: the same cells. */
import type { Context } from "../../src/ir/context.ts";
import { printShader } from "../../src/codegen/webgpu/shader.ts";
import type { Binding, Shader } from "../../src/codegen/webgpu/program.ts";
import { evaluateAffine, extentsOf } from "../../src/ir/interpreter-expressions.ts";
import { execute, Memory } from "../../src/ir/kernel-interpreter.ts";
import type { Call, Kernel, KernelStatement, Schedule } from "../../src/ir/kernel.ts";
import type { CellsLaunch, Launch } from "../../src/ir/launch.ts";
import { atoms } from "../../src/ir/atoms.ts";
import { computedIn } from "../../src/codegen/webgpu/computed.ts";
import type { Dim, Expr, Index, ScalarType, Tensor } from "../../src/ir/types.ts";

export type Numbers = readonly number[] | Float32Array;
/** Values of buffers and scalars, by tensor. */
export type Values = ReadonlyMap<Tensor, Numbers>;

/** A binding for each buffer; where these are too many, one for all of a type. */
export function bindingsOf({ buffers }: Kernel): Binding[] {
  if (buffers.length <= 8)
    return buffers.map(({ tensor, access }, n) => ({
      buffers: [n],
      type: tensor.type,
      access: access === "read" ? "read" : "read_write",
    }));
  const types = [...new Set(buffers.map((b) => b.tensor.type))];
  return types.map((type) => {
    const own = buffers.flatMap((b, n) => (b.tensor.type === type ? [n] : []));
    return { buffers: own, type, access: "read_write" };
  });
}

/** The outer loops of independent turns, where the kernel is a nest. */
export function cellsOf(kernel: Kernel, size = 64): CellsLaunch | undefined {
  const loops: Index[] = [];
  let block: readonly KernelStatement[] = kernel.body;
  for (;;) {
    const inner = block.filter((s) => s.kind === "loop" && s.role === "map");
    const [only] = inner;
    if (only?.kind !== "loop" || inner.length > 1) break;
    if (block.some((s) => s !== only && s.kind !== "let")) break;
    loops.push(only.index);
    block = only.body;
  }
  if (block === kernel.body && kernel.body.some((s) => s.kind === "loop")) return undefined;
  return { kind: "cells", loops, size };
}

/** The cells of every buffer after one dispatch. */
export async function runShader(
  gpu: GPUDevice,
  shader: Shader,
  values: Values,
  dims: ReadonlyMap<Dim, number>,
): Promise<Map<Tensor, Float64Array>> {
  const { kernel } = shader;
  const buffers = shader.bindings.map(({ buffers: held }) =>
    bufferOf(
      gpu,
      held.map((n) => kernel.buffers[n]!.tensor),
      values,
      dims,
    ),
  );
  const storage = gpu.createBindGroupLayout({
    entries: shader.bindings.map(({ access }, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: access === "read" ? "read-only-storage" : "storage" },
    })),
  });
  const uniform = gpu.createBindGroupLayout({
    entries: [{ binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: "uniform" } }],
  });
  const module = gpu.createShaderModule({ code: shader.text });
  const { messages } = await module.getCompilationInfo();
  const mistakes = messages.filter((m) => m.type === "error");
  if (mistakes.length > 0)
    throw new Error(`${mistakes.map((m) => `${m.lineNum}: ${m.message}`).join("\n")}\n${shader.text}`);
  const pipeline = await gpu.createComputePipelineAsync({
    layout: gpu.createPipelineLayout({ bindGroupLayouts: [storage, uniform] }),
    compute: { module, entryPoint: "main" },
  });
  const bind = (layout: GPUBindGroupLayout, list: readonly GPUBuffer[]): GPUBindGroup =>
    gpu.createBindGroup({
      layout,
      entries: list.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
  const encoder = gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bind(storage, buffers));
  pass.setBindGroup(1, bind(uniform, [uniformOf(gpu, shader, values, dims)]));
  const groups = evaluateAffine(shader.groups, dims);
  const width = Math.min(groups, 7);
  pass.dispatchWorkgroups(width, Math.ceil(groups / width));
  pass.end();
  const copies = buffers.map((buffer) => {
    const copy = gpu.createBuffer({
      size: buffer.size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    encoder.copyBufferToBuffer(buffer, 0, copy, 0, buffer.size);
    return copy;
  });
  gpu.queue.submit([encoder.finish()]);
  const results = new Map<Tensor, Float64Array>();
  for (const [n, binding] of shader.bindings.entries()) {
    await copies[n]!.mapAsync(GPUMapMode.READ);
    const bytes = copies[n]!.getMappedRange().slice(0);
    let from = 0;
    for (const held of binding.buffers) {
      const { tensor } = kernel.buffers[held]!;
      const all = tensor.type === "f32" ? new Float32Array(bytes) : new Int32Array(bytes);
      results.set(tensor, Float64Array.from(all.subarray(from, from + sizeOf(tensor, dims))));
      from += padded(sizeOf(tensor, dims));
    }
  }
  for (const buffer of [...buffers, ...copies]) buffer.destroy();
  return results;
}

/** What the interpreter makes of the same values. */
export function runKernel(
  kernel: Kernel,
  values: Values,
  dims: ReadonlyMap<Dim, number>,
): Map<Tensor, Float64Array> {
  const memory = new Memory({ plan: { slots: [], rows: [] } } as unknown as Schedule, dims);
  for (const { tensor } of kernel.buffers) memory.set(tensor, Array.from(rounded(tensor, values, dims)));
  for (const tensor of kernel.scalars) memory.set(tensor, [...values.get(tensor)!]);
  const buffers = kernel.buffers.map((x) => x.tensor);
  const call: Call = {
    kind: "call",
    kernel,
    buffers,
    scalars: kernel.scalars,
    dims: kernel.dims,
    statements: [],
  };
  execute({ name: kernel.name, calls: [call] }, memory);
  return new Map(buffers.map((t) => [t, memory.get(t)]));
}

export const shaderOf = (kernel: Kernel, launch: Launch, context: Context): Shader =>
  printShader(kernel, launch, bindingsOf(kernel), context);

const padded = (n: number): number => Math.ceil(n / 64) * 64;
const sizeOf = (t: Tensor, dims: ReadonlyMap<Dim, number>): number =>
  extentsOf(t, dims).reduce((n, e) => n * e, 1);

function rounded(t: Tensor, values: Values, dims: ReadonlyMap<Dim, number>): Float32Array {
  const all = new Float32Array(sizeOf(t, dims));
  all.set(values.get(t) ?? []);
  return all;
}

const arrayOf = (type: ScalarType, numbers: Numbers): Float32Array | Int32Array =>
  type === "f32" ? Float32Array.from(numbers) : Int32Array.from(numbers);

function bufferOf(
  gpu: GPUDevice,
  tensors: readonly Tensor[],
  values: Values,
  dims: ReadonlyMap<Dim, number>,
): GPUBuffer {
  const size = tensors.reduce((n, t) => n + padded(sizeOf(t, dims)), 0) * 4;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC;
  const buffer = gpu.createBuffer({ size, usage, mappedAtCreation: true });
  const bytes = buffer.getMappedRange();
  let from = 0;
  for (const t of tensors) {
    const own = arrayOf(t.type, rounded(t, values, dims));
    new Uint8Array(bytes).set(new Uint8Array(own.buffer), from * 4);
    from += padded(own.length);
  }
  buffer.unmap();
  return buffer;
}

function uniformOf(
  gpu: GPUDevice,
  { kernel, bindings }: Shader,
  values: Values,
  dims: ReadonlyMap<Dim, number>,
): GPUBuffer {
  const buffer = gpu.createBuffer({ size: 256, usage: GPUBufferUsage.UNIFORM, mappedAtCreation: true });
  const view = new DataView(buffer.getMappedRange());
  let at = 0;
  const integer = (n: number): void => view.setInt32(4 * at++, n, true);
  for (const d of kernel.dims) integer(dims.get(d)!);
  for (const t of kernel.scalars) {
    const [value = 0] = values.get(t) ?? [];
    if (t.type === "f32") view.setFloat32(4 * at++, value, true);
    else integer(value);
  }
  for (const { buffers } of bindings.filter((b) => b.buffers.length > 1)) {
    let from = 0;
    for (const n of buffers) {
      integer(from);
      from += padded(sizeOf(kernel.buffers[n]!.tensor, dims));
    }
  }
  const named = new Map<Expr, Expr>(
    kernel.body.flatMap((l) => (l.kind === "let" ? [[l.local, l.value]] : [])),
  );
  for (const { value } of computedIn(kernel))
    view.setFloat32(
      4 * at++,
      valueOf(value, (t) => values.get(t)?.[0] ?? 0, named),
      true,
    );
  buffer.unmap();
  return buffer;
}

/** What an expression of scalars comes to; `named`: what its locals stand for. */
export function valueOf(
  e: Expr,
  given: (scalar: Tensor) => number,
  named: ReadonlyMap<Expr, Expr> = new Map(),
): number {
  const value = (x: Expr): number => valueOf(x, given, named);
  switch (e.kind) {
    case "constant":
      return e.value;
    case "read":
      return given(e.tensor);
    case "local":
      return value(named.get(e)!);
    case "apply":
      return atoms[e.atom].evaluate(...e.args.map(value));
    case "affine":
      return e.terms.reduce((sum, { atom, factor }) => {
        if (atom.kind !== "opaque") throw new Error(`a scalar depends on ${atom.kind}`);
        return sum + factor * value(atom.value);
      }, e.constant);
    default:
      throw new Error(`a scalar is computed by ${e.kind}`);
  }
}

/** Numbers for all that a kernel is passed: none of them special. */
export function sampleOf(kernel: Kernel, dims: ReadonlyMap<Dim, number>): Map<Tensor, number[]> {
  let n = 0;
  const number = (t: Tensor): number => {
    n++;
    if (t.type === "f32") return t.role === "hyper" ? (t.value ?? 0.5) : 0.5 + Math.abs(Math.sin(n * 1.7));
    return n % (t.type === "bool" ? 2 : t.below ? sizeOf({ ...t, shape: [t.below] }, dims) : 3);
  };
  const tensors = [...kernel.buffers.map((x) => x.tensor), ...kernel.scalars];
  return new Map(tensors.map((t) => [t, Array.from({ length: sizeOf(t, dims) }, () => number(t))]));
}
