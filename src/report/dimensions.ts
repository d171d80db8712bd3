/** The counts of dimensions that a report is asked for. */
import type { Diagnostics } from "../ir/diagnostics.ts";
import type { Dim, Program } from "../ir/types.ts";

/** Dimensions by name; what is not one, or not a count of it, is reported. */
export function dimensionsAt(
  at: Readonly<Record<string, number>>,
  program: Program,
  diagnostics: Diagnostics,
): Map<Dim, number> {
  const found = new Map<Dim, number>();
  for (const [name, count] of Object.entries(at)) {
    const dim = program.dims.find((d) => d.name === name);
    const { minimum, maximum } = dim ?? { minimum: 1, maximum: 1 };
    if (!dim) {
      const known = program.dims.map((d) => `\`${d.name}\``).join(", ");
      const problem = "is not one of the model, or its count is fixed";
      const help = known === "" ? "the model has no dimension that varies" : `those that vary: ${known}`;
      diagnostics.report("NN2024", program.span, { name, problem }, { help });
    } else if (!Number.isInteger(count) || count < minimum || count > maximum) {
      const problem = `must be an integer from ${minimum} to ${maximum}, but is ${count}`;
      diagnostics.report("NN2024", dim.span, { name, problem });
    } else found.set(dim, count);
  }
  return found;
}
