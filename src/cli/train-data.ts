/** The files of examples of a command, and batches of them. */
import { basename } from "node:path";
import { gunzipSync, inflateRawSync } from "node:zlib";
import type { Arrays } from "../data/arrays.ts";
import { DataError } from "../data/arrays.ts";
import type { InputValues } from "../data/encoder.ts";
import { Encoder } from "../data/encoder.ts";
import type { Encodings } from "../data/encoding.ts";
import { readData } from "../data/read.ts";
import type { Resolution } from "../data/resolve.ts";
import type { Inflate } from "../data/zip.ts";
import { readBytes } from "../project/files.ts";

/** What a command was given as data. */
export interface DataSource {
  readonly arrays: Arrays;
  /** How messages call it: the name of the file, or of the first of several. */
  readonly label: string;
}

const inflate: Inflate = {
  raw: (bytes) => decompress(() => inflateRawSync(bytes)),
  gzip: (bytes) => decompress(() => gunzipSync(bytes)),
};

function decompress(run: () => Uint8Array): Uint8Array {
  try {
    return run();
  } catch (error) {
    throw new DataError(
      `a compressed file is damaged: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Reads `path`, or `name=path` for a file that holds one array without a name. */
export function readSource(specifications: readonly string[], directory: string): DataSource {
  const arrays = new Map<string, Arrays extends ReadonlyMap<string, infer A> ? A : never>();
  const labels: string[] = [];
  for (const specification of specifications) {
    const [, name, path] = /^(?:([A-Za-z_]\w*)=)?(.+)$/s.exec(specification) ?? [];
    if (path === undefined) throw new DataError("--data needs a file");
    labels.push(path);
    const stem = basename(path)
      .replace(/\.gz$/, "")
      .replace(/\.[^.]*$/, "");
    for (const [key, array] of readData(readBytes(path, directory), path, name ?? stem, inflate)) {
      if (arrays.has(key))
        throw new DataError(`${path}: there is a \`${key}\` in ${labels[0] ?? ""} already`);
      arrays.set(key, array);
    }
  }
  return { arrays, label: labels[0] ?? "" };
}

/** Examples of a source, encoded when they are taken. */
export class Examples {
  private readonly encoders: readonly (readonly [string, Encoder])[];

  constructor(
    resolution: Resolution,
    encodings: Encodings,
    /** Which examples of the source. */
    readonly rows: Int32Array,
    dims: ReadonlyMap<string, number>,
  ) {
    this.encoders = resolution.inputs.map(({ input, arrays }) => {
      const below = typeof input.below === "string" ? (dims.get(input.below) ?? null) : input.below;
      return [input.name, new Encoder(input, encodings[input.name]!, arrays, rows, below)];
    });
  }

  get count(): number {
    return this.rows.length;
  }

  /** These examples as the inputs of one call; valid until the next. */
  take(rows: Int32Array): Record<string, InputValues> {
    return Object.fromEntries(this.encoders.map(([name, encoder]) => [name, encoder.take(rows)]));
  }

  /** In their own order, `size` at a time. */
  *batches(size: number): Iterable<Int32Array> {
    for (let i = 0; i < this.count; i += size) yield this.rows.subarray(i, i + size);
  }
}
