/**
 * A model's forward and backward graph as one picture: definitions from left to right, their gradients directly below
 * from right to left, parameters above and their gradients at the bottom. A dashed edge is a value that is kept for the
 * way back.
 */
import type { Builder } from "../../../src/ir/builder.ts";
import { tensorsRead } from "../../../src/ir/dependences.ts";
import { printStatement, printTensor } from "../../../src/ir/printer.ts";
import { reassemble } from "../../../src/ir/reassemble.ts";
import type { Statement, Tensor } from "../../../src/ir/types.ts";
import type { Derived } from "./derive.ts";
import type { GraphEdge, GraphNode } from "./graph.ts";
import { drawGraph } from "./graph.ts";

type Defining = Exclude<Statement, { kind: "gradient" }>;

/** A node of the backward graph, as a printed graph of automatic differentiation lists it. */
export interface BackwardNode {
  readonly name: string;
  readonly tensor: Tensor;
  readonly wrt: Tensor;
  readonly formula: string;
  /** The gradients that it is computed from. */
  readonly from: readonly string[];
  /** What it needs of the way forward. */
  readonly saved: readonly string[];
}

export function backwardNodes({ backward }: Derived): BackwardNode[] {
  return backward.filter(isDefining).map((s) => {
    const read = [...new Set(tensorsRead(s))].filter((t) => t !== s.tensor);
    const names = (list: readonly Tensor[]): string[] => list.map((t) => t.name);
    return {
      name: s.tensor.name,
      tensor: s.tensor,
      wrt: s.origin.steps?.[0]?.wrt ?? s.tensor,
      formula: printStatement(s),
      from: names(read.filter((t) => t.role === "adjoint")),
      saved: names(read.filter((t) => t.role !== "adjoint")),
    };
  });
}

const isDefining = (s: Statement): s is Defining => s.kind !== "gradient";

export function backwardPicture(derived: Derived, b: Builder, title: string): string {
  const forward = reassemble(derived.forward, b).filter(isDefining);
  const defined = new Map(forward.map((s) => [s.tensor, s]));
  const inputsOf = (s: Defining): Tensor[] => [...new Set(readThrough(s, derived.forward, defined))];
  const columns = columnsOf(forward, inputsOf);
  const place = (t: Tensor): { column: number; row: number } => {
    const column = columns.get(t) ?? 0;
    return { column, row: defined.has(t) || column === 0 ? 1 : 0 };
  };
  const nodes: GraphNode[] = [...columns.keys()].map((t) => ({
    id: t.name,
    lines: defined.has(t) ? formulaLines(printStatement(defined.get(t)!)) : [printTensor(t)],
    form: defined.has(t) ? "round" : "box",
    ...place(t),
  }));
  const edges: GraphEdge[] = forward.flatMap((s) =>
    inputsOf(s).map((t) => ({ from: t.name, to: s.tensor.name })),
  );
  for (const node of backwardNodes(derived)) {
    const { column, row } = place(node.wrt);
    nodes.push({
      id: node.name,
      lines: formulaLines(node.formula),
      form: "bold",
      column,
      row: row === 1 ? 2 : 3,
    });
    edges.push(...node.from.map((from) => ({ from, to: node.name })));
    edges.push(...node.saved.map((from) => ({ from, to: node.name, dashed: true })));
  }
  const ids = new Set(nodes.map((n) => n.id));
  return drawGraph({
    title,
    nodes,
    edges: edges.filter((e) => ids.has(e.from) && ids.has(e.to)),
    legend: ["Rounded: forward. Bold: gradients. A dashed line: a value that is kept for the way back."],
    gap: { column: 26, row: 92 },
  });
}

/** What a definition reads, hoisted reductions seen through. */
function readThrough(
  s: Defining,
  all: readonly Statement[],
  defined: ReadonlyMap<Tensor, Defining>,
): Tensor[] {
  const own = all.filter(isDefining).filter((x) => x.tensor === s.tensor);
  return own.flatMap(tensorsRead).flatMap((t) => {
    const inner =
      t.hoistedFrom !== undefined && !defined.has(t)
        ? all.filter(isDefining).find((x) => x.tensor === t)
        : undefined;
    return inner ? readThrough(inner, all, defined) : [t];
  });
}

/** Definitions follow what they read; the parameters and inputs of one share the columns before it. */
function columnsOf(forward: readonly Defining[], inputsOf: (s: Defining) => Tensor[]): Map<Tensor, number> {
  const columns = new Map<Tensor, number>();
  let next = 0;
  for (const s of forward) {
    const fresh = inputsOf(s).filter((t) => !columns.has(t));
    const data = next === 0 ? fresh.filter((t) => t.role === "input").slice(0, 1) : [];
    for (const t of data) columns.set(t, next++);
    const others = fresh.filter((t) => !data.includes(t));
    others.slice(0, -1).forEach((t) => columns.set(t, next++));
    for (const t of others.slice(-1)) columns.set(t, next);
    columns.set(s.tensor, next++);
  }
  return columns;
}

/** `dz[b, j] =` and what follows, in two lines. */
function formulaLines(formula: string): string[] {
  const [, left, right] = /^(.*?) \+?= ([^]*)$/.exec(formula) ?? [];
  return left === undefined || right === undefined ? [formula] : [left, `= ${right}`];
}
