/**
 * The plugin for prettier: `{ "plugins": ["nnc/prettier"] }`. Width and indentation are prettier's own options. Comments
 * are laid out here, not attached by prettier, since they are kept where they stood between the lines.
 */
import type { Parser, Printer, SupportLanguage } from "prettier";
import { Diagnostics } from "../ir/diagnostics.ts";
import { Sources } from "../ir/source.ts";
import type { Written } from "../parser/parse.ts";
import { readWritten } from "../parser/parse.ts";
import { layOutFile } from "./layout.ts";

interface Root {
  readonly text: string;
  readonly written: Written;
}

export const languages: SupportLanguage[] = [{ name: "nnc", parsers: ["nn"], extensions: [".nn"] }];

export const parsers: Record<string, Parser<Root>> = {
  nn: {
    astFormat: "nn",
    parse(text) {
      const diagnostics = new Diagnostics();
      const written = readWritten(text, "model.nn", diagnostics);
      const first = diagnostics.all.find((d) => d.severity === "error");
      if (first) throw located(`${first.code}: ${first.message}`, text, first.span);
      return { text, written };
    },
    locStart: () => 0,
    locEnd: ({ text }) => text.length,
  },
};

export const printers: Record<string, Printer<Root>> = {
  nn: { print: ({ node }) => layOutFile(node.text, node.written) },
};

/** An error as prettier expects it: it shows the place. */
function located(
  message: string,
  text: string,
  span: { readonly start: number; readonly end: number },
): Error {
  const sources = new Sources();
  sources.add("", text);
  const loc = { start: sources.position("", span.start), end: sources.position("", span.end) };
  return Object.assign(new SyntaxError(`${message} (${loc.start.line}:${loc.start.column})`), { loc });
}
