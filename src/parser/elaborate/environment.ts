import { distance } from "fastest-levenshtein";
import type { Builder } from "../../ir/builder.ts";
import type { DiagnosticCode, DiagnosticParameters } from "../../ir/diagnostic-table.ts";
import type { Diagnostics, Note } from "../../ir/diagnostics.ts";
import { Reported } from "../../ir/diagnostics.ts";
import type { Sources } from "../../ir/source.ts";
import type { Affine, Builtins, Dim, Expr, Index, Output, Span, Statement, Tensor } from "../../ir/types.ts";
import type {
  CallExpression,
  Expression,
  FreezeStatement,
  OptimizerStatement,
  Statement as SyntaxStatement,
  TypeSyntax,
} from "../syntax.ts";
import type { PartsTable } from "./parts.ts";
import type { Binding, FileScope, Scope } from "./scope.ts";
import type { ArrayValue, InstanceValue, Value } from "./values.ts";

/** What elaborating one model gathers. */
export interface Gathered {
  readonly dims: Dim[];
  readonly inputs: Tensor[];
  readonly parameters: Tensor[];
  readonly states: Tensor[];
  readonly optimizerStates: Tensor[];
  /** Optimizer states that start as copies of their parameters, by name. */
  readonly shadows: { readonly name: string; readonly pairs: { parameter: Tensor; state: Tensor }[] }[];
  readonly hypers: Tensor[];
  readonly outputs: Output[];
  readonly metrics: Output[];
  readonly forward: Statement[];
  readonly statistics: Statement[];
  readonly update: Statement[];
  readonly initialise: Statement[];
  loss: Tensor | null;
  /** Kept until the whole model is known: they speak of every parameter. */
  readonly optimizers: { readonly statement: OptimizerStatement; readonly env: Environment }[];
  readonly frozen: { readonly statement: FreezeStatement; readonly env: Environment }[];
}

/**
 * The state of one elaboration, and the mutually recursive parts of the elaborator by name (so that the files that
 * hold them need not import one another in a circle).
 */
export interface Elaboration {
  readonly builder: Builder;
  readonly sources: Sources;
  readonly diagnostics: Diagnostics;
  readonly gathered: Gathered;
  readonly builtins: Builtins;
  /** Instances by path: a shared layer finds the layers inside it again at its second call. */
  readonly instances: Map<string, InstanceValue>;
  /** Compile-time values given from outside (`--set`), and which of them a declaration has taken. */
  readonly sizes: ReadonlyMap<string, number | boolean>;
  /** Tensor names taken so far. */
  readonly names: Set<string>;
  /** What the reader calls the indices of a tensor, by dimension. */
  readonly indexNames: Map<Tensor, readonly string[]>;
  readonly parts: PartsTable;
  /** Names that mean nothing and are reported, with the files they stand in. */
  readonly unknown: Set<string>;
  /** How many `random()` places were given out. */
  readonly places: { next: number };
  /** What was unrolled so far; each has a limit, so that no text takes for ever. */
  readonly limits: { turns: number; calls: number };

  readonly expression: (e: Expression, env: Environment) => Value;
  readonly call: (e: CallExpression, env: Environment) => Value;
  readonly block: (
    body: readonly SyntaxStatement[],
    env: Environment,
    result?: TypeSyntax,
  ) => ArrayValue | undefined;
}

export interface CallSite {
  readonly name: string;
  readonly span: Span;
}

/** Where an expression stands. Environments are never changed: inner ones are made by `{ ...env, … }`. */
export interface Environment {
  readonly scope: Scope;
  readonly home: FileScope;
  readonly owner: "model" | "function" | "layer" | "optimizer" | "initialiser";
  /** Prefix of what is defined here: `h.linear`; empty in a model. */
  readonly path: string;
  /** How often each callee was used under `path`, for `linear`, `linear2`. */
  readonly uses: Map<string, number>;
  /** Loop indices in scope, outermost first. */
  readonly indices: readonly Index[];
  /** Conditions known to hold here. */
  readonly assumptions: readonly Expr[];
  /** Inside `(… else …)`: range conditions are collected here instead of being demanded. */
  readonly protect: Expr[] | null;
  /** Where equations go. */
  readonly emit: Statement[];
  /** Functions and layers being elaborated, innermost last. */
  readonly calls: readonly CallSite[];
  /** Calls whose value was needed early, to infer the range of an index. */
  readonly evaluated: Map<Expression, Value>;
  /** The turns of the enclosing `for`s, part of every path: `h.3`. */
  readonly turns: readonly string[];
  /** What the result of a call standing here is called: the name of the definition that it is the value of. */
  readonly resultName?: string | undefined;
  /** The local name that `return` gives back: it is called what the result is called. */
  readonly returns?: string | undefined;
  /** The layer whose body this is. */
  readonly instance?: InstanceValue;
  /** In an initialiser: the extents that `fan_in` and `fan_out` speak of. */
  readonly fan?: { readonly in: Affine; readonly out: Affine };
  /** In an optimizer, and in what is called there: the value of `gradient_norm`. */
  readonly gradientNorm?: (() => ArrayValue) | undefined;
  /** Where what stands here is, element by element, what an initialiser draws: its name and shape. */
  readonly drawn?: { readonly name: string; readonly shape: readonly Affine[] } | undefined;
}

/** Where something else is computed than the elements of what is drawn. */
export const withoutDrawn = (env: Environment): Environment =>
  env.drawn ? { ...env, drawn: undefined } : env;

export const join = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

/** A tensor name that is still free: `name`, `name2`, … */
export function uniqueName(elab: Elaboration, name: string): string {
  let candidate = name;
  for (let n = 2; elab.names.has(candidate); n++) candidate = `${name}${n}`;
  elab.names.add(candidate);
  return candidate;
}

/** The path of the next use of `callee` under the environment's path: `h.linear`, `h.linear2`. */
export function pathOfUse(env: Environment, callee: string): string {
  const count = (env.uses.get(callee) ?? 0) + 1;
  env.uses.set(callee, count);
  return join(env.path, count === 1 ? callee : `${callee}${count}`);
}

/**
 * Reports a mistake. Inside a function of the library or another file, the frame shows the outermost call in the
 * user's own text, and a note leads inward.
 */
export function report<C extends DiagnosticCode>(
  elab: Elaboration,
  env: Environment,
  code: C,
  span: Span,
  parameters: DiagnosticParameters<C>,
  more: { notes?: readonly Note[]; help?: string | undefined } = {},
): void {
  const outermost = env.calls[0];
  if (!outermost || span.file === outermost.span.file) {
    elab.diagnostics.report(code, span, parameters, more);
    return;
  }
  const inward: Note = { message: `this is needed inside \`${env.calls.at(-1)!.name}\``, span };
  elab.diagnostics.report(code, outermost.span, parameters, {
    ...more,
    notes: [...(more.notes ?? []), inward],
  });
}

/** Reports, and leaves the construct. */
export function fail<C extends DiagnosticCode>(
  elab: Elaboration,
  env: Environment,
  code: C,
  span: Span,
  parameters: DiagnosticParameters<C>,
  more: { notes?: readonly Note[]; help?: string | undefined } = {},
): never {
  report(elab, env, code, span, parameters, more);
  throw new Reported();
}

/** Runs `f`; a mistake that is already reported gives undefined. */
export function attempt<T>(f: () => T): T | undefined {
  try {
    return f();
  } catch (e) {
    if (e instanceof Reported) return undefined;
    throw e;
  }
}

/** `did you mean …?`, where a known name is close. */
export function suggestion(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  // Of a single letter only the other case is close.
  let bestDistance = Math.min(Math.max(1, Math.floor(name.length / 3)), name.length - 1) + 1;
  for (const candidate of known) {
    const d = distance(name.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance && candidate !== name) [best, bestDistance] = [candidate, d];
  }
  return best === undefined ? undefined : `did you mean \`${best}\`?`;
}

export function bindingOf(elab: Elaboration, env: Environment, name: string, span: Span): Binding {
  const binding = env.scope.lookup(name);
  if (binding) {
    if (binding.kind === "failed") throw new Reported();
    return binding;
  }
  const callable = env.home.lookup(name);
  const known = ["training", "step", ...(env.gradientNorm ? ["gradient_norm"] : [])];
  const help = callable
    ? `\`${name}\` is a ${callable.declaration.kind}; call it, as in \`${name}(…)\``
    : ["parameter", "gradient", "gradient_norm"].includes(name)
      ? "only an optimizer and its arguments know it: `optimizer sgd(gradient = …)`"
      : suggestion(name, [...env.scope.visible(), ...env.home.visible(), ...known]);
  return failUnknown(elab, env, name, span, help);
}

/** A name that means nothing here: defined only later, or only in the turns of a `for`, or nowhere. */
export function failUnknown(
  elab: Elaboration,
  env: Environment,
  name: string,
  span: Span,
  help: string | undefined,
): never {
  const later = env.scope.announcement(name);
  if (later && later.name.file === span.file) {
    const { statement, inTurns } = later;
    const own = statement.start <= span.start && span.end <= statement.end;
    const where = own
      ? "in its own definition"
      : inTurns
        ? "outside the `for` that defines it"
        : "before its definition";
    const note = { message: "it is defined here", span: later.name };
    const hint = own
      ? "a recurrence needs a start and a `for`: `s: [n]`, `s[0] = …`, `for t in 0..n - 1 { s[t + 1] = … s[t] … }`"
      : inTurns
        ? "a `for` carries on what is defined before it; what it defines itself belongs to the turn"
        : "definitions are taken from top to bottom: move it above";
    fail(elab, env, "NN2035", span, { name, where }, { notes: own ? [] : [note], help: hint });
  }
  // What could not be read may have defined it.
  if (env.home.broken) throw new Reported();
  // A name that is missing is one mistake, however often it is used.
  const key = `${span.file} ${name}`;
  if (elab.unknown.has(key)) throw new Reported();
  elab.unknown.add(key);
  return fail(elab, env, "NN2001", span, { name }, { help });
}
