/** One array as the MNIST files hold it: http://yann.lecun.com/exdb/mnist — a type, the extents, the numbers. */
import type { DataArray } from "./arrays.ts";
import { DataError, numericArray } from "./arrays.ts";
import type { Stored } from "./numbers.ts";
import { decode } from "./numbers.ts";

const kinds = new Map<number, Stored>([
  [0x08, "uint8"],
  [0x09, "int8"],
  [0x0b, "int16"],
  [0x0c, "int32"],
  [0x0d, "float32"],
  [0x0e, "float64"],
]);

export function isIdx(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && bytes[0] === 0 && bytes[1] === 0 && kinds.has(bytes[2]!) && bytes[3]! > 0;
}

/** `name` is what the array is called, since the format does not say. */
export function readIdx(bytes: Uint8Array, file: string, name: string): DataArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stored = kinds.get(view.getUint8(2));
  const rank = view.getUint8(3);
  if (stored === undefined || bytes.length < 4 + 4 * rank) throw new DataError(`${file}: not an IDX file`);
  const shape = Array.from({ length: rank }, (_, d) => view.getUint32(4 + 4 * d));
  const size = shape.reduce((product, extent) => product * extent, 1);
  return numericArray(
    file,
    name,
    shape,
    decode(bytes.subarray(4 + 4 * rank), stored, size, false, `${file}: the array`),
  );
}
