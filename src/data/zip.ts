/** Archives as `numpy.savez` writes them: APPNOTE 6.3, entries that are stored or deflated, ZIP64 included. */
import { DataError } from "./arrays.ts";

/** Undoes a compression; the command line brings Node's zlib. */
export interface Inflate {
  /** Deflate without a wrapper, as archives hold it. */
  raw(bytes: Uint8Array): Uint8Array;
  gzip(bytes: Uint8Array): Uint8Array;
}

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;
const localEntry = 0x04034b50;

export interface Entry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= 22 && bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2]! < 7;
}

/** The files of an archive, in its order. */
export function readZip(bytes: Uint8Array, file: string, inflate: Inflate): Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const damaged = (): DataError => new DataError(`${file}: the archive is damaged`);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== endOfDirectory) end--;
  if (end < 0) throw damaged();
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  const entries: Entry[] = [];
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== directoryEntry) throw damaged();
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const commentLength = view.getUint16(at + 32, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const method = view.getUint16(at + 10, true);
    if (at + 46 + nameLength + extraLength > bytes.length) throw damaged();
    const { compressed, offset } = sizes(view, at, at + 46 + nameLength, extraLength);
    if (offset + 30 > bytes.length || view.getUint32(offset, true) !== localEntry) throw damaged();
    const from = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
    if (from + compressed > bytes.length) throw damaged();
    const body = bytes.subarray(from, from + compressed);
    if (method !== 0 && method !== 8)
      throw new DataError(`${file}: \`${name}\` is compressed in a way that nnc does not read`);
    entries.push({ name, bytes: method === 0 ? body : inflate.raw(body) });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}

/** Sizes and offset of an entry: 32 bits, or 64 in an extra field where the 32 are all ones. */
function sizes(
  view: DataView,
  at: number,
  extra: number,
  extraLength: number,
): { readonly compressed: number; readonly offset: number } {
  const all = 0xffffffff;
  const plain = view.getUint32(at + 24, true);
  const compressed = view.getUint32(at + 20, true);
  const offset = view.getUint32(at + 42, true);
  for (let place = extra; place + 4 <= extra + extraLength; place += 4 + view.getUint16(place + 2, true)) {
    if (view.getUint16(place, true) !== 1) continue;
    let next = place + 4;
    const wide = (value: number): number => {
      if (value !== all || next + 8 > extra + extraLength) return value;
      next += 8;
      return Number(view.getBigUint64(next - 8, true));
    };
    wide(plain);
    return { compressed: wide(compressed), offset: wide(offset) };
  }
  return { compressed, offset };
}

/** An archive of stored files. */
export function writeZip(entries: readonly Entry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes } of entries) {
    const text = new TextEncoder().encode(name);
    const local = header(30, localEntry, text, bytes, 4);
    const listed = header(46, directoryEntry, text, bytes, 6);
    const view = new DataView(listed.buffer);
    view.setUint16(4, 20, true);
    view.setUint32(42, offset, true);
    parts.push(local, bytes);
    directory.push(listed);
    offset += local.length + bytes.length;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const end = new Uint8Array(22);
  const view = new DataView(end.buffer);
  view.setUint32(0, endOfDirectory, true);
  view.setUint16(8, entries.length, true);
  view.setUint16(10, entries.length, true);
  view.setUint32(12, length, true);
  view.setUint32(16, offset, true);
  return concatenate([...parts, ...directory, end]);
}

/** What the two headers of an entry share, from the version on, which stands at `at`. */
function header(
  length: number,
  signature: number,
  name: Uint8Array,
  bytes: Uint8Array,
  at: number,
): Uint8Array {
  const result = new Uint8Array(length + name.length);
  const view = new DataView(result.buffer);
  view.setUint32(0, signature, true);
  view.setUint16(at, 20, true);
  view.setUint16(at + 8, 0x21, true); // the first of January 1980, so that equal arrays make equal files
  view.setUint32(at + 10, checksum(bytes), true);
  view.setUint32(at + 14, bytes.length, true);
  view.setUint32(at + 18, bytes.length, true);
  view.setUint16(at + 22, name.length, true);
  result.set(name, length);
  return result;
}

/** CRC-32 of the archive format: polynomial 0xEDB88320, one table entry for each value of a byte. */
function checksum(bytes: Uint8Array): number {
  const table = Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c;
  });
  let sum = 0xffffffff;
  for (const byte of bytes) sum = table[(sum ^ byte) & 255]! ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
