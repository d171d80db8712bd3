/** What definitions are called, and where their values are elaborated. */
import type { Span } from "../../ir/types.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail, join } from "./environment.ts";

/** `h`, and in a `for` `h.3`. What a call returns is called like its result. */
export function pathOf(env: Environment, name: string): string {
  if (env.returns === name && env.turns.length === 0) return env.resultName ?? env.path;
  return [join(env.path, name), ...env.turns].join(".");
}

/**
 * Where the value of a definition is elaborated. Inside a function the path stays that of the definition that calls it:
 * `loss.shifted`, however deep the calls.
 */
export function environmentOf(env: Environment, path: string): Environment {
  const inner = {
    ...env,
    resultName: path,
    returns: undefined,
    drawn: undefined,
    evaluated: new Map(),
    turns: [],
  };
  return env.owner === "function" ? inner : { ...inner, path, uses: new Map() };
}

/**
 * What the result of the function or layer that is elaborated here is called: like the definition that it is the value
 * of; else a layer's path, or the function's name under the path of its caller.
 */
export function resultPath(env: Environment): string {
  if (env.resultName !== undefined) return env.resultName;
  const callee = env.calls.at(-1)?.name;
  return env.owner === "function" && callee !== undefined ? join(env.path, callee) : env.path;
}

/** A name is defined once, unless a `for` carries it. Returns nothing; a second definition is a mistake. */
export function requireNew(
  elab: Elaboration,
  env: Environment,
  name: { readonly text: string; readonly span: Span },
): void {
  const known = env.scope.own(name.text);
  if (!known || known.kind === "failed") return;
  fail(
    elab,
    env,
    "NN2002",
    name.span,
    { name: name.text },
    {
      notes: [{ message: "it is defined here", span: known.span }],
      help:
        env.owner === "optimizer" && name.text === "parameter"
          ? "its new value is `update parameter = …`"
          : "every name is defined once; choose another, or repeat with `for`",
    },
  );
}
