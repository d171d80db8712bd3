/** What a reduction in lanes folds values into: four locals in one vector, folded into one behind the loop. */
import type { Loop } from "../../ir/kernel.ts";
import { identities } from "../../ir/kernel.ts";
import type { FoldName } from "../../ir/lanes.ts";
import { foldOf } from "../../ir/lanes.ts";
import type { Local } from "../../ir/types.ts";
import type { Wat } from "./text.ts";
import { floatDigits, get } from "./text.ts";

export interface Fold {
  readonly local: Local;
  readonly name: FoldName;
}

/** What a loop folds into locals from outside of it. */
export function foldsOf(loop: Loop): readonly Fold[] {
  return loop.body.flatMap((s) => {
    const name = s.kind === "assign" ? foldOf(s) : undefined;
    return s.kind === "assign" && name !== undefined ? [{ local: s.local, name }] : [];
  });
}

/** The start of every lane: it changes nothing. */
export const startOf = ({ name }: Fold): Wat => [
  "v128.const",
  "f32x4",
  ...Array<string>(4).fill(floatDigits(identities[name])),
];

/** The local `one`, with the lanes of the local `four` folded into it: (0, 1) and (2, 3) first, then both pairs. */
export function folded({ name }: Fold, one: string, four: string): Wat {
  const both = (a: Wat, b: Wat): Wat => [`f32.${name === "sum" ? "add" : name}`, a, b];
  const lane = (n: number): Wat => ["f32x4.extract_lane", `${n}`, get(four)];
  return both(get(one), both(both(lane(0), lane(1)), both(lane(2), lane(3))));
}
