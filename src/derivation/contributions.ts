/** What every reader of a tensor contributes to its gradient: one step of the chain rule each. */
import type { Builder } from "../ir/builder.ts";
import { freeIndices } from "../ir/rewrite.ts";
import type { AdjointStep, Equation, Expr, Index, Statement, Tensor } from "../ir/types.ts";
import type { Contribution, Line } from "./derivation.ts";
import { neat } from "./neat.ts";
import { textOf } from "./text.ts";
import { linesOf, Translator } from "./translate.ts";

/** Everything of a contribution but its checks, which need a point. */
export type Unchecked = Omit<Contribution, "checks">;

/** Finds the gradient of a tensor, that of a hoisted reduction in the definition it is part of. */
export type AdjointOf = (t: Tensor) => Tensor | undefined;

export function contributionOf(b: Builder, s: Statement, adjointOf: AdjointOf): Unchecked {
  const line = linesOf(neatStatement(b, s))[0]!;
  const step = s.origin.steps?.[0];
  const tensor = s.kind === "gradient" ? s.of : s.tensor;
  const nothing = { read: null, upstream: null, local: null, summed: [], words: [], line };
  if (!step) return { ...nothing, kind: "given", reader: tensor.name };
  if (step.kind === "seed") return { ...nothing, kind: "seed", reader: step.wrt.name };
  const { of } = step;
  if (of.kind === "equation" && step.read && step.partial && s.kind === "equation")
    return chain(b, s, line, of, step.read.tensor, step, adjointOf);
  const reader = of.kind === "gradient" ? of.of : of.tensor;
  return { ...nothing, kind: of.kind === "override" ? "given" : "shape", reader: reader.name };
}

function chain(
  b: Builder,
  s: Equation,
  line: Line,
  of: Equation,
  wrt: Tensor,
  step: AdjointStep,
  adjointOf: AdjointOf,
): Unchecked {
  const adjoint = adjointOf(of.tensor);
  const upstream = adjoint ? b.read(adjoint, of.target) : undefined;
  const read = step.read!;
  const loops = [...of.indices, ...of.reduced];
  const partial = neat(b, step.partial!);
  const roots: Expr[] = [read, partial, ...(upstream ? [upstream] : [])];
  const t = new Translator(roots, loops);
  return {
    kind: "chain",
    reader: shownReader(of.tensor, adjointOf).name,
    read: t.formula(read),
    upstream: upstream ? t.formula(upstream) : null,
    local: t.formula(partial),
    summed: s.reduced.map((i) => i.name),
    words: words(t, of, wrt, step, line),
    line,
  };
}

/** The statement as it is printed. */
export function neatStatement(b: Builder, s: Statement): Statement {
  return s.kind === "equation" ? b.equation({ ...s, body: neat(b, s.body) }) : s;
}

/** The tensor whose gradient arrives. */
function shownReader(t: Tensor, adjointOf: AdjointOf): Tensor {
  const adjoint = adjointOf(t);
  while (t.hoistedFrom && adjointOf(t.hoistedFrom) === adjoint) t = t.hoistedFrom;
  return t;
}

/** What became of each loop of the reader: summed over, solved for, or the same. */
function words(t: Translator, of: Equation, wrt: Tensor, step: AdjointStep, line: Line): string[] {
  const read = step.read!;
  const place = textOf(t.formula(read));
  const loops = [...of.indices, ...of.reduced].filter((i) => !isOne(i));
  const free = freeIndices(...read.subscripts);
  const absent = loops.filter((i) => !free.has(i)).map((i) => t.index(i));
  const sentences: string[] = [];
  if (absent.length > 0) {
    const each = absent.length === 1 ? `every ${absent[0]}` : `all ${listed(absent)}`;
    const verb = absent.length === 1 ? "does" : "do";
    sentences.push(
      `${listed(absent)} ${verb} not occur in ${place}: ${each} contribute${absent.length === 1 ? "s" : ""}, so their sum is taken.`,
    );
  } else if (loops.length > 0 && wrt.shape.length > 0) {
    sentences.push(`Every index of the equation occurs in ${place}: nothing is summed.`);
  }
  for (const [index, value] of step.solution ?? []) {
    const solved = new Translator([value], [...freeIndices(value)]);
    sentences.push(`Solved for ${index.name}: ${index.name} = ${textOf(solved.formula(value))}.`);
  }
  const guards = [...line.where, ...(line.right.kind === "reduce" ? line.right.where : [])];
  if (guards.length > 0) sentences.push(`Only where ${guards.map((g) => textOf(g)).join(" and ")}.`);
  return sentences;
}

const isOne = (i: Index): boolean => i.extent.terms.length === 0 && i.extent.constant === 1;

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  if (items.length <= 1) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)!}`;
}
