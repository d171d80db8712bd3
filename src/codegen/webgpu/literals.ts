/** Numbers as WGSL writes them. A constant that is no finite 32-bit float is an error there. */
import { precedence } from "../../ir/atoms.ts";
import type { Constant } from "../../ir/types.ts";
import type { AtomPrinter, Code } from "../integers.ts";
import { primary } from "../integers.ts";

/**
 * The largest 32-bit float: it stands for ∞, which WGSL does not promise to know. So `max` of nothing but −∞ is
 * −3.4e38 on a GPU; positions of extremes are as elsewhere, unless −∞ stands before −3.4e38 itself. A NaN among the values
 * makes `max` and `min` NaN, and is what `argmax` and `argmin` find.
 */
export const largest = (2 - 2 ** -23) * 2 ** 127;

/** The bits of what is no number. */
const nanBits = "0x7fc00000u";

/**
 * A literal of the 32-bit float that is nearest: the shortest digits that give it. Where these lie above the largest
 * float, or below the normal ones, which a compiler may round to 0, the digits are hexadecimal, and so exact.
 */
export function floatLiteral(value: number): string {
  if (Number.isNaN(value)) throw new Error("WGSL has no literal for what is no number");
  const float = Math.fround(Math.min(Math.max(value, -largest), largest));
  const magnitude = Math.abs(float);
  const sign = float < 0 || Object.is(float, -0) ? "-" : "";
  if (magnitude === largest || (magnitude !== 0 && magnitude < 2 ** -126))
    return sign + hexadecimal(magnitude);
  const digits = shortest(magnitude);
  return sign + (/[.e]/.test(digits) ? digits : `${digits}.0`);
}

/** The shortest decimal digits that are nearer to this float than to any other. */
function shortest(float: number): string {
  for (let precision = 1; precision < 9; precision++) {
    const digits = Number(float.toPrecision(precision));
    if (Math.fround(digits) === float) return `${digits}`.replace("e+", "e");
  }
  return `${Number(float.toPrecision(9))}`.replace("e+", "e");
}

/** `0x1.fffffep+127f`: for positive floats. */
function hexadecimal(float: number): string {
  const exponent = Math.max(Math.floor(Math.log2(float)), -149);
  const fraction = (float / 2 ** exponent - 1) * 2 ** 24;
  const digits = fraction.toString(16).padStart(6, "0").replace(/0+$/, "");
  return `0x1${digits === "" ? "" : `.${digits}`}p${exponent < 0 ? "" : "+"}${exponent}f`;
}

export function printConstant({ value, type }: Pick<Constant, "value" | "type">, printer: AtomPrinter): Code {
  if (type === "bool") return primary(value === 0 ? "false" : "true");
  if (Number.isNaN(value)) {
    printer.helper("fromBits");
    return primary(`fromBits(${nanBits})`);
  }
  const text = floatLiteral(value);
  return text.startsWith("-") ? { text, precedence: precedence.prefix } : primary(text);
}
