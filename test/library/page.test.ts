/** The library is documented, and docs/library.md shows it as it is. */
import { describe, expect, test } from "vitest";
import { currentPage, readPage } from "../../scripts/library.ts";
import { declarationsOf, readDocumentation } from "../../scripts/library/documentation.ts";
import { library } from "../../src/std/index.ts";

const declarations = declarationsOf(library);

describe("every declaration of the library", () => {
  test.each(declarations)("$kind $name says what it is, and shows it", (d) => {
    expect(d.summary, "the first paragraph of its `///` comment").toMatch(/[.:]$/);
    if (d.isHelper) return;
    expect(d.example, "lines indented by four at the end of its `///` comment").toBeDefined();
    expect(d.example).toMatch(new RegExp(`\\b${d.name}\\b`));
  });
});

test("a comment is taken apart", () => {
  const comment = [
    "Mean of squares, over",
    "all elements.",
    "",
    "ℓ = mean(d²)",
    "  with d = y − t",
    "",
    "Never negative.",
    "",
    "Shapes: y, t [...s] → []",
    "Source: Gauss,",
    "Theoria (1809)",
    "Used by `rms`.",
    "",
    "    input y: [2]",
    "",
    "    loss mse(y, y)",
  ];
  expect(readDocumentation(comment.join("\n"))).toEqual({
    summary: "Mean of squares, over all elements.",
    formula: "ℓ = mean(d²)\n  with d = y − t",
    remarks: ["Never negative.", "Used by `rms`."],
    shapes: "y, t [...s] → []",
    source: "Gauss, Theoria (1809)",
    example: "input y: [2]\n\nloss mse(y, y)",
    isHelper: true,
  });
});

describe("docs/library.md", () => {
  test("shows the library as it is (npx unrun scripts/library.ts)", { timeout: 120_000 }, () => {
    expect(currentPage()).toBe(readPage());
  });

  test("has every declaration under its name, and a link to it", () => {
    const headings = new Set([...readPage().matchAll(/^### (.*)$/gm)].map((m) => m[1]));
    for (const { name } of declarations) expect(headings).toContain(name);
    const links = [...readPage().matchAll(/\]\(#([^)]*)\)/g)].map((m) => m[1]!);
    expect(links.length).toBeGreaterThan(declarations.length);
    expect(links.filter((anchor) => !anchors().has(anchor))).toEqual([]);
  });
});

/** What the headings of the page are called in links: of equal ones, the later ones are counted. */
function anchors(): Set<string> {
  const found = new Set<string>();
  for (const [, heading] of readPage().matchAll(/^##+ (.*)$/gm)) {
    const plain = heading!.toLowerCase().replaceAll(" ", "-");
    let anchor = plain;
    for (let n = 1; found.has(anchor); n++) anchor = `${plain}-${n}`;
    found.add(anchor);
  }
  return found;
}
