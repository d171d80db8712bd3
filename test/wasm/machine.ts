/** A schedule, run as WebAssembly without the class around it: tensors are set and read where they stand in memory. */
import { otherUses } from "../../src/codegen/kernel-sections.ts";
import { sizeOfElement } from "../../src/codegen/wasm/addresses.ts";
import { assemble } from "../../src/codegen/wasm/assemble.ts";
import type { WasmProgram } from "../../src/codegen/wasm/program.ts";
import { printProgram } from "../../src/codegen/wasm/program.ts";
import type { Context } from "../../src/ir/context.ts";
import { extentsOf } from "../../src/ir/interpreter.ts";
import type { Kernel, KernelStatement, Procedure, Schedule } from "../../src/ir/kernel.ts";
import { execute, Memory } from "../../src/ir/kernel-interpreter.ts";
import type { Dim, Statement, Tensor } from "../../src/ir/types.ts";
import { schedule } from "../../src/passes/schedule.ts";
import type { Scene } from "../schedule/build.ts";
import { numbers, sizeOf } from "../schedule/build.ts";

type Exports = Record<string, (...numbers: number[]) => void>;
interface LinearMemory {
  readonly buffer: ArrayBuffer;
}
const platform = globalThis as unknown as {
  WebAssembly: {
    Module: new (bytes: Uint8Array) => object;
    Instance: new (module: object, imports: object) => { exports: Exports };
    Memory: new (size: { initial: number; maximum: number }) => LinearMemory;
  };
};

type Dims = ReadonlyMap<Dim, number>;

export class Machine {
  private constructor(
    readonly program: WasmProgram,
    private readonly exports: Exports,
    private readonly memory: LinearMemory,
    private readonly dims: Dims,
  ) {}

  static async of(made: Schedule, context: Context, dims: Dims): Promise<Machine> {
    const program = printProgram(made, otherUses(made), context);
    const { Module, Instance, Memory } = platform.WebAssembly;
    const { pages } = program.layout;
    const memory = new Memory({ initial: pages, maximum: pages });
    const { exports } = new Instance(new Module(await assemble(program.text, "test.wat")), {
      host: { memory },
    });
    return new Machine(program, exports, memory, dims);
  }

  /** The cells of a tensor, as a view. */
  cells(t: Tensor): Float32Array | Int32Array | Uint8Array {
    const size = extentsOf(t, this.dims).reduce((n, e) => n * e, 1);
    const type = { f32: Float32Array, i32: Int32Array, bool: Uint8Array }[t.type];
    return new type(this.memory.buffer, this.program.layout.addresses.get(t)!, size);
  }

  run(procedure: Procedure, given: (scalar: Tensor) => number): void {
    const entry = this.program.entries.get(procedure);
    if (!entry) return;
    const dims = entry.dims.map((d) => this.dims.get(d)!);
    this.exports[entry.name]!(...entry.scalars.map(given), ...dims);
  }
}

/** Where every tensor begins and ends. */
export function placesOf(
  { layout }: WasmProgram,
  dims: Dims,
): readonly { readonly tensor: Tensor; readonly from: number; readonly to: number }[] {
  return [...layout.addresses].map(([tensor, from]) => {
    const size = extentsOf(tensor, dims).reduce((n, e) => n * e, 1);
    return { tensor, from, to: from + size * sizeOfElement(tensor) };
  });
}

/** One kernel by hand, as the `backward` of a schedule: the tensors of the scene that are no inputs have a slot each. */
export function kernelOf(
  scene: Scene,
  body: readonly KernelStatement[],
  dims: readonly Dim[] = [],
): Schedule {
  const graphs = scene.graphs([]);
  const made = schedule(graphs, 0, scene.context);
  const statement = { kind: "reshape", origin: { span: { file: "", start: 0, end: 0 }, name: "by hand" } };
  const statements = [{ ...statement, id: 0, tensor: scene.tensors[0]!, source: scene.tensors[0]! }];
  const scalars = scene.withRole("hyper");
  const buffers = scene.tensors.filter((t) => t.role !== "hyper");
  const kernel: Kernel = {
    name: "by_hand",
    buffers: buffers.map((tensor) => ({ tensor, access: "both" })),
    scalars,
    dims,
    body,
    statements: statements as unknown as Statement[],
  };
  const call = { kind: "call", kernel, buffers, scalars, dims, statements: kernel.statements } as const;
  const slots = scene.withRole("definition").map((t) => ({
    block: "values" as const,
    type: t.type,
    size: t.shape.reduce((n, e) => scene.b.times(n, e), scene.b.integer(1)),
    tensors: [t],
  }));
  return {
    ...made,
    kernels: [kernel],
    backward: { name: "backward", calls: [call] },
    plan: { slots, rows: [] },
  };
}

/**
 * What differs between a procedure in WebAssembly and in the interpreter of kernels, in every tensor that is given or
 * has a place. Memory starts with numbers that no result has.
 */
export async function differences(
  scene: Scene,
  made: Schedule,
  options: {
    readonly dims?: Dims;
    readonly given?: ReadonlyMap<Tensor, readonly number[]>;
    readonly checked?: readonly Tensor[];
    readonly tolerance?: number;
  } = {},
): Promise<string[]> {
  const { dims = new Map(), given = new Map(), checked, tolerance = 2e-6 } = options;
  const machine = await Machine.of(made, scene.context, dims);
  const memory = new Memory(made, dims, 77);
  for (const t of scene.tensors) {
    const known = given.get(t) as readonly number[] | undefined;
    const isGiven = known !== undefined || (t.role !== "definition" && t.role !== "adjoint");
    const values = known ?? numbers(sizeOf(t, dims), t.below?.constant);
    if (isGiven) memory.set(t, values);
    if (!machine.program.layout.addresses.has(t)) continue;
    if (isGiven) machine.cells(t).set(values);
    else machine.cells(t).fill(77);
  }
  machine.run(made.backward, (scalar) => memory.get(scalar)[0]!);
  execute(made.backward, memory);
  const found: string[] = [];
  for (const t of checked ?? scene.tensors) {
    if (!machine.program.layout.addresses.has(t)) continue;
    const expected = memory.get(t);
    machine.cells(t).forEach((value, i) => {
      const wanted = t.type === "f32" ? Math.fround(expected[i]!) : expected[i]!;
      const same = Object.is(value, wanted) || value === wanted;
      if (!same && !(Math.abs(value - wanted) <= tolerance * (1 + Math.abs(wanted))))
        found.push(`${t.name}[${i}] is ${value}, not ${wanted}`);
    });
  }
  return found;
}
