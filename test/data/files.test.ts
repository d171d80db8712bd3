/** Binary files: bytes written by hand from the format's own description, and what other programs wrote. */
import { deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readNpy, writeNpy } from "../../src/data/npy.ts";
import { readData } from "../../src/data/read.ts";
import { readMetadata, withMetadata } from "../../src/data/safetensors.ts";
import type { Inflate } from "../../src/data/zip.ts";
import { readZip, writeZip } from "../../src/data/zip.ts";

const inflate: Inflate = { raw: (bytes) => inflateRawSync(bytes), gzip: (bytes) => gunzipSync(bytes) };
const read = (bytes: Uint8Array, name = "x") => readData(bytes, "f", name, inflate);

/** An .npy file with this header. */
function npy(descr: string, order: "True" | "False", shape: string, body: Uint8Array): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
  const magic = Uint8Array.from([0x93, 78, 85, 77, 80, 89, 1, 0, header.length, 0]);
  return Buffer.concat([magic, Buffer.from(header), body]);
}

const bytesOf = (array: { buffer: ArrayBufferLike }): Uint8Array => new Uint8Array(array.buffer.slice(0));

describe("npy", () => {
  test.each([
    ["<f4", Float32Array.of(1.5, -2, 3), [1.5, -2, 3]],
    ["<f8", Float64Array.of(0.1, 2, 3), [0.1, 2, 3]],
    ["<i8", BigInt64Array.of(5n, -1n, 2n), [5, -1, 2]],
    ["|u1", Uint8Array.of(0, 200, 255), [0, 200, 255]],
    ["|b1", Uint8Array.of(0, 1, 1), [0, 1, 1]],
    [">i2", Uint8Array.of(1, 0, 0, 2, 255, 255), [256, 2, -1]],
    ["<f2", Uint16Array.of(0x3c00, 0xc000, 0x0001), [1, -2, 2 ** -24]],
  ])("%s", (type, values, expected) => {
    const array = readNpy(npy(type, "False", "(3,)", bytesOf(values)), "f", "x");
    expect([...array.values]).toEqual(expected);
    expect(array.shape).toEqual([3]);
  });

  test("columns first becomes rows first", () => {
    const array = readNpy(npy("|u1", "True", "(2, 3)", Uint8Array.of(1, 4, 2, 5, 3, 6)), "f", "x");
    expect([...array.values]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(array.place(4)).toBe("f: x[1, 1]");
  });

  test("texts", () => {
    const codes = Uint32Array.from([..."cat\0ox\0\0"].map((c) => c.charCodeAt(0)));
    const array = readNpy(npy("<U4", "False", "(2,)", bytesOf(codes)), "f", "x");
    expect(array.texts()).toEqual({ ids: Int32Array.of(0, 1), names: ["cat", "ox"] });
  });

  test.each([
    ["<c8", "(1,)", "numbers of a type that nnc does not read: c8"],
    ["|u1", "(9,)", "needs 9 bytes, but only 8 are there"],
    ["|u1", "()", "is a single number"],
  ])("%s %s is refused", (type, shape, message) => {
    expect(() => readNpy(npy(type, "False", shape, new Uint8Array(8)), "f", "x")).toThrow(message);
  });
});

describe("npz", () => {
  const entries = [
    { name: "x.npy", bytes: writeNpy([2, 2], Float32Array.of(1, 2, 3, 4)) },
    { name: "y.npy", bytes: writeNpy([2], Int32Array.of(7, -8)) },
  ];

  test("is read as it is written", () => {
    const arrays = read(writeZip(entries));
    expect([...arrays.keys()]).toEqual(["x", "y"]);
    expect([...arrays.get("x")!.values]).toEqual([1, 2, 3, 4]);
    expect([...arrays.get("y")!.values]).toEqual([7, -8]);
  });

  test("entries may be deflated", () => {
    const stored = writeZip([{ name: "x.npy", bytes: deflateRawSync(entries[0]!.bytes) }]);
    const view = new DataView(stored.buffer);
    const directory = view.getUint32(stored.length - 6, true);
    view.setUint16(8, 8, true);
    view.setUint16(directory + 10, 8, true);
    expect([...read(stored).get("x")!.values]).toEqual([1, 2, 3, 4]);
  });

  test("has the checksum that other readers ask for", () => {
    const archive = writeZip([{ name: "a", bytes: Buffer.from("123456789") }]);
    expect(new DataView(archive.buffer).getUint32(14, true)).toBe(0xcbf43926);
  });

  test("a damaged archive is refused", () => {
    expect(() => readZip(writeZip(entries).subarray(40), "f", inflate)).toThrow("f: the archive is damaged");
    expect(() => read(writeZip([{ name: "a", bytes: Buffer.from("b") }]))).toThrow("holds no array of NumPy");
  });
});

describe("safetensors", () => {
  const file = (header: object, body: Uint8Array): Uint8Array => {
    const text = JSON.stringify(header);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([length, Buffer.from(text), body]);
  };
  const x = { dtype: "BF16", shape: [2], data_offsets: [0, 4] };
  const bytes = file({ __metadata__: { a: "b" }, x }, bytesOf(Uint16Array.of(0x3f80, 0xc040)));

  test("arrays are read, and metadata are added without touching them", () => {
    const more = withMetadata(bytes, "f", { näme: "ü" });
    expect(readMetadata(more, "f")).toEqual({ a: "b", näme: "ü" });
    expect([...read(more).get("x")!.values]).toEqual([1, -3]);
    expect(more.subarray(-4)).toEqual(new Uint8Array(bytes.subarray(-4)));
  });

  test("a damaged entry is refused", () => {
    expect(() => read(file({ x: { ...x, shape: 3 } }, new Uint8Array(4)))).toThrow("`x` is damaged");
    expect(() => read(file({ x: { ...x, shape: [9] } }, new Uint8Array(4)))).toThrow("needs 18 bytes");
  });
});

test("IDX, also gzipped", () => {
  const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 9, 8, 7, 255);
  const array = read(gzipSync(images), "image").get("image")!;
  expect([array.shape, [...array.values], array.isBytes]).toEqual([[1, 2, 2], [9, 8, 7, 255], true]);
});

test("what is none of these is refused", () => {
  expect(() => read(Uint8Array.of(5, 0, 1, 2))).toThrow("f: neither a table as text nor one of");
});
