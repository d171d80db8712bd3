/** What the commands that run models were asked for. */
import type { Missing } from "../data/encoding.ts";
import type { Mapping } from "../data/mapping.ts";
import type { Scaling } from "../data/normalise.ts";

/** What `nnc train` was asked for. */
export interface TrainFlags {
  readonly data: readonly string[];
  readonly valid: readonly string[];
  readonly map: readonly Mapping[];
  /** Without an input: for all that are not to be predicted. */
  readonly normalise: readonly { readonly input: string | null; readonly scaling: Scaling }[];
  readonly missing?: Missing;
  readonly epochs: number;
  readonly batch?: number;
  readonly seed: number;
  readonly seedIsGiven: boolean;
  readonly hyper: readonly { readonly name: string; readonly value: number; readonly from: number }[];
  readonly target: "auto" | "typescript" | "wasm" | "webgpu";
  readonly threads: number;
  readonly set: Record<string, number | boolean>;
  readonly model?: string;
  readonly save?: string;
  readonly every?: number;
  readonly resume?: string;
  readonly plot?: string;
  readonly log?: true;
  readonly json?: true;
}

/** What `nnc predict` was asked for. */
export interface PredictFlags {
  readonly weights: string;
  readonly data: readonly string[];
  readonly output?: string;
  readonly model?: string;
}

/** What `nnc gradcheck` was asked for. */
export interface GradientCheckFlags {
  readonly seed: number;
  readonly samples?: number;
  readonly set: Record<string, number | boolean>;
  readonly model?: string;
  readonly simplify: boolean;
  readonly exact?: true;
  readonly json?: true;
}
