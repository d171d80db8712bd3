import { alphaKey } from "../../ir/alpha.ts";
import type { Builder } from "../../ir/builder.ts";
import type { Context, RuleApplication } from "../../ir/context.ts";
import { isPersistent, tensorsRead, tensorsWritten } from "../../ir/dependences.ts";
import { coversWhole } from "../../ir/rewrite.ts";
import type { Equation, Graph, Statement, Tensor } from "../../ir/types.ts";
import { CanonicalTexts } from "../schedule/canonical.ts";
import { costOfBody, costOfEquation, lengthOf } from "./cost.ts";

/** A sub-pass returns the same graph object where it changes nothing. */
export type SubPass = (graph: Graph, work: Workspace) => Graph;

/** What an equation costs: its arithmetic, and that with stores and loops. */
interface Cost {
  readonly body: number;
  readonly whole: number;
}

/** What all sub-passes of one run of `simplify` share: the builder, the log, and which tensors a statement reads. */
export class Workspace {
  readonly context: Context;
  /** The name of the graph, for the log. */
  private readonly graph: string;
  /** Equations in which no identity of one expression applies. */
  readonly plain = new Set<Statement>();
  /** Equations in which algebra found nothing, with the producers that it looked through. */
  readonly settled = new Map<Equation, string>();
  /** What equations look like in which algebra found nothing, and how it is told. */
  readonly hopeless = new Set<string>();
  readonly texts = new CanonicalTexts();
  /** Equations whose guards are proved as far as they can be. */
  readonly proved = new Set<Equation>();
  /** Equations in which nothing is left that a bounded value could be asked instead. */
  readonly unbounded = new Set<Statement>();
  /** Equations whose conditions are asked in the best order. */
  readonly chained = new Set<Equation>();
  private readonly reads = new Map<Statement, readonly Tensor[]>();
  private readonly costs = new Map<Equation, Cost>();
  private readonly lengths = new Map<Equation, number>();
  private readonly keys = new Map<Equation, string>();
  private latest: GraphIndex | undefined;

  constructor(context: Context, graph: string) {
    this.context = context;
    this.graph = graph;
  }

  get builder(): Builder {
    return this.context.builder;
  }

  get realOnly(): boolean {
    return this.context.options.realOnlyRules;
  }

  /** The tensors whose values a statement needs; kept, because most statements survive a round unchanged. */
  tensorsRead(statement: Statement): readonly Tensor[] {
    const known = this.reads.get(statement);
    if (known) return known;
    const found = [...new Set(tensorsRead(statement))];
    this.reads.set(statement, found);
    return found;
  }

  /** What an equation costs, computed once. */
  cost(e: Equation): Cost {
    const known = this.costs.get(e);
    if (known) return known;
    const body = costOfBody(e);
    const cost = { body, whole: costOfEquation(e, body) };
    this.costs.set(e, cost);
    return cost;
  }

  /** Who writes and who reads what; most sub-passes leave the graph as it was for the one before. */
  indexOf(graph: Graph): GraphIndex {
    if (this.latest?.graph !== graph) this.latest = new GraphIndex(graph, this);
    this.latest.forgetNames();
    return this.latest;
  }

  /** How long the formula of an equation is to read, computed once. */
  length(e: Equation): number {
    const known = this.lengths.get(e) ?? lengthOf(e.body);
    this.lengths.set(e, known);
    return known;
  }

  /** The key of an equation, computed once. */
  alphaKey(e: Equation): string {
    const known = this.keys.get(e) ?? alphaKey(e);
    this.keys.set(e, known);
    return known;
  }

  /** `before` and `after` are printed only where somebody reads them. */
  record(rule: string, realOnly: boolean, tensor: Tensor, before: () => string, after: () => string): void {
    const application: RuleApplication = {
      rule,
      realOnly,
      graph: this.graph,
      tensor: tensor.name,
      get before() {
        return before();
      },
      get after() {
        return after();
      },
    };
    this.context.log.push(application);
  }
}

/** Who writes and who reads each tensor, by position in the list. Built once for a graph (`indexOf`): no rescans. */
export class GraphIndex {
  readonly graph: Graph;
  readonly writers = new Map<Tensor, number[]>();
  readonly readers = new Map<Tensor, number[]>();
  readonly results: ReadonlySet<Tensor>;
  /** Tensors that a request for a gradient names: their definition and their readers must stay as they are. */
  readonly pinned = new Set<Tensor>();
  readonly asksForGradients: boolean;
  private names: Set<string> | undefined;

  constructor(graph: Graph, work: Workspace) {
    this.graph = graph;
    this.results = new Set(graph.results);
    graph.statements.forEach((s, position) => {
      for (const t of tensorsWritten(s)) push(this.writers, t, position);
      for (const t of work.tensorsRead(s)) push(this.readers, t, position);
      if (s.kind === "gradient") for (const t of [s.of, ...s.wrt]) this.pinned.add(t);
      if (s.kind === "override") for (const g of s.gradients) this.pinned.add(g.wrt);
    });
    this.asksForGradients = graph.statements.some((s) => s.kind === "gradient");
  }

  /** The one statement that computes a tensor. */
  onlyWriter(t: Tensor): Statement | undefined {
    const positions = this.writers.get(t);
    return positions?.length === 1 && !isPersistent(t) ? this.graph.statements[positions[0]!] : undefined;
  }

  /** The one equation `t[i, j] = …` that defines the whole of a tensor, reduced or not. */
  definition(t: Tensor): Equation | undefined {
    const writer = this.onlyWriter(t);
    return writer?.kind === "equation" && coversWhole(writer) ? writer : undefined;
  }

  /** The same, where its value at a place is just its body there. */
  pointwise(t: Tensor): Equation | undefined {
    const definition = this.definition(t);
    return definition?.reducer === null ? definition : undefined;
  }

  /** What the last sub-pass took and did not use is free again. */
  forgetNames(): void {
    this.names = undefined;
  }

  /** A name that no tensor of the graph has yet. */
  freshName(name: string): string {
    this.names ??= new Set(
      [...this.writers.keys(), ...this.readers.keys(), ...this.results].map((t) => t.name),
    );
    let free = name;
    for (let n = 2; this.names.has(free); n++) free = `${name}${n}`;
    this.names.add(free);
    return free;
  }

  /** The position of the first update of a persistent tensor; Infinity where it is never stored into. */
  firstWrite(t: Tensor): number {
    return this.writers.get(t)?.[0] ?? Infinity;
  }
}

function push<K>(map: Map<K, number[]>, key: K, position: number): void {
  const list = map.get(key);
  if (!list) map.set(key, [position]);
  else if (list[list.length - 1] !== position) list.push(position);
}
