/** The table of the chain rule: what it prints as the result of a step has the value of the gradient. */
import { expect, test } from "vitest";
import { chainRows, chainTable } from "../../examples/courses/support/chain-table.ts";
import { compile } from "../../examples/courses/support/compile.ts";
import { inCourseNames } from "../../examples/courses/support/course-names.ts";
import { named, one, printProduct, times } from "../../examples/courses/support/product.ts";
import type { Trace } from "../../examples/courses/support/trace.ts";
import { trace } from "../../examples/courses/support/trace.ts";

const models: readonly (readonly [file: string, of: string, given: Record<string, number>])[] = [
  ["c/04-circuit", "L", { w: 2, x: -1, b: 0.5 }],
  ["c/05-squared-error", "L", { w: 2, x: 3, b: 1, y: 5 }],
  ["c/06-two-paths", "L", { w: 2, x: 3 }],
  ["d/03-circuit", "J", { a: 3, b: 2, c: 5 }],
  ["e/01-circuit", "L", { a: 5, b: 3, c: 2 }],
  ["b/06-circuit", "f", { w0: 2, x0: -1, w1: -3, x1: -2, w2: -3 }],
];

/** The value of a printed product of names and numbers: `-2·L²·z4`. */
function valueOf(product: string, t: Trace): number {
  const [, sign, rest] = /^(-?)(.*)$/.exec(product)!;
  return rest!.split("·").reduce(
    (value, factor) => {
      const [, name, power] = /^([^²³]+)([²³]?)$/.exec(factor)!;
      const base = /^[\d.]+$/.test(name!) ? Number(name) : t.value(name!)[0]!;
      return value * base ** (power === "²" ? 2 : power === "³" ? 3 : 1);
    },
    sign === "-" ? -1 : 1,
  );
}

test.each(models)("%s: each result is what the step adds", (file, of, given) => {
  const compiled = compile(new URL(`../../examples/courses/${file}.nn`, import.meta.url));
  const found = trace(compiled, given, { of });
  const rows = chainRows(found);
  expect(rows.length).toBeGreaterThan(3);
  for (const row of rows) expect(valueOf(row.result, found), row.result).toBeCloseTo(row.value, 12);
  for (const name of Object.keys(given)) {
    const parts = rows.filter((r) => r.node === name);
    if (parts.length === 0) continue;
    const sum = parts.reduce((total, r) => total + r.value, 0);
    expect(sum).toBeCloseTo(found.gradient(name)[0]!, 12);
  }
  const text = chainTable(found);
  for (const row of rows) expect(text).toContain(row.result);
});

test("products are multiplied out factor by factor", () => {
  const minus = { ...one, coefficient: -2 };
  const square = times(named("L"), named("L"));
  expect(printProduct(one)).toBe("1");
  expect(printProduct(times(minus, times(square, named("x"))))).toBe("-2·L²·x");
  const inverse = { coefficient: 1, powers: new Map([["L", -1]]) };
  expect(printProduct(times(square, inverse))).toBe("L");
  expect(printProduct(times(named("x"), inverse))).toBe("x/L");
  expect(printProduct(times(square, times(inverse, inverse)))).toBe("1");
  expect(printProduct(times(inverse, { coefficient: 3, powers: new Map([["u", -2]]) }))).toBe("3/(L·u²)");
});

test("layers of a loop are named as the courses do", () => {
  expect(inCourseNames("da.1.dense.W[j, k] = da.1.dense.z[j]·a.0[k]")).toBe("dW⁽²⁾[j, k] = dz⁽²⁾[j]·a⁽¹⁾[k]");
  expect(inCourseNames("da.9.dense.z[j]", "δ")).toBe("δ⁽¹⁰⁾[j]");
});
