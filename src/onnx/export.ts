/**
 * A model as an ONNX file: the graph of inference, with parameters and states as they are. Every equation becomes nodes
 * over whole tensors, with an axis for each of its loops: reads are slices or gathered, sums of products are contractions,
 * every scalar function is one node. What has no counterpart is reported, at its place.
 */
import type { Context } from "../ir/context.ts";
import { tensorsRead, tensorsWritten } from "../ir/dependences.ts";
import type { Diagnostics } from "../ir/diagnostics.ts";
import { Prover } from "../ir/intervals.ts";
import type { ModelGraphs } from "../ir/model.ts";
import { printAffine, printStatement } from "../ir/printer.ts";
import type {
  Affine,
  Dim,
  Equation,
  Index,
  Output,
  Reshape,
  ScalarType,
  Statement,
  Tensor,
} from "../ir/types.ts";
import { newShape } from "./elementwise.ts";
import { withMemory } from "./expressions.ts";
import type { ElementType, Port } from "./format.ts";
import { elementTypeOf, elementTypes, encodeModel } from "./format.ts";
import { wholeOf } from "./reads.ts";
import type { Scope } from "./scope.ts";
import { knownExtent, Unexportable } from "./scope.ts";
import { lowerEquation } from "./stores.ts";
import { Tensors } from "./tensors.ts";
import { GraphWriter } from "./writer.ts";

export interface OnnxSettings {
  /** The dimensions that have a fixed count; every other one must be the first of an input, and stays open. */
  readonly counts: ReadonlyMap<Dim, number>;
  /** The values of parameters and states. */
  readonly values: (tensor: Tensor) => ArrayLike<number>;
  /** Of the compiler. */
  readonly version: string;
}

/** The bytes of the file; null where something was reported. */
export function exportGraph(
  graphs: ModelGraphs,
  context: Context,
  reporter: Diagnostics,
  settings: OnnxSettings,
): Uint8Array | null {
  return new Export(graphs, context, settings).run(reporter);
}

/** What callers give and get: integers of 32 bits. */
const outside: Readonly<Record<ScalarType, ElementType>> = { ...elementTypeOf, i32: "int32" };

class Export {
  private readonly writer = new GraphWriter();
  private readonly tensors = new Tensors();
  private readonly inputs: Port[] = [];
  private readonly dimensions = new Map<Dim, string>();
  private readonly scope: Omit<Scope, "lower" | "order">;

  constructor(
    private readonly graphs: ModelGraphs,
    context: Context,
    private readonly settings: OnnxSettings,
  ) {
    this.scope = {
      builder: context.builder,
      writer: this.writer,
      tensors: this.tensors,
      prover: new Prover(context.builder, []),
      counts: settings.counts,
      openCount: (dim) => this.openCount(dim),
    };
  }

  run(reporter: Diagnostics): Uint8Array | null {
    const { program, forward } = this.graphs;
    if (program.outputs.length === 0) {
      reporter.report("NN4003", program.span, { model: program.name });
      return null;
    }
    // The names of outputs are kept for them, whatever else is called so.
    for (const o of program.outputs) if (o.name !== o.tensor.name) this.writer.reserve(o.name);
    const read = new Set([
      ...forward.statements.flatMap(tensorsRead),
      ...program.outputs.map((o) => o.tensor),
    ]);
    for (const t of program.inputs) if (read.has(t)) this.addInput(t);
    for (const t of [...program.parameters, ...program.states]) if (read.has(t)) this.addValues(t);
    for (const t of program.hypers) if (read.has(t)) this.addHyper(t);
    const last = new Map(forward.statements.flatMap((s) => tensorsWritten(s).map((t) => [t, s] as const)));
    for (const s of forward.statements) {
      try {
        this.add(s, last);
      } catch (error) {
        if (!(error instanceof Unexportable)) throw error;
        const { span, name } = s.origin;
        reporter.report("NN4002", span, { name, problem: error.message });
        return null;
      }
    }
    // All are computed before the first gets its name.
    const values = program.outputs.map((o) => this.outputValue(o));
    const outputs: Port[] = [];
    program.outputs.forEach(({ name, tensor, doc }, i) => {
      this.writer.expose(
        values[i]!,
        name,
        outputs.map((o) => o.name),
      );
      outputs.push(this.port(name, tensor, doc));
    });
    this.writer.prune(outputs.map((o) => o.name));
    const { nodes, initializers } = this.writer;
    const { version } = this.settings;
    const { name, doc } = program;
    return encodeModel({ name, doc, version, nodes, initializers, inputs: this.inputs, outputs });
  }

  private addInput(tensor: Tensor): void {
    if (this.inputs.some((i) => i.name === tensor.name)) return;
    const name = this.writer.unique(tensor.name);
    this.inputs.push(this.port(name, tensor, tensor.doc));
    this.writer.subject = tensor.name;
    const wide = tensor.type === "i32" ? this.writer.node("Cast", [name], { to: elementTypes.int64 }) : name;
    this.tensors.store(tensor, wide);
  }

  private addValues(tensor: Tensor): void {
    const { name, type, doc } = tensor;
    const shape = tensor.shape.map((e) => knownExtent(e, this.outermost())!);
    const values = this.settings.values(tensor);
    this.tensors.store(
      tensor,
      this.writer.initializer({ name, type: elementTypeOf[type], shape, values, doc }),
    );
  }

  private addHyper({ name, value = 0, doc, ...tensor }: Tensor): void {
    const initializer = { name, type: "float" as const, shape: [], values: [value], doc };
    this.tensors.store({ name, ...tensor }, this.writer.initializer(initializer));
  }

  private add(s: Statement, last: ReadonlyMap<Tensor, Statement>): void {
    if (s.kind === "gradient" || s.kind === "override") throw new Error(`a ${s.kind} can't be exported`);
    const { tensor } = s;
    const loops = s.kind === "equation" ? [...ordered(s.target, s.indices), ...s.reduced] : [];
    const scope = this.outermost(loops);
    this.writer.subject = tensor.name;
    if (s.kind === "equation") lowerEquation(s, scope);
    else {
      const shape = newShape(tensor.shape, scope);
      this.tensors.store(tensor, this.writer.node("Reshape", [wholeOf(s.source, scope), shape]));
    }
    this.name(s, last.get(tensor) === s);
  }

  /** What was computed is called as in the source, and so is a piece of it; the formula is its documentation. */
  private name(s: Equation | Reshape, isComplete: boolean): void {
    const { tensors, writer } = this;
    const { tensor } = s;
    const whole = tensors.whole(tensor);
    if (whole !== undefined && isComplete)
      tensors.store(tensor, writer.call(whole, tensor.name, printStatement(s)));
    const { latest } = writer;
    const piece = tensors.pieces(tensor)?.pieces.find((p) => p.name === latest);
    if (!piece) return;
    const name = `${tensor.name}[${piece.length === 1 ? piece.start : `${piece.start}…`}]`;
    tensors.rename(tensor, piece.name, writer.call(piece.name, name, printStatement(s)));
  }

  private outputValue({ name, tensor }: Output): string {
    this.writer.subject = name;
    const whole = wholeOf(tensor, this.outermost());
    return tensor.type === "i32" ? this.writer.node("Cast", [whole], { to: elementTypes.int32 }) : whole;
  }

  private port(name: string, tensor: Tensor, doc: string | undefined): Port {
    const extent = (e: Affine): number | string => knownExtent(e, this.outermost()) ?? printAffine(e);
    return { name, type: outside[tensor.type], shape: tensor.shape.map(extent), doc };
  }

  private outermost(loops: readonly Index[] = []): Scope {
    return withMemory({ ...this.scope, order: new Map(loops.map((loop, at) => [loop, at])) });
  }

  /** A dimension that is open is counted in an input that it is the first of. */
  private openCount(dim: Dim): string {
    const known = this.dimensions.get(dim);
    if (known !== undefined) return known;
    const isFirst = (t: Tensor): boolean => isDim(t.shape[0], dim);
    const { inputs } = this.graphs.program;
    const input = inputs.find((t) => isFirst(t) && this.tensors.has(t)) ?? inputs.find(isFirst);
    if (!input) throw new Error(`the dimension ${dim.name} is the first of no input`);
    this.addInput(input);
    const { subject } = this.writer;
    this.writer.subject = dim.name;
    const shape = this.writer.node("Shape", [input.name]);
    const count = this.writer.node("Gather", [shape, this.writer.constant("int64", [], [0])], { axis: 0 });
    this.writer.subject = subject;
    this.dimensions.set(dim, count);
    return count;
  }
}

function isDim(extent: Affine | undefined, dim: Dim): boolean {
  const [term] = extent?.terms ?? [];
  return extent?.constant === 0 && extent.terms.length === 1 && term!.factor === 1 && term!.atom === dim;
}

/** Loops as they stand on the left side, then any others. */
function ordered(target: readonly Affine[], indices: readonly Index[]): Index[] {
  const plain = target.flatMap((f) => f.terms.flatMap((t) => (t.atom.kind === "index" ? [t.atom] : [])));
  return [...new Set([...plain, ...indices])];
}
