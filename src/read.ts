/** From the text of a `.nn` file to the programs of its models. */
import { Builder } from "./ir/builder.ts";
import type { Context } from "./ir/context.ts";
import { Diagnostics } from "./ir/diagnostics.ts";
import { Sources } from "./ir/source.ts";
import type { Program } from "./ir/types.ts";
import type { CheckResult, CompileOptions } from "./index.ts";
import { elaborateAll } from "./parser/elaborate/elaborate.ts";
import { library } from "./std/index.ts";

/** What was read, for the passes that follow. */
export interface ReadResult {
  /** Empty where a diagnostic is an error, or where there is no model and need not be one. */
  readonly programs: readonly Program[];
  readonly context: Context;
  /** What `diagnostics` shows, for what is reported later. */
  readonly reporter: Diagnostics;
  /** What every result begins with. */
  readonly checked: CheckResult;
}

type ReadOptions = Pick<CompileOptions, "file" | "sizes" | "realOnlyRules" | "model" | "resolveImport">;

/** `want`: every model, or exactly one, which the options name where there are several; a library has none. */
export function read(source: string, options: ReadOptions, want: "models" | "library" | "one"): ReadResult {
  const { file = "model.nn", model, sizes = {}, realOnlyRules = true } = options;
  const builder = new Builder();
  const sources = new Sources();
  const reporter = new Diagnostics();
  const input = {
    source: { file, text: source },
    library,
    resolveImport: options.resolveImport ?? (() => null),
    model,
    mayBeLibrary: want === "library",
    sizes: new Map(Object.entries(sizes)),
    builder,
    sources,
    diagnostics: reporter,
  };
  const programs = elaborateAll(input, want === "one");
  const internal = new Set(library.map((l) => l.file));
  return {
    programs,
    context: { builder, sources, options: { realOnlyRules }, log: [] },
    reporter,
    checked: {
      diagnostics: reporter.all,
      sources,
      files: [...sources.files()].filter((f) => !internal.has(f)),
    },
  };
}
