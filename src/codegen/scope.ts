/** What the parts of one generated module share. */
import type { Builder } from "../ir/builder.ts";
import type { Sources } from "../ir/source.ts";
import type { ScalarType } from "../ir/types.ts";
import type { Names } from "./names.ts";

export interface ModuleScope {
  /** Names that helpers have: nothing inside a kernel may hide them. */
  readonly helperNames: Names;
  /** The names of the module: helpers, kernels, classes. */
  readonly globals: Names;
  readonly sources: Sources;
  readonly builder: Builder;
  /** Notes that a helper function is used, so that it is emitted. */
  helper(name: string): void;
}

export const arrayTypes: Readonly<Record<ScalarType, string>> = {
  f32: "Float32Array",
  i32: "Int32Array",
  bool: "Uint8Array",
};
