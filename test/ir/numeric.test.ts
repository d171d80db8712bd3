import { describe, expect, it } from "vitest";
import { erf, softplus, threefry, uniform } from "../../src/ir/numeric.ts";

describe("erf", () => {
  // Values of erf to 16 digits (Abramowitz and Stegun, table 7.1, and high-precision evaluation).
  it.each([
    [0, 0],
    [1e-10, 1.1283791670955126e-10],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.5, 0.999593047982555],
    [3, 0.9999779095030014],
    [7, 1],
    [Infinity, 1],
  ])("erf(%d) = %d", (x, value) => {
    expect(Math.abs(erf(x) - value)).toBeLessThanOrEqual(4e-16 + 4e-16 * value);
    expect(erf(-x)).toBeCloseTo(-value, 15);
  });
  it("is continuous where the methods meet, and keeps NaN", () => {
    expect(erf(2.5 - 1e-13)).toBeCloseTo(erf(2.5), 15);
    expect(erf(NaN)).toBeNaN();
  });
});

describe("softplus", () => {
  it("neither overflows nor cancels", () => {
    expect(softplus(0)).toBeCloseTo(Math.LN2, 15);
    expect(softplus(800)).toBe(800);
    expect(softplus(-800)).toBe(0);
    expect(softplus(-40)).toBeCloseTo(Math.exp(-40), 30);
  });
});

describe("threefry", () => {
  // Known-answer vectors of threefry2x32, 20 rounds, from the Random123 distribution.
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ])("key %j, counter %j", (key, counter, expected) => {
    const words = threefry(key[0]!, key[1]!, counter[0]!, counter[1]!);
    expect(words.map((w) => w >>> 0)).toEqual(expected);
  });

  it("gives uniform numbers on [0, 1) that 32-bit floats hold", () => {
    const numbers = Array.from({ length: 4000 }, (_, element) => uniform(1, 2, 3, element));
    expect(numbers.every((u) => u >= 0 && u < 1 && Math.fround(u) === u)).toBe(true);
    const mean = numbers.reduce((a, u) => a + u, 0) / numbers.length;
    const square = numbers.reduce((a, u) => a + u * u, 0) / numbers.length;
    expect(mean).toBeCloseTo(1 / 2, 1);
    expect(square - mean * mean).toBeCloseTo(1 / 12, 2);
    expect(
      new Set([uniform(1, 2, 3, 4), uniform(2, 2, 3, 4), uniform(1, 3, 3, 4), uniform(1, 2, 4, 4)]).size,
    ).toBe(4);
  });
});
