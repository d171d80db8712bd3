/** A model as an ONNX file: what it learned, or how it starts, is put into the graph of inference. */
import type { CheckResult, CompileOptions } from "./index.ts";
import type { Context } from "./ir/context.ts";
import type { Diagnostics } from "./ir/diagnostics.ts";
import { tensorSize } from "./ir/interpreter.ts";
import type { ModelGraphs } from "./ir/model.ts";
import type { Dim, Tensor } from "./ir/types.ts";
import { exportGraph } from "./onnx/export.ts";
import { ReferenceModel } from "./reference/model.ts";

export interface OnnxOptions extends Pick<
  CompileOptions,
  "file" | "sizes" | "model" | "realOnlyRules" | "resolveImport" | "version"
> {
  /** Counts of dimensions by name. Others are as large as they may be where they size parameters, else they stay open. */
  readonly at?: Readonly<Record<string, number>>;
  /** Values of parameters and states by name, row-major. Without them the model is as initialised. */
  readonly weights?: ReadonlyMap<string, ArrayLike<number>>;
  /** Of initialisers. Default 1. */
  readonly seed?: number;
}

export interface OnnxResult extends CheckResult {
  /** null where a diagnostic is an error. */
  readonly bytes: Uint8Array | null;
}

/** Thrown where weights are not those of the model. */
export class WeightsError extends Error {}

export interface OnnxSettings {
  /** Counts of dimensions that were given one. */
  readonly counts: ReadonlyMap<Dim, number>;
  readonly weights: ReadonlyMap<string, ArrayLike<number>> | undefined;
  readonly seed: number;
  readonly version: string;
}

/** The bytes of the file; null where something was reported. */
export function onnxOf(
  graphs: ModelGraphs,
  context: Context,
  reporter: Diagnostics,
  { counts: given, weights, seed, version }: OnnxSettings,
): Uint8Array | null {
  const bound = graphs.program.dims.filter((d) => d.varies === "create");
  const counts = new Map([...bound.map((d) => [d, d.maximum] as const), ...given]);
  // Nothing that lasts is sized by another dimension.
  const sizes = Object.fromEntries(graphs.program.dims.map((d) => [d.name, counts.get(d) ?? d.minimum]));
  const start = weights === undefined ? new ReferenceModel(graphs, sizes, seed) : null;
  const values = (t: Tensor): ArrayLike<number> => start?.of(t) ?? learned(t, weights!, counts);
  return exportGraph(graphs, context, reporter, { counts, values, version });
}

function learned(
  tensor: Tensor,
  weights: ReadonlyMap<string, ArrayLike<number>>,
  counts: ReadonlyMap<Dim, number>,
): ArrayLike<number> {
  const values = weights.get(tensor.name);
  if (!values) throw new WeightsError(`\`${tensor.name}\` has no weights`);
  const size = tensorSize(tensor, counts);
  if (values.length === size) return values;
  throw new WeightsError(`\`${tensor.name}\` needs ${size} weights, but there are ${values.length}`);
}
