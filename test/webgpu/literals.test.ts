/** Literals of floats, read by Tint, are the floats they stand for. */
import { expect, test } from "vitest";
import { floatLiteral, largest } from "../../src/codegen/webgpu/literals.ts";
import { describeOnDawn } from "../support/dawn.ts";
import { evaluated } from "./evaluate.ts";

const floats = (bits: readonly number[]): number[] => [...new Float32Array(Uint32Array.from(bits).buffer)];

/** The edges of exponents, and their neighbours; fractions; what is short in decimal digits. */
const edges: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.1,
  1 / 3,
  2 / 3,
  1e-30,
  16777216,
  16777217,
  123456792,
  1e38,
  largest,
  -largest,
  ...floats(Array.from({ length: 254 }, (_, e) => (e + 1) << 23)),
  ...floats(Array.from({ length: 253 }, (_, e) => ((e + 2) << 23) - 1)),
].map(Math.fround);

test("digits stay within the range of 32-bit floats, and give the same float", () => {
  for (const x of [...edges, ...floats([1, 2, 0x7fffff, 0x400000, 0x80000003])]) {
    const literal = floatLiteral(x);
    expect(literal).toMatch(/^-?(\d+\.\d+|\d+(\.\d+)?e-?\d+|0x1(\.[0-9a-f]+)?p[+-]\d+f)$/);
    if (!literal.includes("x"))
      expect(Object.is(Math.fround(Number(literal)), Math.fround(x)), literal).toBe(true);
  }
  expect(floatLiteral(Infinity)).toBe("0x1.fffffep+127f");
  expect(floatLiteral(-Infinity)).toBe("-0x1.fffffep+127f");
  expect(floatLiteral(2 ** -149)).toBe("0x1p-149f");
  expect(floatLiteral(-(2 ** -126) * 0.75)).toBe("-0x1.8p-127f");
  expect(() => floatLiteral(NaN)).toThrow();
});

describeOnDawn("literals", (gpu) => {
  test("are the floats they stand for", async () => {
    const body = edges.map((x, i) => `    case ${i}: { return ${floatLiteral(x)}; }`).join("\n");
    const text = `fn edge(i: i32) -> f32 {\n  switch (i) {\n${body}\n    default: { return 0.0; }\n  }\n}`;
    const found = await evaluated(gpu(), text, "edge(i)", [], edges.length);
    edges.forEach((x, i) => expect(Object.is(found[i], x) || (x === 0 && found[i] === 0), `${x}`).toBe(true));
  });
});
