/** Files that were cut short or changed are mistakes of data, never of the reader. */
import fc from "fast-check";
import { gunzipSync, inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { DataError } from "../../src/data/arrays.ts";
import { writeNpy } from "../../src/data/npy.ts";
import { readData } from "../../src/data/read.ts";
import { writeZip } from "../../src/data/zip.ts";

const wrap = (run: () => Uint8Array): Uint8Array => {
  try {
    return run();
  } catch {
    throw new DataError("a compressed file is damaged");
  }
};
const inflate = {
  raw: (bytes: Uint8Array) => wrap(() => inflateRawSync(bytes)),
  gzip: (bytes: Uint8Array) => wrap(() => gunzipSync(bytes)),
};

const npy = writeNpy([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
const tensors = Buffer.from(
  `\u0070\0\0\0\0\0\0\0${'{"x":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"y":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'.padEnd(112)}abcd`,
  "latin1",
);
const idx = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 7, 8);
const table = Buffer.from('a,b\n1,"x ""y"" "\n2,z\n');
const files = { npy, npz: writeZip([{ name: "x.npy", bytes: npy }]), tensors, idx, table };
test.each(Object.entries(files))("%s", (_, file) => {
  const edits = fc.array(fc.tuple(fc.nat(file.length - 1), fc.integer({ min: 0, max: 255 })), {
    maxLength: 3,
  });
  expect(readData(file, "f", "x", inflate).size).toBeGreaterThan(0);
  fc.assert(
    fc.property(fc.oneof(fc.constant(file.length), fc.nat(file.length)), edits, (length, changes) => {
      const bytes = Uint8Array.from(file);
      for (const [at, value] of changes) bytes[at] = value;
      try {
        for (const array of readData(bytes.subarray(0, length), "f", "x", inflate).values()) array.texts();
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
      }
    }),
    { numRuns: 1000, seed: 1 },
  );
});
