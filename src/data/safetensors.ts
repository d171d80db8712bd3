/** Named arrays with a header in JSON: https://github.com/huggingface/safetensors */
import type { DataArray } from "./arrays.ts";
import { DataError, numericArray } from "./arrays.ts";
import type { Stored } from "./numbers.ts";
import { decode } from "./numbers.ts";

const kinds: Readonly<Record<string, Stored>> = {
  BOOL: "uint8",
  U8: "uint8",
  I8: "int8",
  U16: "uint16",
  I16: "int16",
  U32: "uint32",
  I32: "int32",
  U64: "uint64",
  I64: "int64",
  F16: "float16",
  BF16: "bfloat16",
  F32: "float32",
  F64: "float64",
};

interface Opened {
  readonly header: Readonly<Record<string, unknown>>;
  /** Where the values begin. */
  readonly start: number;
}

/** Whether bytes begin with the length of a header in JSON, and the header. */
export function isSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length < 10) return false;
  const length = headerLength(bytes);
  return length > 1 && length <= bytes.length - 8 && bytes[8] === 0x7b;
}

function headerLength(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
}

function open(bytes: Uint8Array, file: string): Opened {
  const wrong = new DataError(`${file}: not a safetensors file`);
  if (!isSafetensors(bytes)) throw wrong;
  const start = 8 + headerLength(bytes);
  const header = parsed(new TextDecoder().decode(bytes.subarray(8, start)));
  if (!isRecord(header)) throw wrong;
  return { header, start };
}

/** null for what is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((v) => typeof v === "number" && Number.isInteger(v) && v >= 0);

/** The arrays of a file; single numbers are left out, since they have no examples. */
export function readSafetensors(bytes: Uint8Array, file: string): DataArray[] {
  const { header, start } = open(bytes, file);
  return Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .flatMap(([name, entry]) => {
      const shape = isRecord(entry) ? entry["shape"] : null;
      const offsets = isRecord(entry) ? entry["data_offsets"] : null;
      const type = isRecord(entry) ? entry["dtype"] : null;
      if (!isNumbers(shape) || !isNumbers(offsets) || typeof type !== "string")
        throw new DataError(`${file}: the entry of \`${name}\` is damaged`);
      const stored = kinds[type];
      if (stored === undefined)
        throw new DataError(`${file}: \`${name}\` has numbers of a type that nnc does not read: ${type}`);
      if (shape.length === 0) return [];
      const body = bytes.subarray(start + (offsets[0] ?? 0), start + (offsets[1] ?? 0));
      const size = shape.reduce((product, extent) => product * extent, 1);
      return [numericArray(file, name, shape, decode(body, stored, size, true, `${file}: \`${name}\``))];
    });
}

/** The texts that stand beside the arrays. */
export function readMetadata(bytes: Uint8Array, file: string): Readonly<Record<string, string>> {
  const { header } = open(bytes, file);
  const metadata = header["__metadata__"];
  if (!isRecord(metadata)) return {};
  return Object.fromEntries(
    Object.entries(metadata).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** The same file with more texts beside the arrays; those that it has by the same name are replaced. */
export function withMetadata(
  bytes: Uint8Array,
  file: string,
  more: Readonly<Record<string, string>>,
): Uint8Array {
  const { header, start } = open(bytes, file);
  const text = JSON.stringify({
    ...header,
    __metadata__: { ...readMetadata(bytes, file), ...more },
  }).replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const length = Math.ceil(text.length / 8) * 8;
  const result = new Uint8Array(8 + length + bytes.length - start);
  new DataView(result.buffer).setBigUint64(0, BigInt(length), true);
  result.set(new TextEncoder().encode(text.padEnd(length)), 8);
  result.set(bytes.subarray(start), 8 + length);
  return result;
}
