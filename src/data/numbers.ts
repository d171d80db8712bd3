/** Numbers as binary files store them. */
import type { Numbers } from "./arrays.ts";
import { DataError } from "./arrays.ts";

/** `float16` and `bfloat16` become 32-bit floats, 64-bit integers the narrowest array that holds them exactly. */
export type Stored =
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float16"
  | "bfloat16"
  | "float32"
  | "float64";

interface Format {
  readonly bytes: number;
  make(count: number): Numbers;
  read(view: DataView, at: number, little: boolean): number;
}

const formats: Readonly<Record<Stored, Format>> = {
  uint8: { bytes: 1, make: (n) => new Uint8Array(n), read: (v, at) => v.getUint8(at) },
  int8: { bytes: 1, make: (n) => new Int8Array(n), read: (v, at) => v.getInt8(at) },
  uint16: { bytes: 2, make: (n) => new Uint16Array(n), read: (v, at, l) => v.getUint16(at, l) },
  int16: { bytes: 2, make: (n) => new Int16Array(n), read: (v, at, l) => v.getInt16(at, l) },
  uint32: { bytes: 4, make: (n) => new Uint32Array(n), read: (v, at, l) => v.getUint32(at, l) },
  int32: { bytes: 4, make: (n) => new Int32Array(n), read: (v, at, l) => v.getInt32(at, l) },
  uint64: { bytes: 8, make: (n) => new Float64Array(n), read: (v, at, l) => Number(v.getBigUint64(at, l)) },
  int64: { bytes: 8, make: (n) => new Float64Array(n), read: (v, at, l) => Number(v.getBigInt64(at, l)) },
  float16: { bytes: 2, make: (n) => new Float32Array(n), read: (v, at, l) => half(v.getUint16(at, l)) },
  bfloat16: { bytes: 2, make: (n) => new Float32Array(n), read: (v, at, l) => brain(v.getUint16(at, l)) },
  float32: { bytes: 4, make: (n) => new Float32Array(n), read: (v, at, l) => v.getFloat32(at, l) },
  float64: { bytes: 8, make: (n) => new Float64Array(n), read: (v, at, l) => v.getFloat64(at, l) },
};

/** The bytes that one number takes. */
export const bytesOf = (stored: Stored): number => formats[stored].bytes;

/** Reads `count` numbers; `what` names them where the bytes do not suffice. Bytes are shared, all else is copied. */
export function decode(
  bytes: Uint8Array,
  stored: Stored,
  count: number,
  little: boolean,
  what: string,
): Numbers {
  const format = formats[stored];
  if (bytes.length < count * format.bytes) {
    throw new DataError(`${what} needs ${count * format.bytes} bytes, but only ${bytes.length} are there`);
  }
  // A plain array, also where the caller has one of its own kind whose methods differ.
  if (stored === "uint8") return new Uint8Array(bytes.buffer, bytes.byteOffset, count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = format.make(count);
  for (let i = 0; i < count; i++) values[i] = format.read(view, i * format.bytes, little);
  const isWhole = stored === "int64" || stored === "uint64";
  return isWhole && values.every((v) => v === (v | 0)) ? Int32Array.from(values) : values;
}

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The upper half of a 32-bit float. */
function brain(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;
}
