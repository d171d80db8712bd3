/** From WebAssembly text to bytes. */

const features = { simd: true, bulk_memory: true, sat_float_to_int: true, threads: true, multi_value: true };

/** The assembler is loaded when it is first needed: nothing else of the compiler is as large. */
export async function assemble(text: string, name: string): Promise<Uint8Array> {
  const { default: load } = await import("wabt");
  const wabt = await load();
  // Of a string it would keep the lowest byte of each character only.
  const module = wabt.parseWat(name, new TextEncoder().encode(text), features);
  try {
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
