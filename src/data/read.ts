/** Reads a file of examples, whatever its format: told by its first bytes, never by its name. */
import type { Arrays } from "./arrays.ts";
import { DataError } from "./arrays.ts";
import { readCsv } from "./csv.ts";
import { isIdx, readIdx } from "./idx.ts";
import { isNpy, readNpy } from "./npy.ts";
import { isSafetensors, readSafetensors } from "./safetensors.ts";
import type { Inflate } from "./zip.ts";
import { isZip, readZip } from "./zip.ts";

/**
 * Tables (CSV), `.npz`, `.npy`, safetensors and IDX, each also gzipped. `name` is what an array is called whose format
 * gives it no name. Throws a `DataError`.
 */
export function readData(bytes: Uint8Array, file: string, name: string, inflate: Inflate): Arrays {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return readData(inflate.gzip(bytes), file, name, inflate);
  if (isZip(bytes)) {
    const arrays = readZip(bytes, file, inflate)
      .filter((entry) => isNpy(entry.bytes))
      .map((entry) => readNpy(entry.bytes, file, entry.name.replace(/\.npy$/, "")));
    if (arrays.length === 0) throw new DataError(`${file}: the archive holds no array of NumPy`);
    return new Map(arrays.map((a) => [a.name, a]));
  }
  if (isNpy(bytes)) return new Map([[name, readNpy(bytes, file, name)]]);
  if (isSafetensors(bytes)) return new Map(readSafetensors(bytes, file).map((a) => [a.name, a]));
  if (isIdx(bytes)) return new Map([[name, readIdx(bytes, file, name)]]);
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw new DataError(`${file}: text in UTF-16; save it as UTF-8`);
  if (bytes.subarray(0, 1024).includes(0))
    throw new DataError(`${file}: neither a table as text nor one of .npz, .npy, safetensors, IDX`);
  return readCsv(new TextDecoder().decode(bytes), file);
}
