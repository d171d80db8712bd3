/** Names of kernels and locals: identifiers that a reader recognises, valid in JavaScript. */
import type { Equation, Origin, Tensor } from "../../ir/types.ts";

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

  fresh(wanted: string): string {
    const base = identifier(wanted);
    let name = base;
    for (let n = 2; this.taken.has(name); n++) name = `${base}_${n}`;
    this.taken.add(name);
    return name;
  }
}

/** The last two steps of a path are enough inside one kernel: `h.linear.sum` is `linear_sum`. */
export function localName(t: Tensor): string {
  return identifier(t.name.split(".").slice(-2).join("_"));
}

/** What a kernel is called after: the equation that it computes. An adjoint is `d_` and the name of what it is of. */
export function kernelName(e: Equation | { readonly tensor: Tensor; readonly origin: Origin }): string {
  const { step } = e.origin;
  if (step) return `d_${step.wrt.name}`;
  return e.tensor.name;
}
