/**
 * A schedule for a GPU: shaders, buffers, and which shader runs on what, in which order. The host (host.ts and what it
 * uses) prints it; tests run it as it is.
 */
import type { Context } from "../../ir/context.ts";
import type { Affine, Dim, Expr, Origin, ScalarType, Statement, Tensor } from "../../ir/types.ts";
import type { Kernel, Procedure, Schedule } from "../../ir/kernel.ts";
import type { Launch } from "../../ir/launch.ts";
import { DispatchTable } from "./dispatches.ts";
import { DeviceMemory } from "./memory.ts";
import { printShader } from "./shader.ts";

/**
 * A compute shader of a kernel. `@group(0)` holds the storage buffers of `bindings`, in order. `@group(1) @binding(0)` is a
 * uniform with what one call passes by value, 4 bytes each, in this order: the kernel's dimensions (i32), its scalars (as
 * their type says; u32 for a truth value), and for every buffer that shares a binding with others where it begins there, in
 * elements (i32), and what the host has computed of these scalars (f32, computed.ts). The entry point is `main`.
 */
export interface Shader {
  /** That of the kernel. */
  readonly name: string;
  readonly kernel: Kernel;
  readonly launch: Launch;
  readonly text: string;
  /** For each line of the text, what it comes from. */
  readonly lines: readonly (Origin | null)[];
  readonly bindings: readonly Binding[];
  /** How many workgroups there are in all, in terms of the kernel's dimensions: x and y of a dispatch multiply to at least that. */
  readonly groups: Affine;
  /** Invocations of a workgroup, and the bytes of memory that it has in common. */
  readonly workgroupSize: number;
  readonly workgroupBytes: number;
}

/** A storage buffer of a shader. Truth values are u32 there. */
export interface Binding {
  /** Which of the kernel's buffers it holds: one, or several of one type. */
  readonly buffers: readonly number[];
  readonly type: ScalarType;
  /** `read_write` where the kernel stores into it, or where a call passes another part of what is stored into. */
  readonly access: "read" | "read_write";
}

/** A buffer of the device. Sizes count elements of 4 bytes, in terms of dimensions that are bound at creation. */
export interface DeviceBuffer {
  readonly name: string;
  readonly size: Affine;
}

/**
 * Where tensors stand: a stretch of a buffer. It begins on a multiple of 64 elements, ends on one, and holds what else uses
 * the place at another time: a tensor may be shorter.
 */
export interface DevicePlace {
  readonly buffer: DeviceBuffer;
  readonly from: Affine;
  readonly size: Affine;
}

/** One dispatch. */
export interface Dispatch {
  readonly shader: Shader;
  /** For each buffer of the kernel: what it is passed. */
  readonly buffers: readonly Tensor[];
  /** For each binding of the shader. */
  readonly places: readonly DevicePlace[];
  /** For each buffer that shares a binding: where it begins there. */
  readonly offsets: readonly Affine[];
  /** For each dimension and scalar of the kernel. */
  readonly dims: readonly (Dim | number)[];
  readonly scalars: readonly Tensor[];
  /** Numbers that the host computes of scalars. */
  readonly computed: readonly Expr[];
  /** How many workgroups there are in all, in terms of the model's dimensions. */
  readonly groups: Affine;
  /** What it computes. */
  readonly statements: readonly Statement[];
}

export interface GpuProgram {
  readonly shaders: readonly Shader[];
  readonly buffers: readonly DeviceBuffer[];
  /** Of every tensor that a dispatch touches or that is a result; rows of tensors are places of their own. */
  readonly places: ReadonlyMap<Tensor, DevicePlace>;
  readonly procedures: ReadonlyMap<Procedure, readonly Dispatch[]>;
}

/** Prints the shader of a kernel; `others`: what the kernel computes besides what its own comment shows. */
export type PrintShader = (
  kernel: Kernel,
  launch: Launch,
  bindings: readonly Binding[],
  context: Pick<Context, "builder" | "sources">,
  others: readonly Statement[],
) => Shader;

export function gpuProgram(
  schedule: Schedule,
  context: Pick<Context, "builder" | "sources">,
  print: PrintShader = printShader,
): GpuProgram {
  const memory = new DeviceMemory(schedule, context.builder);
  const table = new DispatchTable(schedule, memory, context, print);
  const { initialise, forward, evaluate, backward, statistics, update } = schedule;
  const all = [forward, evaluate, backward, statistics, update, initialise];
  const procedures = new Map(all.map((procedure) => [procedure, table.dispatchesOf(procedure)]));
  return { shaders: table.shaders, buffers: memory.buffers, places: memory.places, procedures };
}
