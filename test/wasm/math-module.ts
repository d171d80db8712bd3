/** Assembles all mathematical functions into a module, with loops over memory for each. */
import { assemble } from "../../src/codegen/wasm/assemble.ts";
import { mathFunctions } from "../../src/codegen/wasm/math/index.ts";
import { layOut } from "../../src/codegen/wasm/text.ts";

/** Numbers that one call of a loop can take. */
export const capacity = 1 << 16;

export type Numbers = Float32Array | Int32Array;

/** One function over arrays: the result, also as bits. */
export interface Loops {
  /** Calls it with each element. */
  readonly called: (...operands: readonly Numbers[]) => Float32Array;
  /** Has its algorithm in the loop. */
  readonly inlined: (...operands: readonly Numbers[]) => Float32Array;
}

type Exports = { readonly memory: { readonly buffer: ArrayBuffer } } & Readonly<
  Record<string, (bytes: number) => void>
>;
const platform = globalThis as unknown as {
  WebAssembly: {
    Module: new (bytes: Uint8Array) => object;
    Instance: new (module: object) => { exports: object };
  };
};

/** The types of the parameters, and at the end that of the result. */
function typesOf(name: string): string[] {
  const { text } = mathFunctions[name]!;
  return [...text.matchAll(/\((?:param \$\w+|result) (\w+)\)/g)].map((m) => m[1]!);
}

/** Reads operand i of every element from its stretch of the memory; the results follow the operands. */
function loopText(name: string, inlined: boolean): string {
  const types = typesOf(name);
  const result = types.pop()!;
  const place = (i: number): string => `offset=${4 * capacity * i} (local.get $place)`;
  const locals = types.map((type, i) => `(local $operand${i} ${type})`);
  const load = types.map((type, i) => `(local.set $operand${i} (${type}.load ${place(i)}))`);
  const reads = types.map((_, i) => ["local.get", `$operand${i}`]);
  const fresh = (wanted: string, type: string): string => {
    locals.push(`(local $${wanted}.${locals.length} ${type})`);
    return `${wanted}.${locals.length - 1}`;
  };
  const body = inlined
    ? mathFunctions[name]!.inline(reads, fresh)
    : { statements: [], result: ["call", `$${name}`, ...reads] };
  return `(func (export "${name}${inlined ? " inlined" : ""}") (param $bytes i32) (local $place i32)
  ${locals.join(" ")}
  (loop $next
    ${load.join(" ")}
${body.statements.map((statement) => layOut(statement, 2)).join("\n")}
    (${result}.store ${place(types.length)}
${layOut(body.result, 3)})
    (local.set $place (i32.add (local.get $place) (i32.const ${types[0] === "v128" ? 16 : 4})))
    (br_if $next (i32.lt_u (local.get $place) (local.get $bytes)))))`;
}

/** The loops by name of the function. */
export async function mathModule(): Promise<Readonly<Record<string, Loops>>> {
  const names = Object.keys(mathFunctions);
  const text = [
    `(module (memory (export "memory") ${(5 * 4 * capacity) / 65536})`,
    ...Object.values(mathFunctions).map((f) => f.text),
    ...names.flatMap((name) => [loopText(name, false), loopText(name, true)]),
    ")",
  ].join("\n");
  const { Module, Instance } = platform.WebAssembly;
  const { memory, ...loops } = new Instance(new Module(await assemble(text, "math.wat"))).exports as Exports;
  const run = (loop: string, operands: readonly Numbers[]): Float32Array => {
    const count = operands[0]!.length;
    const words = new Int32Array(memory.buffer);
    operands.forEach((o, i) => words.set(new Int32Array(o.buffer, o.byteOffset, count), capacity * i));
    loops[loop]!(4 * count);
    const start = 4 * capacity * operands.length;
    return new Float32Array(memory.buffer.slice(start, start + 4 * count));
  };
  const both = (name: string): [string, Loops] => [
    name,
    {
      called: (...operands) => run(name, operands),
      inlined: (...operands) => run(`${name} inlined`, operands),
    },
  ];
  return Object.fromEntries(names.map(both));
}
