/** What the module of a file exports: for each model a class and the types that belong to it, `Digits`, `DigitsInputs`, … */
import type { Diagnostics } from "../ir/diagnostics.ts";
import type { Program } from "../ir/types.ts";
import type { Names } from "./names.ts";
import { identifier } from "./names.ts";

/** An exported type of a model. */
export type TypeRole = (typeof typeRoles)[number];

/** The exported types of a model, by what is appended to its name. */
const typeRoles = [
  "Options",
  "Inputs",
  "TrainingInputs",
  "Outputs",
  "Evaluation",
  "Metrics",
  "Parameters",
  "Gradients",
  "States",
  "Hyper",
] as const;

/** The names that one model exports. */
export interface ExportedNames {
  readonly className: string;
  readonly types: ReadonlyMap<TypeRole, string>;
}

/** Takes the names of all models, before anything else is named. */
export function exportedNames(
  programs: readonly Program[],
  globals: Names,
): ReadonlyMap<Program, ExportedNames> {
  return new Map(
    programs.map((program) => {
      const className = globals.fresh(program.name);
      const types = new Map(typeRoles.map((role) => [role, globals.fresh(className + role)]));
      return [program, { className, types }];
    }),
  );
}

/** Two models may not export the same name: one of them would silently get another. */
export function reportClashes(programs: readonly Program[], diagnostics: Diagnostics): void {
  const owners = new Map<string, Program>();
  for (const program of programs) {
    const className = identifier(program.name);
    for (const name of [className, ...typeRoles.map((role) => className + role)]) {
      const owner = owners.get(name);
      if (!owner) {
        owners.set(name, program);
        continue;
      }
      const problem = `\`${owner.name}\` and \`${program.name}\` would both export \`${name}\``;
      const notes = [{ message: `\`${owner.name}\` is defined here`, span: owner.span }];
      diagnostics.report(
        "NN2025",
        program.span,
        { problem },
        { notes, help: "rename one of the two models" },
      );
      break;
    }
  }
}
