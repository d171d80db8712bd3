/** The inputs of a model as whoever brings data sees them: plain facts, without expressions. */
import { tensorsRead } from "./dependences.ts";
import type { ModelGraphs } from "./model.ts";
import type { Affine, Dim, ScalarType, Tensor } from "./types.ts";

export interface ModelInput {
  readonly name: string;
  readonly type: ScalarType;
  /** Whether its first dimension counts the examples; else every call is given the same values. */
  readonly hasExamples: boolean;
  /** The extents of one example; a text is a dimension that is bound when the model is created. */
  readonly extents: readonly (number | string)[];
  /** Integers lie between 0 and this number, or this dimension, − 1. */
  readonly below: number | string | null;
  /** Whether every row must sum to 1. */
  readonly distribution: boolean;
  /** Whether only the loss needs it: what is to be predicted. */
  readonly isTarget: boolean;
}

export interface ModelInputs {
  readonly inputs: readonly ModelInput[];
  /** How many examples a call takes: at most so many, or exactly; null where no input has examples. */
  readonly batch: { readonly count: number; readonly isExact: boolean } | null;
  /** What stands in the way of training by examples; null where nothing does. */
  readonly problem: string | null;
}

/**
 * The dimension of the examples is the one that varies by call; where none does, the first extent that all inputs share.
 */
export function describeInputs({ program, forward }: ModelGraphs): ModelInputs {
  const { inputs } = program;
  const varying = [...new Set(inputs.flatMap((t) => varyingDims(t)))];
  const firsts = [...new Set(inputs.flatMap((t) => t.shape.slice(0, 1)))];
  const common = firsts.length === 1 && firsts[0]!.terms.length === 0 ? firsts[0]! : null;
  const first = varying.length > 0 ? null : common;
  const needed = new Set(forward.statements.flatMap(tensorsRead));
  const described = inputs.map((t): ModelInput => {
    const hasExamples =
      t.shape.length > 0 && (first ? t.shape[0] === first : dimOf(t.shape[0]!)?.varies === "call");
    return {
      name: t.name,
      type: t.type,
      hasExamples,
      extents: (hasExamples ? t.shape.slice(1) : t.shape).map((e) => plain(e) ?? NaN),
      below: t.below ? plain(t.below) : null,
      distribution: t.distribution === true,
      isTarget: !needed.has(t),
    };
  });
  const odd = described.find((i) => i.extents.some((e) => Number.isNaN(e)));
  const [dim] = varying;
  return {
    inputs: described,
    batch: dim
      ? { count: dim.maximum, isExact: false }
      : first
        ? { count: first.constant, isExact: true }
        : null,
    problem:
      varying.length > 1
        ? `inputs have different counts by call: ${varying.map((d) => d.name).join(", ")}`
        : odd
          ? `the shape of input \`${odd.name}\` is more than numbers and dimensions`
          : null,
  };
}

function varyingDims(tensor: Tensor): Dim[] {
  return tensor.shape.flatMap((extent) => {
    const dim = dimOf(extent);
    return dim?.varies === "call" ? [dim] : [];
  });
}

/** The dimension that an extent is, and nothing else. */
function dimOf({ constant, terms }: Affine): Dim | null {
  const [term] = terms;
  return constant === 0 && terms.length === 1 && term!.factor === 1 && term!.atom.kind === "dim"
    ? term!.atom
    : null;
}

/** A number, or the name of a dimension; null for anything else. */
function plain(extent: Affine): number | string | null {
  return extent.terms.length === 0 ? extent.constant : (dimOf(extent)?.name ?? null);
}
