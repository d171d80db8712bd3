/**
 * Where a NaN or an infinity comes from: the reference interpreter runs the graphs of one training step statement by
 * statement, with the rounding of the target, up to the first value that is not finite.
 */
import { tensorsWritten } from "../ir/dependences.ts";
import { extentsOf, interpret } from "../ir/interpreter.ts";
import type { ModelGraphs } from "../ir/model.ts";
import { printStatement } from "../ir/printer.ts";
import type { Sources } from "../ir/source.ts";
import type { Span, Statement, Tensor } from "../ir/types.ts";
import { CellOf } from "./cell.ts";
import { ReferenceModel, subscriptsOf } from "./model.ts";

/** A model before a step, and what the step was given. */
export interface Situation {
  readonly dims: Readonly<Record<string, number>>;
  /** Inputs, parameters and states by name. */
  readonly arrays: ReadonlyMap<string, ArrayLike<number>>;
  readonly hyper: Readonly<Record<string, number>>;
  readonly seed: number;
  /** Numbers of this step and of this training pass, from 1. */
  readonly step: number;
  readonly pass: number;
  /** How the target rounds: where it stores, or after every operation. */
  readonly single: "stores" | "operations";
}

export interface NonFinite {
  readonly tensor: string;
  readonly index: readonly number[];
  /** NaN, Infinity or -Infinity. */
  readonly value: number;
  /** Which example of the batch it belongs to; null where it belongs to all. */
  readonly example: number | null;
  readonly phase: "given" | "forward" | "backward" | "statistics" | "update";
  /** The equation as it was computed; empty for what was given. */
  readonly equation: string;
  readonly span: Span | null;
  /** `digits.nn:8`, empty for what was given. */
  readonly place: string;
  /** `log(0) = -Infinity`; empty where no operation is to blame. */
  readonly operation: string;
  /** `p[3, 1] = 0`: what the operation read. */
  readonly operands: readonly string[];
}

/** null where the interpreter finds every value of the step finite. */
export function findNonFinite(graphs: ModelGraphs, sources: Sources, situation: Situation): NonFinite | null {
  const model = place(graphs, situation);
  const given = [...graphs.program.inputs, ...model.lasting].find((t) => firstNonFinite(model.of(t)) >= 0);
  if (given) return { ...cellOf(model, given), phase: "given", ...noEquation };
  const gradients = new Set(graphs.program.gradients);
  for (const graph of [graphs.backward, graphs.statistics, graphs.update]) {
    let found: Statement | null = null;
    const stop = (statement: Statement): boolean => {
      const isFinite = tensorsWritten(statement).every((t) => firstNonFinite(model.of(t)) < 0);
      if (!isFinite) found = statement;
      return !isFinite;
    };
    interpret(graph, { dims: model.dims, values: model.values, single: situation.single, stop });
    if (found !== null)
      return report(model, found, phaseOf(graph.name, found, gradients), sources, situation);
  }
  return null;
}

function phaseOf(graph: string, statement: Statement, gradients: ReadonlySet<Tensor>): NonFinite["phase"] {
  if (graph === "statistics" || graph === "update") return graph;
  const [tensor] = tensorsWritten(statement);
  return tensor?.role === "adjoint" || gradients.has(tensor!) ? "backward" : "forward";
}

function place(graphs: ModelGraphs, situation: Situation): ReferenceModel {
  const { program } = graphs;
  const model = new ReferenceModel(graphs, situation.dims, situation.seed);
  for (const t of [...program.inputs, ...model.lasting]) {
    const values = situation.arrays.get(t.name);
    if (!values) throw new Error(`nothing is known of \`${t.name}\``);
    model.values.set(t, Float64Array.from(values));
  }
  for (const h of program.hypers) model.values.set(h, Float64Array.of(situation.hyper[h.name] ?? NaN));
  const { step, pass, training } = program.builtins;
  model.values.set(step, Float64Array.of(situation.step));
  model.values.set(pass, Float64Array.of(situation.pass));
  model.values.set(training, Float64Array.of(1));
  return model;
}

const firstNonFinite = (values: Float64Array): number => values.findIndex((v) => !Number.isFinite(v));

function report(
  model: ReferenceModel,
  statement: Statement,
  phase: NonFinite["phase"],
  sources: Sources,
  { single }: Situation,
): NonFinite {
  const tensor = tensorsWritten(statement).find((t) => firstNonFinite(model.of(t)) >= 0)!;
  const cause =
    statement.kind === "equation"
      ? new CellOf(statement, model.dims, model.values, single === "operations").cause(
          firstNonFinite(model.of(tensor)),
        )
      : null;
  return {
    ...cellOf(model, tensor),
    phase,
    equation: printStatement(statement),
    span: statement.origin.span,
    place: sources.line(statement.origin.span),
    operation: cause?.operation ?? "",
    operands: cause?.operands ?? [],
  };
}

const noEquation = { equation: "", span: null, place: "", operation: "", operands: [] };

/** The first value of a tensor that is not finite. */
function cellOf(
  model: ReferenceModel,
  tensor: Tensor,
): Pick<NonFinite, "tensor" | "index" | "value" | "example"> {
  const values = model.of(tensor);
  const at = firstNonFinite(values);
  const index = subscriptsOf(at, extentsOf(tensor, model.dims));
  const axis = tensor.shape.findIndex(
    ({ terms: [term] }) => term?.atom.kind === "dim" && term.atom.varies === "call",
  );
  return { tensor: tensor.name, index, value: values[at]!, example: index[axis] ?? null };
}
