import type { Builder } from "./builder.ts";
import type { Sources } from "./source.ts";
import type { Graph } from "./types.ts";

/** One application of a simplification rule, for the log that readers and tests see. */
export interface RuleApplication {
  readonly rule: string;
  /** True where the rule holds over the real numbers but not for every 32-bit float. */
  readonly realOnly: boolean;
  /** The graph it was applied in: `train`, `forward`, `evaluate`, `initialise`. */
  readonly graph: string;
  /** The tensor whose equation changed. */
  readonly tensor: string;
  readonly before: string;
  readonly after: string;
}

export interface Options {
  /** Apply rules that hold over the reals only (cancelling p·(1/p), log σ(z) = −softplus(−z)). Default true. */
  readonly realOnlyRules: boolean;
}

/** What every pass is given besides its input. */
export interface Context {
  readonly builder: Builder;
  readonly sources: Sources;
  readonly options: Options;
  readonly log: RuleApplication[];
  /** Hears of every sub-pass of simplification that changed something: the graph before it and after it, and its rules. */
  readonly observe?: (before: Graph, after: Graph, rules: readonly RuleApplication[]) => void;
}

/** A pass: a name, one line on what it does, and a function from graph to graph. */
export interface Pass {
  readonly name: string;
  readonly doc: string;
  readonly run: (graph: Graph, context: Context) => Graph;
}
