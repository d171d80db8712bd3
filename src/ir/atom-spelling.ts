/** What rows of the table of scalar functions are written with: types of arguments, and spellings. */
import type { OnnxSpelling, PartialDerivative, Spelling, WatSpelling } from "./atom.ts";
import type { ScalarType } from "./types.ts";

export const none: PartialDerivative = () => null;
export const call = (callee: string): { readonly form: "call"; readonly callee: string } => ({
  form: "call",
  callee,
});
export const helper = (callee: string): { readonly form: "helper"; readonly callee: string } => ({
  form: "helper",
  callee,
});
export const infix = (operator: string, level: number): Extract<Spelling, { form: "infix" }> => ({
  form: "infix",
  operator,
  precedence: level,
});

export const wat = (spellings: Omit<WatSpelling, "form">): WatSpelling => ({ form: "apply", ...spellings });
export const node = (operator: string): OnnxSpelling => ({ form: "node", operator });

export const numeric = (args: readonly ScalarType[]): ScalarType | null =>
  args.every((t) => t === "f32") ? "f32" : args.every((t) => t === "i32") ? "i32" : null;
export const float = (args: readonly ScalarType[]): ScalarType | null =>
  args.every((t) => t === "f32") ? "f32" : null;
export const floatComparison = (args: readonly ScalarType[]): ScalarType | null =>
  float(args) ? "bool" : null;
export const integer = (args: readonly ScalarType[]): ScalarType | null =>
  args.every((t) => t === "i32") ? "i32" : null;
export const logical = (args: readonly ScalarType[]): ScalarType | null =>
  args.every((t) => t === "bool") ? "bool" : null;

/** Precedences of the infix spellings; larger binds tighter. */
export const precedence = {
  select: 0,
  or: 1,
  and: 2,
  compare: 3,
  add: 4,
  mul: 5,
  prefix: 6,
  pow: 7,
  primary: 8,
} as const;
