/** The derivative that the compiler derives for a documented example, printed for readers. */
import { slice, tensorsRead, tensorsWritten } from "../../src/ir/dependences.ts";
import { printStatement } from "../../src/ir/printer.ts";
import { reassemble } from "../../src/ir/reassemble.ts";
import type { Program, Statement, Tensor } from "../../src/ir/types.ts";
import { buildGraphs } from "../../src/pipeline.ts";
import type { Example } from "./examples.ts";
import { differentiable, modelOf, programOf } from "./examples.ts";

export interface Derivative {
  /** The gradients of inputs and parameters, in the order of their lines. */
  readonly gradients: readonly string[];
  /** The same with everything that these lines refer to. */
  readonly all: readonly string[];
}

/** The gradients of everything that the example is a function of, simplified. `callee` is what it is an example of. */
export function derivativeOf(example: Example, callee: string): Derivative {
  const { program, context } = programOf(differentiable(example), example.library);
  const { backward } = buildGraphs(program, context, { simplify: true });
  const needed = slice(backward, program.gradients, "drop").statements;
  const statements = reassemble(needed, context.builder);
  const rename = shortNames(statements, program, callee);
  const results = new Set<Tensor>(program.gradients);
  const isResult = (s: Statement): boolean => tensorsWritten(s).some((t) => results.has(t));
  const print = (s: Statement): string => rename(printStatement(s));
  return { gradients: statements.filter(isResult).map(print), all: statements.map(print) };
}

/** What the optimizer of the example does with its first parameter. */
export function updatesOf({ body, library }: Example, callee: string): string[] {
  const { program, context } = programOf(modelOf(body), library);
  const { update } = buildGraphs(program, context, { simplify: true });
  const [first, ...others] = program.trained;
  if (!first) throw new Error(`the example of ${callee} trains nothing`);
  const ofOthers = (t: Tensor): boolean =>
    others.some((p) => t === p || t.name.startsWith(`${p.name}.`) || t.name.startsWith(`d${p.name}.`));
  const own = update.statements.filter((s) => !tensorsWritten(s).some(ofOthers));
  const statements = reassemble(own, context.builder);
  const rename = shortNames(statements, program, callee, first);
  return statements.map((s) => rename(printStatement(s)));
}

/**
 * A path is shortened to what the library calls the tensor, `y.layer_norm.gain` to `gain`, wherever no other tensor
 * ends up with the same name.
 */
function shortNames(
  statements: readonly Statement[],
  program: Program,
  callee: string,
  parameter?: Tensor,
): (formula: string) => string {
  const owners = [...new Set(program.forward.map((s) => rootOf(s)))];
  if (parameter) owners.push(parameter.name);
  const prefixes = [...owners.map((o) => `${o}.${callee}.`), ...owners.map((o) => `${o}.`)];
  const tensors = new Set(statements.flatMap((s) => [...tensorsWritten(s), ...tensorsRead(s)]));
  const short = new Map([...tensors].map((t) => [t.name, shortName(t, prefixes)]));
  const taken = new Map<string, number>();
  for (const name of short.values()) taken.set(name, (taken.get(name) ?? 0) + 1);
  return (formula) =>
    formula.replace(/[\p{L}_][\p{L}\p{N}\p{M}_.]*/gu, (name) => {
      const other = short.get(name);
      return other !== undefined && taken.get(other) === 1 ? other : name;
    });
}

/** The definition that a statement is part of: `y` for `y.layer_norm.m`. */
const rootOf = (s: Statement): string => tensorsWritten(s)[0]!.name.split(".")[0]!;

/** A reduction that stands for itself is named after its reducer: alone, that says nothing. */
const isReducer = /^(sum|prod|max|min|argmax|argmin|mean)\d*$/;

function shortName({ name, role }: Tensor, prefixes: readonly string[]): string {
  const [, mark = "", path = name] = role === "adjoint" ? (/^(d\d*)(.*)$/.exec(name) ?? []) : [];
  const prefix = prefixes.find((p) => path.startsWith(p) && !isReducer.test(path.slice(p.length)));
  return prefix === undefined ? name : mark + path.slice(prefix.length);
}
