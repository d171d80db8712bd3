/** What the printers of one model's class share: its names, its dimensions, and how its tensors are reached. */
import type { Builder } from "../ir/builder.ts";
import type { Context } from "../ir/context.ts";
import type { Block, Kernel, Procedure, Schedule } from "../ir/kernel.ts";
import { rewriter } from "../ir/rewrite.ts";
import type { Affine, Dim, Output, Program, Tensor } from "../ir/types.ts";
import { dimsIn, dimsOf, dimsOfCall, inputsFor } from "./entries.ts";
import { ExpressionPrinter } from "./expressions.ts";
import type { TypeRole } from "./exports.ts";
import type { Paths } from "./names.ts";
import { access, Names, pathTree, propertyNames } from "./names.ts";
import { countsOf } from "./procedures.ts";
import type { ModuleScope } from "./scope.ts";
import type { WasmUnit } from "./wasm/unit.ts";
import { gpuLocals } from "./webgpu/helpers.ts";
import type { GpuUnit } from "./webgpu/unit.ts";

/** A named result of `forward` or `evaluate`, or a metric. */
export interface Result {
  readonly key: string;
  readonly tensor: Tensor;
  readonly doc: string | undefined;
}

export class Model {
  readonly program: Program;
  readonly builder: Builder;
  readonly className: string;
  readonly allocateName: string;
  /** With WebAssembly: the module, and the type of what it exports. */
  readonly compiledName: string;
  readonly kernelsName: string;
  /** Interfaces and such: `DigitsInputs`. */
  readonly typeNames: ReadonlyMap<TypeRole, string>;
  readonly kernelNames = new Map<Kernel, string>();
  readonly parameters: Paths<Tensor>;
  readonly gradients: Paths<Tensor>;
  readonly states: Paths<Tensor>;
  readonly hypers: Paths<Tensor>;
  /** Tensors of the block `values` and inputs, by the property that holds them. */
  readonly valueNames = new Map<Tensor, string>();
  /** Names of rows of tensors, by which kernels that treat all cells alike are called. */
  readonly rowNames = new Map<Tensor, string>();
  readonly inputNames = new Map<Tensor, string>();
  readonly forwardInputs: readonly Tensor[];
  readonly trainingInputs: readonly Tensor[];
  readonly callDims: readonly Dim[];
  readonly createDims: readonly Dim[];
  /** Names of the dimensions as local variables, parameters and fields. */
  readonly dimNames = new Map<Dim, string>();
  /** Names of the dimensions as options of `create`. */
  readonly optionNames = new Map<Dim, string>();
  readonly outputs: readonly Result[];
  readonly metrics: readonly Result[];
  readonly blocks: ReadonlyMap<Tensor, Block>;

  constructor(
    readonly schedule: Schedule,
    context: Context,
    readonly module: ModuleScope,
    /** Its kernels as WebAssembly, where that is the target. */
    readonly wasm: WasmUnit | undefined,
    /** The dispatches of its procedures, where a GPU is the target. */
    readonly gpu?: GpuUnit,
  ) {
    const program = schedule.program;
    this.program = program;
    this.builder = context.builder;
    const { className, types } = module.exports.get(program)!;
    this.className = className;
    this.typeNames = types;
    this.allocateName = module.globals.fresh(`allocate${className}`);
    this.compiledName = module.globals.fresh(`compiled${this.className}`);
    this.kernelsName = module.globals.fresh(`${this.className}Kernels`);
    for (const kernel of gpu ? [] : schedule.kernels)
      this.kernelNames.set(kernel, module.globals.fresh(kernel.name));

    const paths = (tensors: readonly Tensor[]): Paths<Tensor> => pathTree(tensors, (t) => t.name);
    this.parameters = paths(program.parameters);
    const owners = new Map(program.gradients.map((g, i) => [g, program.trained[i]!]));
    this.gradients = pathTree(program.gradients, (t) => owners.get(t)!.name);
    this.states = paths([...program.states, ...program.optimizerStates]);
    this.hypers = paths(program.hypers);
    this.outputs = results(program.outputs, propertyNames());
    const beside = propertyNames();
    beside.take("loss");
    this.metrics = results(program.metrics, beside);

    this.blocks = new Map(schedule.plan.slots.flatMap((s) => s.tensors.map((t) => [t, s.block] as const)));
    this.forwardInputs = inputsFor(
      program,
      [schedule.forward],
      program.outputs.map((o) => o.tensor),
    );
    this.trainingInputs = inputsFor(
      program,
      [schedule.evaluate, schedule.backward, schedule.statistics, schedule.update],
      [...program.metrics.map((m) => m.tensor), ...(program.loss ? [program.loss] : [])],
    );
    const inputNames = propertyNames();
    for (const t of program.inputs) this.inputNames.set(t, inputNames.fresh(t.name));

    const dims = dimsOf(program, schedule);
    this.callDims = dims.filter((d) => d.varies === "call");
    this.createDims = dims.filter((d) => d.varies === "create");
    const locals = new Names(module.globals);
    for (const word of [...methodWords, ...(gpu ? gpuLocals : [])]) locals.take(word);
    for (const dim of dims) this.dimNames.set(dim, locals.fresh(dim.name));
    const options = propertyNames();
    for (const word of ["seed", "threads", "relaxed", ...(gpu ? ["device"] : [])]) options.take(word);
    for (const dim of this.createDims) this.optionNames.set(dim, options.fresh(dim.name));
    this.nameValues();
  }

  get hasLoss(): boolean {
    return this.program.loss !== null;
  }

  /** Gradients stand where their parameters do; of frozen ones there are none. */
  get gradientType(): string {
    const { trained, parameters } = this.program;
    return this.type(trained.length === parameters.length ? "Parameters" : "Gradients");
  }

  /** Whether gradients may be summed over several passes. */
  get accumulates(): boolean {
    return this.program.gradients.length > 0;
  }

  get hasOptimizer(): boolean {
    return this.program.update.length > 0;
  }

  /** Whether random numbers are drawn after the start: then passes are counted. */
  get countsPasses(): boolean {
    const { initialise } = this.schedule;
    return this.procedures.some((p) => p !== initialise && countsOf(this, p).includes("pass"));
  }

  get procedures(): readonly Procedure[] {
    const { initialise, forward, evaluate, backward, statistics, update } = this.schedule;
    return [forward, evaluate, backward, statistics, update, initialise];
  }

  get hasEvaluation(): boolean {
    return this.hasLoss || this.metrics.length > 0;
  }

  type(role: TypeRole): string {
    return this.typeNames.get(role)!;
  }

  /** A tensor's memory, as methods reach it: `parameters.h.linear.W`, `values.z`, `inputs.image`. */
  reference(tensor: Tensor): string {
    const walk = (group: string, paths: Paths<Tensor>): string | undefined => {
      const place = paths.places.get(tensor);
      return place && group + place.map(access).join("");
    };
    const input = this.inputNames.get(tensor);
    if (tensor.role === "input" && input !== undefined) return `inputs.${input}`;
    const found =
      walk("parameters", this.parameters) ?? walk("gradients", this.gradients) ?? walk("states", this.states);
    if (found) return found;
    const row = this.rowNames.get(tensor);
    if (row !== undefined) return `rows.${row}`;
    const value = this.valueNames.get(tensor);
    if (value !== undefined) return `values.${value}`;
    // A reshaped parameter is the parameter's own memory.
    const owner = this.ownerOf(tensor);
    if (owner === tensor) throw new Error(`\`${tensor.name}\` has no place in memory`);
    return this.reference(owner);
  }

  /** The parameter, gradient or state that a tensor is a view of, or itself. */
  private ownerOf(tensor: Tensor): Tensor {
    const slot = this.schedule.plan.slots.find((s) => s.block !== "values" && s.tensors.includes(tensor));
    return slot?.tensors[0] ?? tensor;
  }

  /** Whether the size of a tensor differs from call to call. */
  varies(tensor: Tensor): boolean {
    return [...dimsIn(tensor.shape)].some((d) => d.varies === "call");
  }

  /** Where the number that a tensor of rank 0 is stands, in a method. */
  scalarValue(tensor: Tensor): string {
    const place = this.reference(tensor);
    return `this.#${tensor.role === "input" ? "" : "memory."}${place}[0]`;
  }

  /** An output at its largest, in the constructor. */
  wholeOutput(tensor: Tensor): string {
    const input = this.inputNames.get(tensor);
    return `memory.${input === undefined ? this.reference(tensor) : `buffers.${input}`}`;
  }

  /** Dimensions that methods other than those that take inputs mention. */
  get keptDims(): ReadonlySet<Dim> {
    const shapes = [...this.outputs, ...this.metrics].map((r) => r.tensor.shape);
    const kept = new Set(shapes.flatMap((shape) => [...dimsIn(shape)]));
    for (const { calls } of this.procedures) {
      for (const call of calls) {
        for (const d of dimsOfCall(call)) kept.add(d);
      }
    }
    const taken = [
      ...this.forwardInputs,
      ...this.trainingInputs,
      ...this.states.places.keys(),
      ...this.parameters.places.keys(),
    ];
    const fixed = taken.flatMap((t) => [...dimsIn([...t.shape, ...(t.below ? [t.below] : [])])]);
    for (const d of [...fixed, ...this.createDims]) if (d.varies === "create" || this.gpu) kept.add(d);
    return kept;
  }

  /** Inputs that some entry point takes. */
  get inputsRead(): readonly Tensor[] {
    return this.program.inputs.filter(
      (t) => this.forwardInputs.includes(t) || this.trainingInputs.includes(t),
    );
  }

  /** An extent or size with its largest per-call dimensions. */
  largest(extent: Affine): Affine {
    const most = rewriter(this.builder, {
      atom: (a) => (a.kind === "dim" && a.varies === "call" ? this.builder.integer(a.maximum) : undefined),
    });
    return most(extent) as Affine;
  }

  /** The number of values that a tensor may have. */
  capacity(tensor: Tensor): Affine {
    return tensor.shape.reduce<Affine>(
      (n, e) => this.builder.times(n, this.largest(e)),
      this.builder.integer(1),
    );
  }

  /** Prints dimensions as the local variables of methods. */
  readonly locals = new ExpressionPrinter({
    name: (thing) => {
      const name = thing.kind === "dim" ? this.dimNames.get(thing) : undefined;
      if (name === undefined) throw new Error(`an extent mentions dimensions only, not \`${thing.name}\``);
      return name;
    },
    tensor: (tensor) => {
      throw new Error(`an extent mentions dimensions only, not \`${tensor.name}\``);
    },
    address: () => "",
    helper: (name) => this.module.helper(name),
  });

  private nameValues(): void {
    const names = propertyNames();
    const add = (t: Tensor): void => {
      const isValue = this.blocks.get(t) === "values" && !this.valueNames.has(t);
      if (isValue) this.valueNames.set(t, names.fresh(t.name.replaceAll(".", "_")));
    };
    for (const procedure of this.procedures) tensorsOf(procedure).forEach(add);
    for (const result of [...this.outputs, ...this.metrics]) add(result.tensor);
    if (this.program.loss) add(this.program.loss);
    const rows = propertyNames();
    for (const { tensor } of this.schedule.plan.rows) this.rowNames.set(tensor, rows.fresh(tensor.name));
  }
}

/** Local variables of methods, which no dimension may shadow. */
const methodWords =
  `buffer buffers bytes file gradientsFlags gradientsIntegers i inner kernels loss memory metadata model options
  module parametersFlags parametersIntegers relaxed runBeginning seed started statesFlags statesIntegers taken threads upstream valuesFlags valuesIntegers`.split(
    /\s+/,
  );

/** Local variables of methods that call kernels, which no kernel may be hidden by. */
export const callWords = "gradients hyper inputs parameters pass rows states step values".split(" ");

function results(outputs: readonly Output[], names: Names): Result[] {
  return outputs.map((o) => ({ key: names.fresh(o.name), tensor: o.tensor, doc: o.doc ?? o.tensor.doc }));
}

function tensorsOf(procedure: Procedure): Tensor[] {
  return procedure.calls.flatMap((c) => (c.kind === "call" ? [...c.buffers] : [c.tensor]));
}
