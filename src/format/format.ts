/** `nnc fmt`: a `.nn` file with spaces and line breaks of our own. What it says does not change. */
import { printer } from "prettier/doc";
import { Diagnostics } from "../ir/diagnostics.ts";
import type { Diagnostic } from "../ir/diagnostics.ts";
import { Sources } from "../ir/source.ts";
import { readWritten } from "../parser/parse.ts";
import { layOutFile } from "./layout.ts";

export const lineWidth = 100;
const indentation = 2;

export interface Formatted {
  /** null where the text has mistakes of syntax: it is not touched then. */
  readonly text: string | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: Sources;
}

/** Lays out the text of a file; `width` is the longest line that is broken only where it must be. */
export function format(text: string, file = "model.nn", width = lineWidth): Formatted {
  const diagnostics = new Diagnostics();
  const sources = new Sources();
  sources.add(file, text);
  const written = readWritten(text, file, diagnostics);
  if (diagnostics.hasErrors) return { text: null, diagnostics: diagnostics.all, sources };
  const options = { printWidth: width, tabWidth: indentation };
  const { formatted } = printer.printDocToString(layOutFile(text, written), options);
  return { text: formatted, diagnostics: diagnostics.all, sources };
}
