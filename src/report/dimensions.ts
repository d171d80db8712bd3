/** The counts of dimensions that a report is asked for. */
import type { Diagnostics } from "../ir/diagnostics.ts";
import type { Dim, Program } from "../ir/types.ts";

/** Dimensions of the models by name; what is one of none, or not a count of it, is reported. */
export function dimensionsAt(
  at: Readonly<Record<string, number>>,
  programs: readonly Program[],
  diagnostics: Diagnostics,
): Map<Dim, number> {
  const found = new Map<Dim, number>();
  for (const [name, count] of Object.entries(at)) {
    const named = programs.flatMap((p) => p.dims.filter((d) => d.name === name));
    const [first] = programs;
    if (named.length === 0 && first) {
      const known = [...new Set(programs.flatMap((p) => p.dims.map((d) => `\`${d.name}\``)))].join(", ");
      const problem = "is not one of the model, or its count is fixed";
      const help = known === "" ? "the model has no dimension that varies" : `those that vary: ${known}`;
      diagnostics.report("NN2024", first.span, { name, problem }, { help });
    }
    for (const dim of named) {
      const { minimum, maximum } = dim;
      if (Number.isInteger(count) && count >= minimum && count <= maximum) {
        found.set(dim, count);
        continue;
      }
      const problem = `must be an integer from ${minimum} to ${maximum}, but is ${count}`;
      diagnostics.report("NN2024", dim.span, { name, problem });
    }
  }
  return found;
}
