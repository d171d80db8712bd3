/** Patterns of parameter paths, `"encode"` or `"*.b"`: of the groups of an optimizer, and of what is frozen. */
import type { Tensor } from "../../ir/types.ts";
import type { PatternSyntax } from "../syntax.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { report, suggestion } from "./environment.ts";

/** The parameters of the model that one of the patterns matches; a pattern that matches none is a mistake. */
export function matching(
  elab: Elaboration,
  env: Environment,
  patterns: readonly PatternSyntax[],
): ReadonlySet<Tensor> {
  const { parameters } = elab.gathered;
  // A definition that failed may have made the parameters that are missing.
  const isComplete = elab.diagnostics.all.every((d) => d.severity !== "error" || d.code === "NN2040");
  const matched = new Set<Tensor>();
  for (const { text, span } of patterns) {
    const found = parameters.filter((p) => leadingPaths(p.name).some((path) => matches(text, path)));
    for (const parameter of found) matched.add(parameter);
    if (found.length === 0 && isComplete)
      report(elab, env, "NN2040", span, { pattern: text }, { help: nearMatches(text, parameters) });
  }
  return matched;
}

/** `h.linear.W`, `h.linear` and `h`. */
function leadingPaths(path: string): string[] {
  const parts = path.split(".");
  return parts.map((_, k) => parts.slice(0, parts.length - k).join("."));
}

/** Whether the pattern matches all of the text; `*` is any run of characters. */
export function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  // The last `*` so far, and where what it stands for ends: on a mismatch it takes one character more.
  let star = -1;
  let taken = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      taken = t;
    } else if (pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/** At most so many parameters are listed. */
const listed = 6;

function nearMatches(pattern: string, parameters: readonly Tensor[]): string {
  if (parameters.length === 0) return "the model has no parameters";
  const paths = parameters.map((p) => p.name);
  // Of `*.bias` it is the name behind the star that is misspelt.
  const tails = pattern.startsWith("*.") ? paths.map((path) => `*.${path.split(".").at(-1)!}`) : [];
  const near = suggestion(pattern, new Set([...tails, ...paths.flatMap(leadingPaths)]));
  if (near) return near;
  const names = paths.slice(0, listed).map((path) => `\`${path}\``);
  const more = paths.length - names.length;
  return `the parameters are ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
