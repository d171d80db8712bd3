import { readBytes } from "../project/files.ts";
import type { Host } from "./host.ts";
import { UsageError } from "./host.ts";

/** The values of `sample.json`: `{ "x": [[0.5, 1]], "y": [1] }`. */
export function readSample(path: string, host: Host): unknown {
  const text = new TextDecoder().decode(readBytes(path, host.directory));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`\`${path}\` is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
