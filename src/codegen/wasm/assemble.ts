/** From WebAssembly text to bytes. */
import type wabt from "wabt";

const features = { simd: true, bulk_memory: true, sat_float_to_int: true, threads: true, multi_value: true };

/** On its way: engines compile it on another thread, while this one goes on with what will be assembled. */
export interface Assembler {
  readonly loaded: ReturnType<typeof wabt>;
}

/** The assembler is loaded where it will be needed: nothing else of the compiler is as large. */
export async function summonAssembler(): Promise<Assembler> {
  const { default: load } = await import("wabt");
  return { loaded: load() };
}

export async function assemble(text: string, name: string, assembler?: Assembler): Promise<Uint8Array> {
  const loaded = await (assembler ?? (await summonAssembler())).loaded;
  // Of a string it would keep the lowest byte of each character only.
  const module = loaded.parseWat(name, new TextEncoder().encode(text), features);
  try {
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
