/** A source map of whole lines: where a generated line comes from. */
import { GenMapping, setSourceContent, toEncodedMap, addMapping } from "@jridgewell/gen-mapping";
import type { Sources } from "../ir/source.ts";
import type { Line } from "./text.ts";

export function sourceMap(lines: readonly Line[], sources: Sources, unit: string): string {
  const map = new GenMapping({ file: unit });
  lines.forEach(({ text, origin }, i) => {
    if (!origin || !sources.has(origin.span.file)) return;
    const { line, column } = sources.start(origin.span);
    const source = origin.span.file;
    setSourceContent(map, source, sources.text(source));
    const generated = { line: i + 1, column: text.length - text.trimStart().length };
    addMapping(map, { generated, source, original: { line, column: column - 1 } });
  });
  return JSON.stringify(toEncodedMap(map));
}
