/** From the training graph of a model to boxes and arrows. */
import { tensorsRead } from "../ir/dependences.ts";
import type { ModelGraphs } from "../ir/model.ts";
import { printShape, printStatement } from "../ir/printer.ts";
import type { Program, Statement, Tensor } from "../ir/types.ts";
import type { Cluster, Clusters, Detail } from "./clusters.ts";
import { clustersOf } from "./clusters.ts";
import type { Arrow, ArrowKind, Box, Diagram, Lane } from "./diagram.ts";

export interface DiagramOptions {
  readonly detail?: Detail;
  /** Whether every turn of a loop is a box of its own. */
  readonly unrolled?: boolean;
}

/** More boxes than this are folded: nobody reads them. */
export const mostBoxes = 150;

/** The diagram, less detailed than asked for where it would have more than `mostBoxes` boxes. */
export function diagramOf(graphs: ModelGraphs, options: DiagramOptions = {}): Diagram {
  const { detail = 1, unrolled = false } = options;
  const attempts: [Detail, boolean][] = [
    [detail, unrolled],
    [1, unrolled],
    [1, false],
  ];
  const diagrams = attempts.map(
    ([d, u]) =>
      () =>
        new DiagramBuilder(graphs, d, u).build(),
  );
  for (const make of diagrams.slice(0, -1)) {
    const diagram = make();
    if (diagram.boxes.length <= mostBoxes) return diagram;
  }
  return diagrams.at(-1)!();
}

type Computed = Exclude<Statement, { kind: "gradient" }>;

/** A box under construction. */
interface Draft {
  readonly id: string;
  readonly lane: Lane;
  readonly cluster: Cluster | null;
  readonly tensors: Tensor[];
  readonly statements: Computed[];
  readonly order: number;
  readonly below: string | null;
}

class DiagramBuilder {
  private readonly statements: readonly Computed[];
  private readonly clusters: Clusters;
  private readonly drafts = new Map<string, Draft>();
  private readonly homes = new Map<Tensor, Draft>();
  private readonly parameterOf: ReadonlyMap<Tensor, Tensor>;
  /** What an adjoint is the gradient of. */
  private readonly gradientOf: ReadonlyMap<Tensor, Tensor>;

  constructor(
    private readonly graphs: ModelGraphs,
    detail: Detail,
    unrolled: boolean,
  ) {
    const { backward, evaluate, forward, program } = graphs;
    const shown = program.loss ? backward : evaluate.statements.length > 0 ? evaluate : forward;
    this.statements = shown.statements.filter((s): s is Computed => s.kind !== "gradient");
    const values = this.statements.filter((s) => !isAdjoint(s.tensor));
    this.clusters = clustersOf(values, program.span, detail, unrolled);
    this.parameterOf = new Map(program.gradients.map((g, n) => [g, program.trained[n]!]));
    this.gradientOf = new Map(
      this.statements.flatMap((s) => (s.origin.steps ?? []).slice(0, 1).map((step) => [s.tensor, step.wrt])),
    );
  }

  build(): Diagram {
    for (const s of this.statements) if (!isAdjoint(s.tensor)) this.placeForward(s);
    for (const s of this.statements) for (const t of tensorsRead(s)) this.placeGiven(t, s);
    for (const s of this.statements) if (isAdjoint(s.tensor)) this.placeAdjoint(s);
    const boxes = [...this.drafts.values()].map((d) => this.box(d));
    return { name: this.graphs.program.name, boxes, arrows: this.arrows() };
  }

  // ---------------------------------------------------------------------------------------------------------- placing

  private draft(id: string, lane: Lane, cluster: Cluster | null, below: string | null): Draft {
    const known = this.drafts.get(id);
    if (known) return known;
    const made: Draft = { id, lane, cluster, tensors: [], statements: [], order: this.drafts.size, below };
    this.drafts.set(id, made);
    return made;
  }

  private put(tensor: Tensor, draft: Draft, statement?: Computed): void {
    if (!draft.tensors.includes(tensor)) draft.tensors.push(tensor);
    if (statement) draft.statements.push(statement);
    this.homes.set(tensor, draft);
  }

  private placeForward(s: Computed): void {
    const cluster = this.clusters.of.get(s.tensor)!;
    this.put(s.tensor, this.draft(`f ${cluster.key}`, "forward", cluster, null), s);
  }

  /** Inputs stand with the values; parameters below the first box that reads them. */
  private placeGiven(tensor: Tensor, reader: Computed): void {
    if (this.homes.has(tensor)) return;
    if (tensor.role === "input") {
      this.put(tensor, this.draft(`i ${tensor.name}`, "forward", null, null));
    } else if (tensor.role === "parameter" || tensor.role === "state") {
      const home = this.homes.get(reader.tensor);
      if (!home) return;
      this.put(tensor, this.draft(`p ${home.id}`, "parameter", home.cluster, home.id));
    }
  }

  /** The gradients of parameters hang from them; other adjoints stand below the values that they are gradients of. */
  private placeAdjoint(s: Computed): void {
    const known = this.homes.get(s.tensor);
    if (known) {
      known.statements.push(s);
      return;
    }
    const parameter = this.parameterOf.get(s.tensor);
    const owner = parameter && this.homes.get(parameter);
    if (owner) {
      const id = owner.id.replace(/^p/, "g");
      this.put(s.tensor, this.draft(id, "gradient", owner.cluster, owner.id), s);
      return;
    }
    const above = this.valueBehind(s);
    if (above) this.put(s.tensor, this.draft(`b ${above.id}`, "backward", above.cluster, above.id), s);
  }

  /** Of the values that an adjoint stands for, or else helps to compute, the box. */
  private valueBehind(s: Computed): Draft | undefined {
    const steps = s.origin.steps ?? [];
    for (const { wrt, of } of steps) {
      const home = this.homes.get(wrt) ?? (of.kind === "gradient" ? undefined : this.homes.get(of.tensor));
      if (home?.lane === "forward") return home;
    }
    const reader = this.statements.find((r) => tensorsRead(r).includes(s.tensor) && r.origin.steps);
    return reader && reader !== s ? this.valueBehind(reader) : undefined;
  }

  // ----------------------------------------------------------------------------------------------------------- boxes

  private box(d: Draft): Box {
    const { program } = this.graphs;
    const main = this.mainOf(d);
    const isList = d.lane === "parameter" || d.lane === "gradient";
    return {
      id: d.id,
      lane: d.lane,
      title: isList ? this.listTitle(d) : this.title(d, main),
      lines: isList ? this.list(d) : [shapeOf(main)],
      turns: isList ? 1 : (d.cluster?.turns ?? 1),
      role: this.roleOf(d, program),
      equations: d.statements.slice(0, mostEquations).map(printStatement),
      order: d.order,
      meets: d.tensors.some((t) => this.meets(t, d)),
      below: d.below,
    };
  }

  private roleOf(d: Draft, { loss, outputs }: Program): Box["role"] {
    if (d.lane !== "forward") return "value";
    if (d.cluster === null) return "input";
    if (loss && d.tensors.includes(loss)) return "loss";
    return outputs.some((o) => d.tensors.includes(o.tensor)) ? "output" : "value";
  }

  /** What the others in a box lead to: of gradients, that of what the box above is named after. */
  private mainOf(d: Draft): Tensor {
    const roots = d.tensors.filter((t) => t.hoistedFrom === undefined);
    const last = (roots.length > 0 ? roots : d.tensors).at(-1)!;
    if (d.lane !== "backward") return last;
    const above = this.mainOf(this.drafts.get(d.below!)!);
    const own = d.statements.find((s) =>
      s.origin.steps?.some((p) => withoutTurns(p.wrt.name) === withoutTurns(above.name)),
    );
    return own?.tensor ?? last;
  }

  /** Whether contributions from several boxes are summed in an adjoint. */
  private meets(t: Tensor, { statements }: Draft): boolean {
    const steps = statements.flatMap((s) => (s.tensor === t ? (s.origin.steps ?? []) : []));
    return isAdjoint(t) && new Set(steps.map((step) => this.homeOf(step.of))).size > 1;
  }

  private homeOf(s: Statement): string | undefined {
    return s.kind === "gradient" ? undefined : this.homes.get(s.tensor)?.id;
  }

  private title(d: Draft, main: Tensor): string {
    const { name } = main.hoistedFrom ?? main;
    return (d.cluster?.turns ?? 1) > 1 ? withoutTurns(name) : name;
  }

  private listTitle(d: Draft): string {
    if (this.list(d).length > 0) return "";
    const role = d.tensors.every((t) => t.role === "state") ? "states" : "parameters";
    return d.lane === "gradient" ? `${d.tensors.length} gradients` : `${d.tensors.length} ${role}`;
  }

  /** What is the same in every turn of a loop is listed once. */
  private list({ tensors }: Draft): string[] {
    const counts = new Map<string, number>();
    for (const t of tensors) {
      const line = `${withoutTurns(t.name)} ${shapeOf(t)}`;
      counts.set(line, (counts.get(line) ?? 0) + 1);
    }
    if (counts.size > mostListed) return [];
    const isFolded = [...counts.values()].some((n) => n > 1);
    if (!isFolded) return tensors.map((t) => `${t.name} ${shapeOf(t)}`);
    return [...counts].map(([line, n]) => (n > 1 ? `${line} ×${n}` : line));
  }

  // ---------------------------------------------------------------------------------------------------------- arrows

  private arrows(): Arrow[] {
    const found = new Map<string, { arrow: Omit<Arrow, "label">; labels: Set<string> }>();
    for (const s of this.statements) {
      const to = this.homes.get(s.tensor);
      for (const t of new Set(tensorsRead(s))) {
        const from = this.homes.get(t);
        const kind = from && to && this.kindOf(from, to, t, s);
        if (!kind) continue;
        const key = `${kind} ${from.id} → ${to.id}`;
        const known = found.get(key) ?? { arrow: { from: from.id, to: to.id, kind }, labels: new Set() };
        known.labels.add(shapeOf(t));
        found.set(key, known);
      }
    }
    const arrows = [...found.values()].map(({ arrow, labels }) => ({
      ...arrow,
      label: labels.size === 1 ? [...labels][0]! : "",
    }));
    return [...arrows, ...this.seeds(arrows)];
  }

  /** The loss turns the flow round: what the chain rule starts with reads no other gradient. */
  private seeds(arrows: readonly Arrow[]): Arrow[] {
    const { loss } = this.graphs.program;
    const from = loss && this.homes.get(loss);
    if (!from) return [];
    const reached = new Set(arrows.flatMap((a) => (a.kind === "gradient" ? [a.to] : [])));
    return [...this.drafts.values()]
      .filter((d) => (d.lane === "backward" || d.lane === "gradient") && !reached.has(d.id))
      .map((d) => ({ from: from.id, to: d.id, kind: "gradient" as const, label: "" }));
  }

  private kindOf(from: Draft, to: Draft, read: Tensor, s: Computed): ArrowKind | null {
    const isFolded = (from.cluster?.turns ?? 1) > 1;
    if (from === to) return isFolded && this.isTurn(read, s.tensor) ? "turn" : null;
    const isBackward = to.lane === "backward" || to.lane === "gradient";
    if (!isBackward) return from.lane === "forward" && from.order > to.order && isFolded ? "turn" : "value";
    if (from.lane === "forward" && s.origin.steps?.some((p) => p.kind === "seed")) return "gradient";
    return from.lane === "forward" || from.lane === "parameter" ? "saved" : "gradient";
  }

  /** Whether what is read was computed by another turn of the loop; backward, the turns run the other way. */
  private isTurn(read: Tensor, by: Tensor): boolean {
    const turn = (t: Tensor): number => this.clusters.turn(this.gradientOf.get(t) ?? t);
    return isAdjoint(by) ? turn(read) > turn(by) : turn(read) < turn(by);
  }
}

const mostListed = 4;
const mostEquations = 12;

const isAdjoint = (t: Tensor): boolean => t.role === "adjoint";

const shapeOf = (t: Tensor): string => (t.shape.length === 0 ? "number" : printShape(t.shape));

/** `h.3.linear` is one turn of `h.linear`. */
const withoutTurns = (name: string): string => name.replace(/\.\d+(?=\.|$)/g, "").replace(/\d+$/, "");
