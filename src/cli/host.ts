import type { Level } from "../ir/kernel.ts";
import type { Diagnostic } from "../ir/diagnostics.ts";
import type { Sources } from "../ir/source.ts";
import type { Choice, CostReport } from "../index.ts";

export { UsageError } from "../project/usage-error.ts";

/** What the commands need of the compiler; `src/index.ts` is one. */
export interface Compiler {
  compile(source: string, options: CompileSettings): Promise<Compilation>;
  check(source: string, options: CheckSettings): Checked | Promise<Checked>;
  graph(source: string, options: GraphSettings): Drawn | Promise<Drawn>;
  format(source: string, file: string): Formatted;
}

export interface CheckSettings {
  readonly file?: string;
  readonly sizes?: Record<string, number | boolean>;
  readonly model?: string;
  readonly resolveImport?: (specifier: string, from: string) => { file: string; text: string } | null;
}

export interface GraphSettings extends CheckSettings {
  readonly simplify?: boolean;
  readonly realOnlyRules?: boolean;
  readonly format?: "svg" | "dot" | "mermaid";
  readonly detail?: 1 | 2;
  readonly unrolled?: boolean;
}

export interface CompileSettings extends CheckSettings {
  readonly level?: Level;
  readonly simplify?: boolean;
  readonly realOnlyRules?: boolean;
  readonly target?: "typescript" | "wasm" | "webgpu" | "auto";
  readonly language?: "typescript" | "javascript";
  readonly report?: { readonly at?: Record<string, number> };
  readonly trace?: (stage: string, text: string) => void;
  readonly version?: string;
  readonly certificate?: string;
}

export interface Checked {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: Sources;
}

export interface Drawn extends Checked {
  readonly picture: string | null;
}

export interface Formatted extends Checked {
  readonly text: string | null;
}

export type OutputKind = "module" | "declaration" | "map" | "text";

export interface Compilation extends Checked {
  readonly outputs: readonly { readonly kind: OutputKind; readonly text: string }[];
  /** In the order of the source. */
  readonly models: readonly {
    readonly name: string;
    readonly report?: CostReport;
    readonly choice?: Choice;
  }[];
}

/** The world around a command: the terminal and the compiler. Tests bring their own. */
export interface Host {
  /** Where relative paths start. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether standard error is a terminal. */
  readonly terminal: boolean;
  readonly version: string;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Loaded when a command needs it, so that `nnc --help` starts fast. */
  loadCompiler(): Promise<Compiler>;
  /** Settles when the user asks to stop (Ctrl-C), which from this call on no longer ends the process. */
  interrupted(): Promise<void>;
}

/** Process exit codes. */
export const exitCode = { ok: 0, diagnostics: 1, usage: 2, internal: 3, interrupted: 130 } as const;
