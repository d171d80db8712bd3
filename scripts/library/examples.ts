/** The documented examples of the library as models: whole ones, and ones in which everything has a gradient. */
import { Builder } from "../../src/ir/builder.ts";
import type { Context } from "../../src/ir/context.ts";
import { Diagnostics } from "../../src/ir/diagnostics.ts";
import { printExpr } from "../../src/ir/printer.ts";
import { Sources } from "../../src/ir/source.ts";
import type { Program } from "../../src/ir/types.ts";
import { elaborate } from "../../src/parser/elaborate/elaborate.ts";
import type { SourceText } from "../../src/parser/elaborate/files.ts";
import { parse } from "../../src/parser/parse.ts";
import type { InputStatement, Statement } from "../../src/parser/syntax.ts";

/** A documented example, and the texts of the library that it is compiled with. */
export interface Example {
  readonly body: string;
  readonly library: readonly SourceText[];
}

export interface Elaborated {
  readonly program: Program;
  readonly context: Context;
}

/** The example as it stands, as a model. */
export const modelOf = (body: string): string => `model Example {\n${body.replace(/^(?=.)/gm, "  ")}\n}\n`;

/** The program of a source without mistakes. */
export function programOf(source: string, library: readonly SourceText[]): Elaborated {
  const [builder, sources, diagnostics] = [new Builder(), new Sources(), new Diagnostics()];
  const program = elaborate({
    source: { file: "example.nn", text: source },
    library,
    resolveImport: () => null,
    sizes: new Map(),
    builder,
    sources,
    diagnostics,
  });
  if (!program) throw new Error(`${diagnostics.all.map((d) => d.message).join("\n")}, in\n${source}`);
  return { program, context: { builder, sources, options: { realOnlyRules: true }, log: [] } };
}

/** The statements of an example at its top level. */
export function statementsOf(source: string): readonly Statement[] {
  const [model] = parse(source, "example.nn", new Diagnostics()).declarations;
  return model?.kind === "model" ? model.body : [];
}

const isFloat = (s: Statement): s is InputStatement => s.kind === "input" && s.type.element === "float";
const isDistribution = (s: Statement): s is InputStatement =>
  s.kind === "input" && s.type.element === "distribution";

/** Whether an example says itself how it is trained; it is then taken as it stands. */
export const isTrained = (body: string): boolean =>
  statementsOf(modelOf(body)).some((s) => s.kind === "optimizer");

/** Whether an example has inputs that must be distributions: of these, `differentiable` can make a second model. */
export const hasDistributions = (body: string): boolean => statementsOf(modelOf(body)).some(isDistribution);

/**
 * The same model with a gradient for everything: its inputs of floats are parameters, and where it has no loss, the
 * loss is the sum of its outputs with weights that are given, `dy` for an output `y`. With `free`, also what must be a
 * distribution is a parameter, without that condition.
 */
export function differentiable({ body, library }: Example, free = false): string {
  const source = modelOf(body);
  if (isTrained(body)) return source;
  const statements = statementsOf(source);
  const inputs = statements.filter((s): s is InputStatement => isFloat(s) || (free && isDistribution(s)));
  let text = source;
  for (const { name, type, span } of inputs.toReversed()) {
    const shape = source.slice(type.span.start, type.span.end).replace(/^\w+/, "");
    text = `${text.slice(0, span.start)}param ${name.text}: ${shape} ~ normal(0, 1)${text.slice(span.end)}`;
  }
  return withLoss(text, library);
}

/** A model as it stands, or, where it has no loss, with the sum of its outputs with weights that are given. */
export function withLoss(source: string, library: readonly SourceText[]): string {
  if (statementsOf(source).some((s) => s.kind === "loss")) return source;
  return source.replace(/\}\n$/, `${weighted(programOf(source, library).program)}}\n`);
}

function weighted({ outputs }: Program): string {
  const floats = outputs.filter((o) => o.tensor.type === "f32");
  if (floats.length === 0) throw new Error("an example needs a loss or an output of floats");
  const weights = floats.map((o) => `  input d${o.name}: [${o.tensor.shape.map(printExpr).join(", ")}]\n`);
  const terms = floats.map((o) => `sum(d${o.name} * ${o.name})`);
  return `${weights.join("")}  loss ${terms.join(" + ")}\n`;
}
