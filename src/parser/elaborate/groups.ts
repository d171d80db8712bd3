/** The arguments of an optimizer statement, and those that its groups give to some parameters instead. */
import { Reported } from "../../ir/diagnostics.ts";
import type { Tensor } from "../../ir/types.ts";
import type { Argument, OptimizerDeclaration, OptimizerStatement } from "../syntax.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail, suggestion } from "./environment.ts";
import { matching } from "./patterns.ts";
import type { Callable } from "./scope.ts";

/** `gradient = …` in a call is what the optimizer takes for the gradient. */
export const gradientArgument = "gradient";

/** `for "*.b" (decay = 0)`: other arguments, by name, for the parameters that match. */
export interface Group {
  readonly members: ReadonlySet<Tensor>;
  readonly arguments: ReadonlyMap<string, Argument>;
}

/** The `gradient = …` of the call, and all other arguments. */
export function splitGradient(
  elab: Elaboration,
  env: Environment,
  s: OptimizerStatement,
): { readonly gradient: Argument | undefined; readonly others: readonly Argument[] } {
  const isGradient = (a: Argument): boolean => a.name?.text === gradientArgument;
  const [gradient, again] = s.arguments.filter(isGradient);
  if (again) givenTwice(elab, env, s, again);
  return { gradient, others: s.arguments.filter((a) => !isGradient(a)) };
}

function givenTwice(elab: Elaboration, env: Environment, s: OptimizerStatement, a: Argument): never {
  const problem = `\`${a.name!.text}\` is given twice`;
  return fail(elab, env, "NN2010", a.span, { callee: s.name.text, problem });
}

export function groupsOf(
  elab: Elaboration,
  env: Environment,
  s: OptimizerStatement,
  callable: Callable,
  declaration: OptimizerDeclaration,
): Group[] {
  const known = [...declaration.parameters.map((p) => p.name.text), gradientArgument];
  const declared = {
    message: `\`${s.name.text}\` is declared here`,
    span: callable.declaration.name.span,
  };
  return s.groups.map((group) => {
    const given = new Map<string, Argument>();
    if (group.arguments.length === 0) {
      const problem = "a group says what is different for its parameters";
      const help = `for example \`(${known[0]} = …)\``;
      fail(elab, env, "NN2010", group.span, { callee: s.name.text, problem }, { notes: [declared], help });
    }
    for (const a of group.arguments) {
      if (a.value.kind === "error") throw new Reported();
      const problem = !a.name
        ? "what is different for some parameters is given by name"
        : known.includes(a.name.text)
          ? undefined
          : `it has no parameter \`${a.name.text}\``;
      const takes = known.map((name) => `\`${name}\``).join(", ");
      const help = (a.name && suggestion(a.name.text, known)) ?? `it takes ${takes}`;
      if (problem !== undefined)
        fail(elab, env, "NN2010", a.span, { callee: s.name.text, problem }, { notes: [declared], help });
      if (given.has(a.name!.text)) givenTwice(elab, env, s, a);
      given.set(a.name!.text, a);
    }
    return { members: matching(elab, env, group.patterns), arguments: given };
  });
}

/** What the groups give to one parameter; of several that give the same argument, the last. */
export function overridesFor(groups: readonly Group[], parameter: Tensor): Map<string, Argument> {
  const overrides = new Map<string, Argument>();
  for (const group of groups) {
    if (!group.members.has(parameter)) continue;
    for (const [name, argument] of group.arguments) overrides.set(name, argument);
  }
  return overrides;
}
