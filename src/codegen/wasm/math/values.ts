/** What the mathematical functions compute with: the kinds of values, in one lane or four. */
import type { Wat } from "../text.ts";

/** How many numbers a value holds. */
export type Lanes = 1 | 4;

/** What a value is in each lane; a double is a 64-bit float. */
export type Kind = "float" | "integer" | "double" | "mask";

/** An expression. Four doubles need two vectors: the first two lanes, then the others. */
export interface Value<K extends Kind = Kind> {
  readonly kind: K;
  readonly parts: readonly Wat[];
}

export type Float = Value<"float">;
export type Integer = Value<"integer">;
export type Double = Value<"double">;
/** A truth value in each lane. */
export type Mask = Value<"mask">;
/** What has a fraction. */
export type Real = "float" | "double";

/** Types of one number. */
export const scalarTypes = { float: "f32", integer: "i32", double: "f64", mask: "i32" } as const;
/** How vectors are seen as lanes. */
export const shapes = { float: "f32x4", integer: "i32x4", double: "f64x2", mask: "i32x4" } as const;

/** The type of a local, parameter or result. */
export function type(kind: Kind, lanes: Lanes): string {
  return lanes === 1 ? scalarTypes[kind] : "v128";
}

/** A vector of the bytes of two, in the order of these 32-bit lanes: 0 to 3 are of the first, 4 to 7 of the second. */
export function shuffled(order: readonly number[], a: Wat, b: Wat): Wat {
  return [
    "i8x16.shuffle",
    ...order.flatMap((lane) => [0, 1, 2, 3].map((byte) => `${4 * lane + byte}`)),
    a,
    b,
  ];
}
