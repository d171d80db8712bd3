/** What an import of a `.nn` file asks for, read from the name under which a bundler loads it. */

/** `null`: the question mark means something to the bundler (`?url`), and the file is left to it. */
export type Request =
  | { readonly path: string; readonly asks: "module" | "derivation"; readonly query: URLSearchParams }
  | { readonly path: string; readonly asks: "raw" }
  | null;

/** What bundlers add to the names of modules, for their own ends. */
const marks = ["t", "v", "import"];
/** What Vite does with any file. */
const foreign = ["url", "inline", "no-inline", "worker", "sharedworker"];

/** `digits.nn`, with or without a query. */
export const modelName = /\.nn(?:\?.*)?$/s;

export function requestOf(id: string): Request {
  const at = id.indexOf("?");
  const path = at < 0 ? id : id.slice(0, at);
  const query = new URLSearchParams(at < 0 ? "" : id.slice(at + 1));
  for (const mark of marks) query.delete(mark);
  if (foreign.some((name) => query.has(name))) return null;
  if (query.has("raw")) return { path, asks: "raw" };
  const asks = query.has("derivation") ? "derivation" : "module";
  query.delete("derivation");
  return { path, asks, query };
}

/** Whether the declarations of the file are those of the import: nothing was asked for that changes them. */
export const isPlain = (request: Exclude<Request, null>): boolean =>
  request.asks === "module" && request.query.size === 0;
