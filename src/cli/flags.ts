/** What `nnc compile` was asked for. */
export interface CompileFlags {
  readonly output?: string;
  readonly O: "0" | "1";
  readonly set: Record<string, number | boolean>;
  readonly model?: string;
  readonly simplify: boolean;
  readonly exact?: true;
  readonly trace?: true;
  readonly watch?: true;
  readonly json?: true;
}

/** What `nnc check` was asked for. */
export interface CheckFlags {
  readonly set: Record<string, number | boolean>;
  readonly json?: true;
}
