/** The statements of a body, in order. A mistake in one leaves its name marked, and the next is elaborated. */
import { Reported } from "../../ir/diagnostics.ts";
import type { Definition, ForStatement, Statement, TypeSyntax } from "../syntax.ts";
import { declareDim, declareFrozen, declareInput, declareLoss, declareOptimizer } from "./declarations.ts";
import { defineName } from "./definitions.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { attempt, fail, report } from "./environment.ts";
import { indexedResult } from "./indexed.ts";
import { freeNames } from "./infer.ts";
import { matchType } from "./match.ts";
import { arrayExpression } from "./operands.ts";
import { declareParam, declareState } from "./owned.ts";
import { requireCondition } from "./require.ts";
import { Scope } from "./scope.ts";
import { extentsOf, fitElement } from "./shapes.ts";
import { update } from "./updates.ts";
import type { ArrayValue } from "./values.ts";
import { castValue, scalar, sizeOf } from "./values.ts";

/** More turns than this in one model are a mistake, not a network. */
const mostTurns = 20_000;

const anywhere = ["model", "function", "layer", "optimizer", "initialiser"];
/** Where each statement may stand. */
const places: Readonly<Record<Statement["kind"], readonly string[]>> = {
  dim: ["model"],
  input: ["model"],
  loss: ["model"],
  optimizer: ["model"],
  freeze: ["model"],
  param: ["model", "layer"],
  state: ["model", "layer", "optimizer"],
  update: ["model", "layer", "optimizer"],
  definition: anywhere,
  typed: anywhere,
  for: anywhere,
  require: anywhere,
  return: ["function", "layer", "initialiser"],
};

export function block(
  elab: Elaboration,
  body: readonly Statement[],
  place: Environment,
  result?: TypeSyntax,
): ArrayValue | undefined {
  const last = body.at(-1);
  const returns = last?.kind === "return" && last.value.kind === "name" ? last.value.name : undefined;
  const env: Environment = { ...place, returns };
  const types = new Map<string, TypeSyntax>();
  for (const s of body) if (s.kind === "typed") types.set(s.name.text, s.type);
  adoptResultType(body, types, result);
  announce(env.scope, body, false);
  let returned: ArrayValue | undefined;
  let failed = false;
  for (const s of body) {
    const done = attempt(() => {
      if (s.kind === "return" && s.value.kind === "error") throw new Reported();
      if (!places[s.kind].includes(env.owner)) {
        fail(elab, env, "NN2019", s.span, { statement: statementName(s), place: placeName(env.owner) });
      }
      if (s.kind === "return") {
        if (s !== last)
          fail(elab, env, "NN2025", s.span, { problem: "`return` ends a body: nothing follows it" });
        returned = returnValue(elab, env, s.value, result);
      } else execute(elab, env, s, types);
      return true;
    });
    if (done) continue;
    failed = true;
    // What follows relies on it.
    if (s.kind === "require" && env.owner !== "model") break;
    markFailed(elab, env.scope, s);
  }
  // Inside a call the caller has nothing to go on with; the mistake itself is already reported.
  if (failed && !returned && env.owner !== "model") throw new Reported();
  return returned;
}

/** What a statement should have defined has no value: its mistake is reported, so the uses of the name are not. */
function markFailed(elab: Elaboration, scope: Scope, s: Statement, inTurns = false): void {
  if (s.kind === "for") s.body.forEach((inner) => markFailed(elab, scope, inner, true));
  const defines =
    s.kind === "definition" ||
    s.kind === "input" ||
    s.kind === "param" ||
    s.kind === "state" ||
    s.kind === "dim";
  if (!defines) return;
  const name = s.name.text;
  const known = scope.own(name);
  const tensor = known?.kind === "value" && known.value.kind === "array" ? known.value.tensor : undefined;
  const inParts = tensor !== undefined && elab.parts.delete(tensor);
  // The turns that were not reached would have changed what the loop carries.
  if (!known || inParts || inTurns) scope.bind(name, { kind: "failed", span: s.name.span });
}

/** Every name that the statements will define. */
function announce(scope: Scope, body: readonly Statement[], inTurns: boolean): void {
  for (const s of body) {
    if (s.kind === "for") announce(scope, s.body, true);
    const defines =
      s.kind === "definition"
        ? s.value !== undefined
        : "name" in s && s.kind !== "update" && s.kind !== "optimizer" && s.kind !== "typed";
    if (defines && "name" in s)
      scope.announce(s.name.text, { name: s.name.span, statement: s.span, inTurns });
  }
}

/** `return y` gives `y[…] = …` the declared result type, where y has none of its own. */
function adoptResultType(
  body: readonly Statement[],
  types: Map<string, TypeSyntax>,
  result?: TypeSyntax,
): void {
  const last = body.at(-1);
  if (!result || last?.kind !== "return" || last.value.kind !== "name") return;
  const name = last.value.name;
  const indexed = body.some(
    (s) => s.kind === "definition" && s.name.text === name && s.subscripts && !s.type,
  );
  if (indexed && !types.has(name)) types.set(name, result);
}

function statementName(s: Statement): string {
  if (s.kind === "definition") return s.as ? `\`${s.as}\`` : "a definition";
  return s.kind === "typed" ? "a declared type" : `\`${s.kind}\``;
}

function placeName(owner: Environment["owner"]): string {
  return owner === "optimizer" || owner === "initialiser" ? `an ${owner}` : `a ${owner}`;
}

function execute(
  elab: Elaboration,
  env: Environment,
  s: Exclude<Statement, { kind: "return" }>,
  types: ReadonlyMap<string, TypeSyntax>,
): void {
  switch (s.kind) {
    case "dim":
      return declareDim(elab, env, s);
    case "input":
      return declareInput(elab, env, s);
    case "param":
      return declareParam(elab, env, s);
    case "state":
      return declareState(elab, env, s);
    case "update":
      return update(elab, env, s);
    case "loss":
      return declareLoss(elab, env, s);
    case "optimizer":
      return declareOptimizer(elab, env, s);
    case "freeze":
      return declareFrozen(elab, env, s);
    case "definition":
      return definition(elab, env, s, types);
    case "for":
      return repeat(elab, env, s, types);
    case "require":
      return requireCondition(elab, env, s);
    case "typed":
      if (env.scope.announcement(s.name.text) || env.home.broken) return;
      fail(
        elab,
        env,
        "NN2001",
        s.name.span,
        { name: s.name.text },
        {
          help: `only its type is declared: \`${s.name.text}[…] = …\` is missing`,
        },
      );
  }
}

function definition(
  elab: Elaboration,
  env: Environment,
  s: Definition,
  types: ReadonlyMap<string, TypeSyntax>,
): void {
  if (s.as && env.owner !== "model") {
    report(elab, env, "NN2019", s.span, { statement: statementName(s), place: placeName(env.owner) });
  }
  defineName(elab, env, s, s.type ?? types.get(s.name.text));
}

/** `for l in 0..50 { … }`: elaborated once a turn; names from outside are carried, new ones belong to the turn. */
function repeat(
  elab: Elaboration,
  env: Environment,
  s: ForStatement,
  types: ReadonlyMap<string, TypeSyntax>,
): void {
  const bound = (e: ForStatement["from"]): number => {
    const size = sizeOf(arrayExpression(elab, e, env));
    const value = size && elab.builder.constantOf(size);
    if (value !== undefined) return value;
    const help = size && "turns are counted at compile time: make the dimension static, as in `dim n = 64`";
    return fail(elab, env, "NN2012", e.span, { what: "a bound of `for`", wanted: "an integer" }, { help });
  };
  const from = bound(s.from);
  const to = bound(s.to);
  if (to < from) {
    const problem = `a loop counts up, but this one goes from ${from} to ${to}`;
    const help = "to go down, subtract: `x[n - 1 - t]`";
    fail(elab, env, "NN2025", s.from.span, { problem }, { help });
  }
  if (elab.limits.turns + (to - from) > mostTurns) {
    fail(elab, env, "NN2028", s.span, { what: "the number of turns", limit: String(mostTurns) });
  }
  for (let turn = from; turn < to; turn++) {
    elab.limits.turns++;
    const scope = new Scope(env.scope, true);
    const value = scalar(elab.builder.integer(turn));
    scope.bind(s.variable.text, { kind: "value", value, span: s.variable.span, constant: "turn" });
    const inner = { ...env, scope, turns: [...env.turns, String(turn)] };
    for (const statement of s.body) {
      if (statement.kind === "return" || !places[statement.kind].includes(env.owner) || isOnce(statement)) {
        fail(elab, env, "NN2019", statement.span, { statement: statementName(statement), place: "a `for`" });
      }
      execute(elab, inner, statement, types);
    }
  }
}

const isOnce = (s: Statement): boolean =>
  s.kind === "dim" ||
  s.kind === "input" ||
  s.kind === "loss" ||
  s.kind === "optimizer" ||
  s.kind === "freeze" ||
  (s.kind === "definition" && s.as !== undefined);

/**
 * The value of `return`. Index names that mean nothing else are its free indices, in order of first appearance; their
 * ranges come from the declared result type.
 */
function returnValue(
  elab: Elaboration,
  env: Environment,
  e: Parameters<Elaboration["expression"]>[0],
  result?: TypeSyntax,
): ArrayValue {
  const free = freeNames(env, e);
  if (free.length > 0) return indexedResult(elab, env, free, e, result);
  const value = arrayExpression(elab, e, env);
  if (!result) return value;
  return fitResult(elab, env, value, result, e.span);
}

function fitResult(
  elab: Elaboration,
  env: Environment,
  value: ArrayValue,
  result: TypeSyntax,
  span: Definition["span"],
): ArrayValue {
  if (result.extents === undefined) return fitElement(elab, env, result, value, "the result", span);
  const declared = attempt(() => extentsOf(elab, env, result.extents!));
  if (!declared) throw new Reported();
  if (value.shape.length === 0 && declared.length > 0) {
    const { builder: b } = elab;
    const scalarValue =
      result.element === "float" || result.element === "distribution" ? castValue(b, value, "f32") : value;
    return {
      ...scalarValue,
      shape: declared,
      at: (subscripts, shape) =>
        value.flexible ? scalarValue.at(subscripts, shape) : scalarValue.at([], []),
    };
  }
  return matchType(elab, env, result, value, new Scope(env.scope), "the result", span);
}
