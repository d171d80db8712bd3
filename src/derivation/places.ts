/** Lines of source files. */
import type { Sources } from "../ir/source.ts";
import type { Origin, Span } from "../ir/types.ts";
import type { Place } from "./derivation.ts";

export function placeOf(span: Span, sources: Sources): Place | null {
  return sources.has(span.file) ? { file: span.file, line: sources.start(span).line } : null;
}

/** The place inside the library or an imported file that the user's line leads to. */
export function withinOf({ within }: Origin, sources: Sources): Place | null {
  return within ? placeOf(within, sources) : null;
}
