/** How WGSL spells what languages differ in, of integers. Its division goes towards 0. */
import { precedence } from "../../ir/atoms.ts";
import type { Code, IntegerSpelling } from "../integers.ts";
import { primary, within } from "../integers.ts";

export const wgslIntegers: IntegerSpelling = {
  equal: "==",
  different: "!=",
  divided: (value, divisor, mayBeNegative, printer) => {
    if (!mayBeNegative) return quotient(value, "/", divisor);
    printer.helper("floorDivide");
    return primary(`floorDivide(${value.text}, ${divisor})`);
  },
  remainder: (value, divisor, mayBeNegative, printer) => {
    if (!mayBeNegative) return quotient(value, "%", divisor);
    printer.helper("floorModulo");
    return primary(`floorModulo(${value.text}, ${divisor})`);
  },
};

function quotient(value: Code, operator: string, divisor: number): Code {
  // Of a product, the parentheses say that it is divided as a whole.
  return {
    text: `${within(value, precedence.prefix)} ${operator} ${divisor}`,
    precedence: precedence.mul,
    operator,
  };
}
