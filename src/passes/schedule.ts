/** From graphs to kernels, their calls, and their memory. */
import type { Context } from "../ir/context.ts";
import type { Builder } from "../ir/builder.ts";
import type { Call, Kernel, Level, Procedure, Schedule } from "../ir/kernel.ts";
import type { ModelGraphs } from "../ir/model.ts";
import type { Graph, Tensor } from "../ir/types.ts";
import { isPersistent } from "../ir/dependences.ts";
import { statementsOf } from "./fuse/group.ts";
import { tensorsReadBy } from "./fuse/readers.ts";
import { copyWhereNeeded } from "./fuse/reshape.ts";
import { dispatch } from "./dispatch.ts";
import type { TileChoice } from "./dispatch/tile-shapes.ts";
import type { Device } from "./dispatch/cost.ts";
import { divide } from "./divide.ts";
import { fuse } from "./fuse.ts";
import { plan } from "./plan.ts";
import type { Procedures } from "./plan/lives.ts";
import { callInRows } from "./plan/rows.ts";
import { identifier, NameSpace } from "./schedule/names.ts";
import { isTiny, straighten } from "./straighten.ts";
import type { Machine } from "./schedule/machine.ts";
import { machines } from "./schedule/machine.ts";
import type { DraftCall, Phase } from "./schedule/kernels.ts";
import { KernelTable } from "./schedule/kernels.ts";

export interface ScheduleOptions {
  /** What runs the kernels; an engine by default. */
  readonly machine?: Machine;
  /** A procedure is one kernel, without tiles: by default at level 2 of an engine, where the model is tiny. */
  readonly isStraight?: boolean;
  /** How a GPU computes contractions, at level 2. */
  readonly tiles?: TileChoice;
  /** What decides how kernels are launched, where the machine is a GPU: any that there is, by default. */
  readonly device?: Device;
}

/**
 * One kernel per equation (level 0), or as few as pay (level 1), with a place in memory for every tensor. For a GPU kernels
 * are split into what it can launch (dispatch.ts).
 */
export function schedule(
  given: ModelGraphs,
  level: Level,
  context: Context,
  {
    machine: name = "scalar",
    isStraight = level === 2 && name === "scalar" && isTiny(given),
    tiles,
    device,
  }: ScheduleOptions = {},
): Schedule {
  const machine = machines[name];
  const { graphs, aliases } = copyWhereNeeded(given, context.builder);
  const { program } = graphs;
  const inputs = new Map(program.inputs.map((t) => [aliases.root(t), t]));
  const table = new KernelTable(
    program,
    { level: isStraight ? 1 : level, machine, exact: !context.options.realOnlyRules },
    (t) => inputs.get(aliases.root(t)) ?? t,
    context.builder,
  );
  const notes: (() => readonly string[])[] = [];
  const draft = (graph: Graph, phase: Phase = "compute", known: readonly Tensor[] = []): Draft => {
    const clears = undefinedIn(graph, [...known, ...program.gradients]).map(
      (tensor) => ({ kind: "clear", tensor }) as const,
    );
    const fused = fuse(graph, level, context, machine.mostBuffers);
    notes.push(() => fused.notes().map((note) => `${graph.name}: ${note}`));
    const calls = fused.items.flatMap((i) => (i.kind === "group" ? table.callsOf(i, phase) : []));
    return { name: graph.name, calls: [...clears, ...calls] };
  };
  const forward = draft(graphs.forward);
  const evaluate = draft(graphs.evaluate);
  const backward = draft(withKept(graphs));
  const statistics = draft(
    graphs.statistics,
    "update",
    statementsOf(graphs.backward).map((s) => s.tensor),
  );
  const update = draft(graphs.update, "update");
  const initialise = draft(graphs.initialise, "initialise");
  const { all, procedure } = table.finish();
  const scheduled = {
    initialise: procedure(initialise),
    forward: procedure(forward),
    evaluate: procedure(evaluate),
    backward: procedure(backward),
    statistics: procedure(statistics),
    update: procedure(update),
  };
  const memory = (t: Tensor): Tensor => inputs.get(aliases.root(t)) ?? aliases.root(t);
  const dispatched = machine.launches
    ? dispatch(scheduled, program, { level, device, tiles }, context.builder)
    : undefined;
  const separate = isStraight
    ? straightened(graphs, scheduled, memory, context.builder)
    : (dispatched?.procedures ?? scheduled);
  const planned = plan(graphs, separate, aliases, { level, machine }, context.builder);
  const inRows = level < machine.rowsFrom ? undefined : callInRows(separate.update, planned, context.builder);
  const procedures = { ...separate, update: inRows?.procedure ?? separate.update };
  const called = new Set(Object.values(procedures).flatMap((p) => p.calls.flatMap(kernelOf)));
  const kernels = isStraight ? [...called] : (dispatched?.kernels ?? all);
  return {
    program,
    level,
    kernels,
    ...procedures,
    plan: inRows?.plan ?? planned,
    ...(dispatched ? { launches: dispatched.launches } : {}),
    ...(machine.hasVectors ? { divided: divide(repeated(procedures), context.builder) } : {}),
    notes: () => notes.flatMap((ofGraph) => ofGraph()),
  };
}

/** What is run more than once: starting values are computed before there are other threads. */
const repeated = ({ forward, evaluate, backward, statistics, update }: Procedures): Call[] =>
  [forward, evaluate, backward, statistics, update].flatMap((p) => p.calls);

const kernelOf = (c: Call): Kernel[] => (c.kind === "call" ? [c.kernel] : []);

/** Inference and the training pass as one kernel each. */
function straightened(
  graphs: ModelGraphs,
  given: Procedures,
  memory: (t: Tensor) => Tensor,
  b: Builder,
): Procedures {
  const taken = new NameSpace();
  for (const c of Object.values(given).flatMap((p) => p.calls))
    if (c.kind === "call") taken.reserve(identifier(c.kernel.name));
  const after = [given.statistics, given.update].flatMap((p) => p.calls);
  const readAfter = after.flatMap((c) => (c.kind === "call" ? c.buffers : [c.tensor]));
  const straight = (name: "forward" | "evaluate" | "backward", also: readonly Tensor[] = []): Procedure => {
    const results = new Set([...graphs[name].results, ...also].map(memory));
    const lasts = (t: Tensor): boolean => isPersistent(t) || results.has(t);
    return straighten(given[name], { memory, lasts, taken }, b);
  };
  return {
    ...given,
    forward: straight("forward"),
    evaluate: straight("evaluate"),
    backward: straight("backward", [...graphs.program.gradients, ...readAfter]),
  };
}

interface Draft {
  readonly name: string;
  readonly calls: readonly DraftCall[];
}

/** What is read, or is a result, though no statement defines it: it is zero. */
function undefinedIn(graph: Graph, known: readonly Tensor[]): Tensor[] {
  const statements = statementsOf(graph);
  const defined = new Set([...known, ...statements.map((s) => s.tensor)]);
  const used = statements.flatMap((s) => (s.kind === "equation" ? [...tensorsReadBy(s)] : [s.source]));
  return [...new Set([...used, ...graph.results])].filter((t) => !defined.has(t) && !isPersistent(t));
}

/** What `statistics` reads of `backward` is a result of it, and so are all gradients. */
function withKept({ program, backward, statistics }: ModelGraphs): Graph {
  const defined = new Set(statementsOf(backward).map((s) => s.tensor));
  const read = statistics.statements.flatMap((s) => {
    if (s.kind === "equation") return [...tensorsReadBy(s)];
    return s.kind === "reshape" ? [s.source] : [];
  });
  const kept = [...program.gradients, ...read].filter((t) => defined.has(t) && !isPersistent(t));
  return { ...backward, results: [...new Set([...backward.results, ...kept])] };
}
