/** Names of kernels and locals: identifiers that a reader recognises, valid in JavaScript. */
import { expressionsOf, readsOf } from "../../ir/rewrite.ts";
import type { Affine, Equation, Program, Tensor } from "../../ir/types.ts";

const reserved = new Set(
  (
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends " +
    "false finally for function if implements import in instanceof interface let new null package private protected " +
    "public return static super switch this throw true try typeof undefined var void while with yield NaN Infinity"
  ).split(" "),
);

/** A name as a JavaScript identifier: letters of any script stay, what is no part of one becomes `_`. */
export function identifier(name: string): string {
  const plain = name.replace(/[^\p{ID_Continue}]+/gu, "_").replace(/_+$/u, "");
  const started = /^[\p{ID_Start}_]/u.test(plain) ? plain : `_${plain}`;
  return reserved.has(started) ? `${started}_` : started;
}

/** Hands out names that differ. */
export class NameSpace {
  private readonly taken = new Set<string>();

  /** Marks a name as used. */
  reserve(name: string): void {
    this.taken.add(name);
  }

  /** The first of the wanted names that is free, or the first with a number. */
  fresh(...wanted: readonly [string, ...string[]]): string {
    const [base, ...others] = wanted.map(identifier) as [string, ...string[]];
    let name = [base, ...others].find((w) => !this.taken.has(w)) ?? base;
    for (let n = 2; this.taken.has(name); n++) name = `${base}_${n}`;
    this.taken.add(name);
    return name;
  }
}

/** The last two steps of a path are enough inside one kernel: `h.linear.sum` is `linear_sum`. */
export function localName(t: Tensor): string {
  return identifier(t.name.split(".").slice(-2).join("_"));
}

/** The value of a tensor at a place: `linear_b_j` for `h.linear.b[j]`. */
export function placeName(t: Tensor, subscripts: readonly Affine[]): string {
  const places = subscripts.map((s) => {
    const atom = s.terms.length === 1 ? s.terms[0]!.atom : undefined;
    return atom?.kind === "index" ? atom.name : s.terms.length === 0 ? `${s.constant}` : "at";
  });
  return identifier([localName(t), ...places].join("_"));
}

/**
 * What a kernel is called after: the last equation that it computes. An adjoint is `d_` and the name of what it is of;
 * a starting value is `initial_` and the name of its tensor; a line of an optimizer is `adam_m` or `adam_parameter`,
 * whichever parameter it is for.
 */
export function groupName(equations: readonly Equation[], program: Program, initial: boolean): string {
  const { tensor, origin } = equations.at(-1)!;
  const { parameters, states, optimizerStates } = program;
  if (initial) return `initial_${tensor.name}`;
  if (parameters.includes(tensor) || optimizerStates.includes(tensor))
    return optimizerName(equations, program);
  const own = nameInOptimizer(tensor, program);
  if (own !== undefined) return own;
  const [step] = origin.steps ?? [];
  if (step) return `d_${step.wrt.name}`;
  return states.includes(tensor) ? `update_${tensor.name}` : tensor.name;
}

/** `lamb.u` of a definition `h.W.lamb.u` in the body of an optimizer, which is called after the parameter. */
function nameInOptimizer(t: Tensor, { parameters, update }: Program): string | undefined {
  if (t.role !== "definition" || update.length === 0) return undefined;
  const owner = parameters.find((p) => t.name.startsWith(`${p.name}.`));
  return owner && t.name.slice(owner.name.length + 1);
}

function optimizerName(equations: readonly Equation[], program: Program): string {
  const { parameters, optimizerStates } = program;
  const stored = [...new Set(equations.map((e) => e.tensor))];
  const touched = equations.flatMap((e) => [e.tensor, ...readsOf(...expressionsOf(e)).map((r) => r.tensor)]);
  // `<parameter path>.<optimizer>.<state>`
  const path = touched.find((t) => optimizerStates.includes(t))?.name.split(".");
  const defined = touched.map((t) => nameInOptimizer(t, program)).find((name) => name !== undefined);
  const optimizer = path?.at(-2) ?? defined?.split(".")[0] ?? "update";
  if (stored.length > 1) return optimizer;
  const [only] = stored;
  return `${optimizer}_${parameters.includes(only!) ? "parameter" : only!.name.split(".").at(-1)!}`;
}

/** The name of a tensor in a line of an optimizer, which is the same for every parameter. */
export function generalName(t: Tensor, program: Program): string {
  if (program.parameters.includes(t)) return "parameter";
  if (program.gradients.includes(t)) return "gradient";
  return program.optimizerStates.includes(t) ? t.name.split(".").at(-1)! : t.name;
}

/** A name for many: `h.0.linear` and `h.1.linear` are `h.linear`; starting values of whatever tensor are `initial`. */
export function sharedName(name: string, tensors: ReadonlySet<Tensor>): string {
  if (!name.startsWith("initial_")) return withoutNumbers(name);
  const [only, ...others] = new Set([...tensors].map((t) => withoutNumbers(t.name)));
  return others.length === 0 ? `initial_${only}` : "initial";
}

function withoutNumbers(name: string): string {
  const kept = name.split(".").filter((step) => !/^\d+$/.test(step));
  return kept.length > 0 ? kept.join(".") : name;
}
