/** Runs items of the courses as `npm run course` does, and checks what holds for every one of them. */
import { existsSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import type { Item } from "../../examples/courses/support/item.ts";
import { Page } from "../../examples/courses/support/item.ts";

const pictures = new URL("../../examples/courses/pictures/", import.meta.url);
const pageWidth = 100;

/**
 * The figures of an item. Its page must fit a terminal and say nothing that is not a number, and its pictures must be
 * those of the repository (`npm run --silent course -- all` writes them).
 */
export async function shown<Figures>(item: Item<Figures>): Promise<Figures> {
  const page = new Page();
  const figures = await item.show(page);
  expect(page.lines.length).toBeGreaterThan(3);
  expect(page.lines.filter((line) => [...line].length > pageWidth)).toEqual([]);
  expect(page.lines.filter((line) => /\bNaN\b|\bundefined\b|\[object/.test(line))).toEqual([]);
  for (const [name, svg] of page.pictures) {
    const file = new URL(`${name}.svg`, pictures);
    expect(existsSync(file) ? readFileSync(file, "utf8") : "", `pictures/${name}.svg is stale`).toBe(svg);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  }
  return figures;
}

/** Numbers that agree to so many digits after the point, one by one. */
export function agree(actual: ArrayLike<number>, expected: readonly number[], digits = 12): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, digits));
}
