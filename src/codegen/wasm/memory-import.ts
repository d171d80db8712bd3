/** Where in the bytes of a module stands whether the memory that it imports is shared. */

const importSection = 2;
const memoryKind = 2;
/** The flags of limits: bit 0 says that there is a maximum, bit 1 that the memory is shared. */
export const unsharedFlags = 1;
export const sharedFlags = 3;

/**
 * The place of the flags of the imported memory, the first import of the module. The same bytes but for this one are a
 * module for a memory that threads share.
 * WebAssembly Core Specification, "Binary Format": modules, import section, limits.
 */
export function placeOfMemoryFlags(bytes: Uint8Array): number {
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const section = bytes[at++];
    const size = number();
    if (section !== importSection) {
      at += size;
      continue;
    }
    number();
    for (const _ of ["module", "name"]) {
      const length = number();
      at += length;
    }
    if (bytes[at] === memoryKind && bytes[at + 1] === unsharedFlags) return at + 1;
    break;
  }
  throw new Error("the first import of the module is not a memory");
}
