/** What `nnc compile` was asked for. */
export interface CompileFlags {
  readonly output?: string;
  /** Where it is not given, the level decides (`chosenTarget`). */
  readonly target?: "typescript" | "wasm" | "webgpu" | "auto";
  readonly O: "0" | "1" | "2";
  readonly set: Record<string, number | boolean>;
  readonly model?: string;
  readonly simplify: boolean;
  readonly exact?: true;
  readonly report?: true;
  readonly check?: true;
  readonly at: Record<string, number>;
  readonly trace?: true;
  readonly watch?: true;
  readonly json?: true;
}

/** What `nnc check` was asked for. */
export interface CheckFlags {
  readonly set: Record<string, number | boolean>;
  readonly json?: true;
}

/** What `nnc graph` was asked for. */
export interface GraphFlags {
  readonly output?: string;
  readonly as?: "svg" | "dot" | "mermaid";
  readonly detail: "1" | "2";
  readonly unrolled?: true;
  readonly set: Record<string, number | boolean>;
  readonly model?: string;
  readonly simplify: boolean;
  readonly exact?: true;
}

/** What `nnc fmt` was asked for. */
export interface FormatFlags {
  readonly check?: true;
}

/** What `nnc flow` was asked for. */
export interface FlowFlags {
  readonly at?: string;
  readonly weights?: string;
  readonly seed: number;
  readonly output?: string;
  readonly json?: true;
  readonly set: Record<string, number | boolean>;
  readonly model?: string;
}

/** What `nnc export` was asked for. */
export interface ExportFlags {
  readonly output: string;
  readonly weights?: string;
  readonly seed: number;
  readonly at: Record<string, number>;
  readonly set: Record<string, number | boolean>;
  readonly model?: string;
}

/** What `nnc types` was asked for. */
export interface TypesFlags {
  readonly check?: true;
  readonly target?: "typescript" | "wasm" | "webgpu" | "auto";
  readonly set: Record<string, number | boolean>;
}

/** What `nnc explain` was asked for. */
export interface ExplainFlags {
  readonly output?: string;
  readonly as: "index" | "matrix" | "delta" | "steps" | "table";
  readonly layout?: "rows" | "columns";
  readonly detail: "1" | "2" | "3";
  readonly at?: string;
  readonly of?: string;
  readonly set: Record<string, number | boolean>;
  readonly model?: string;
  readonly exact?: true;
}
