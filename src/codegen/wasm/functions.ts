/** Functions that WebAssembly has no instruction for. A module holds those that it uses. */
import { mathFunctions } from "./math/index.ts";
import type { MathFunction } from "./math/index.ts";

const own: Readonly<Record<string, MathFunction>> = {
  integer_neg: {
    calls: [],
    text: `;; −a
(func $integer_neg (param $a i32) (result i32)
  (i32.sub (i32.const 0) (local.get $a)))`,
  },
  same4: {
    calls: [],
    text: `;; Which lanes of two masks are equal.
(func $same4 (param $a v128) (param $b v128) (result v128)
  (v128.not (v128.xor (local.get $a) (local.get $b))))`,
  },
};

/** By name, without the `$` that the text has. */
export const functions: Readonly<Record<string, MathFunction>> = { ...mathFunctions, ...own };

/** The functions that these call, and that those call, in the order of the table. */
export function functionsFor(used: Iterable<string>): readonly MathFunction[] {
  const wanted = new Set<string>();
  const want = (name: string): void => {
    const found = functions[name];
    if (!found) throw new Error(`there is no function \`${name}\``);
    if (wanted.has(name)) return;
    wanted.add(name);
    found.calls.forEach(want);
  };
  for (const name of used) want(name);
  return Object.entries(functions).flatMap(([name, code]) => (wanted.has(name) ? [code] : []));
}
