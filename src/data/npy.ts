/** One array as NumPy saves it: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
import type { DataArray, Numbers } from "./arrays.ts";
import { DataError, numericArray, textArray } from "./arrays.ts";
import type { Stored } from "./numbers.ts";
import { bytesOf, decode } from "./numbers.ts";

const kinds: Readonly<Record<string, Stored>> = {
  b1: "uint8",
  u1: "uint8",
  i1: "int8",
  u2: "uint16",
  i2: "int16",
  u4: "uint32",
  i4: "int32",
  u8: "uint64",
  i8: "int64",
  f2: "float16",
  f4: "float32",
  f8: "float64",
};

/** `name` is what the array is called, since the format does not say. */
export function readNpy(bytes: Uint8Array, file: string, name: string): DataArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isNpy(bytes)) throw new DataError(`${file}: \`${name}\` is not an array of NumPy`);
  const wide = view.getUint8(6) >= 2;
  const start = wide ? 12 : 10;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = new TextDecoder().decode(bytes.subarray(start, start + length));
  const type = /'descr':\s*'([<>|=]?)(\w\d+)'/.exec(header);
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const extents = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (type === null || order === undefined || extents === undefined) {
    const found = /'descr':\s*(.*?),\s*'fortran/.exec(header)?.[1];
    throw new DataError(`${file}: \`${name}\` holds ${found ?? "something"} that is not an array of numbers`);
  }
  const shape = (extents.match(/[0-9]+/g) ?? []).map(Number);
  const size = shape.reduce((product, extent) => product * extent, 1);
  const [, byteOrder, kind] = type;
  const body = bytes.subarray(start + length);
  const little = byteOrder !== ">";
  const stored = kinds[kind!];
  const inOrder = <T>(values: ArrayLike<T>, put: (to: number, value: T) => void): void => {
    const places = order === "True" ? rowMajor(shape) : null;
    for (let i = 0; i < size; i++) put(places ? places[i]! : i, values[i]!);
  };
  if (stored !== undefined) {
    const values = decode(body, stored, size, little, `${file}: \`${name}\``);
    if (order === "False") return numericArray(file, name, shape, values);
    const sorted: Numbers = values.slice();
    inOrder(values, (to, value) => (sorted[to] = value));
    return numericArray(file, name, shape, sorted);
  }
  if (!kind!.startsWith("U"))
    throw new DataError(`${file}: \`${name}\` has numbers of a type that nnc does not read: ${kind}`);
  const fields = new Array<string>(size);
  inOrder(unicode(body, Number(kind!.slice(1)), size, little, `${file}: \`${name}\``), (to, value) => {
    fields[to] = value;
  });
  return textArray(file, name, shape, fields);
}

export function isNpy(bytes: Uint8Array): boolean {
  return bytes.length >= 12 && [..."\x93NUMPY"].every((c, i) => bytes[i] === c.charCodeAt(0));
}

/** The row-major position of every value of an array that is stored with its first subscript running fastest. */
function rowMajor(shape: readonly number[]): Int32Array {
  const places = new Int32Array(shape.reduce((product, extent) => product * extent, 1));
  for (let i = 0; i < places.length; i++) {
    let rest = i;
    const subscripts = shape.map((extent) => {
      const at = rest % extent;
      rest = (rest - at) / extent;
      return at;
    });
    places[i] = subscripts.reduce((place, at, d) => place * shape[d]! + at, 0);
  }
  return places;
}

/** Texts of a fixed length, four bytes a letter, filled up with zeros. */
function unicode(bytes: Uint8Array, length: number, count: number, little: boolean, what: string): string[] {
  const codes = decode(bytes, "uint32", length * count, little, what);
  return Array.from({ length: count }, (_, i) =>
    Array.from(codes.subarray(i * length, (i + 1) * length))
      .filter((code) => code !== 0)
      .map((code) => String.fromCodePoint(code))
      .join(""),
  );
}

/** Writes an array of 32-bit floats or integers. */
export function writeNpy(shape: readonly number[], values: Float32Array | Int32Array): Uint8Array {
  const type = values instanceof Float32Array ? "<f4" : "<i4";
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const header = `${text.padEnd(length - 1)}\n`;
  const result = new Uint8Array(10 + length + values.length * bytesOf("float32"));
  result.set([0x93, ...[..."NUMPY"].map((c) => c.charCodeAt(0)), 1, 0, length & 255, length >> 8]);
  result.set(new TextEncoder().encode(header), 10);
  const view = new DataView(result.buffer, 10 + length);
  values.forEach((value: number, i: number) => {
    if (type === "<f4") view.setFloat32(4 * i, value, true);
    else view.setInt32(4 * i, value, true);
  });
  return result;
}
