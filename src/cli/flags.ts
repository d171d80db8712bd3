/** What `nnc compile` was asked for. */
export interface CompileFlags {
  readonly output?: string;
  readonly target: "typescript" | "wasm";
  readonly O: "0" | "1" | "2";
  readonly set: Record<string, number | boolean>;
  readonly model?: string;
  readonly simplify: boolean;
  readonly exact?: true;
  readonly report?: true;
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
