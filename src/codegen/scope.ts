/** What the parts of one generated module share. */
import type { Builder } from "../ir/builder.ts";
import type { Sources } from "../ir/source.ts";
import type { Program, ScalarType } from "../ir/types.ts";
import type { ExportedNames } from "./exports.ts";
import type { Names } from "./names.ts";

export interface ModuleScope {
  /** Names that helpers have: nothing inside a kernel may hide them. */
  readonly helperNames: Names;
  /** The names of the module: helpers, kernels, classes. */
  readonly globals: Names;
  /** What each model exports. */
  readonly exports: ReadonlyMap<Program, ExportedNames>;
  readonly sources: Sources;
  readonly builder: Builder;
  /** Whether this is asked for the first time: what all models share is printed with one of them. */
  isFirst(part: string): boolean;
  /** Notes that a helper function is used, so that it is emitted. */
  helper(name: string): void;
}

export const arrayTypes: Readonly<Record<ScalarType, string>> = {
  f32: "Float32Array",
  i32: "Int32Array",
  bool: "Uint8Array",
};
