/** LaTeX and HTML: complete files, in which nothing of the user's becomes markup. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { words } from "../../src/derivation/latex-words.ts";
import { pageWidth, widthOf } from "../../src/derivation/latex-width.ts";
import { escapeHtml } from "../../src/derivation/mathml.ts";
import { printDerivation } from "../../src/derivation/print.ts";
import { explain } from "../../src/index.ts";
import { describeInBrowser } from "../support/browser.ts";

const file = "examples/courses/c/08-by-hand.nn";
const source = readFileSync(join(import.meta.dirname, "../..", file), "utf8");

/** Names that a language of markup would act on, as far as the source allows them, and a comment that tries. */
const hostile = `
/// <script>alert(1)</script> & \\input{secret} % $x$ #1 ~
model Hostile {
  input under_score: [2]
  param σ_1: [2] ~ ones
  loss sum(under_score * σ_1) // </pre><img src=x onerror=alert(1)>
}`;

const print = (text: string, name: string, format: "latex" | "html"): string => {
  const { derivation } = explain(text, { file: name, code: true });
  return printDerivation(derivation!, { format });
};

test("LaTeX: every brace and environment is closed, and names are text", () => {
  for (const text of [source, hostile]) {
    const latex = print(text, file, "latex");
    const plain = latex.replace(/\\[{}\\]/g, "");
    expect(plain.split("{").length).toBe(plain.split("}").length);
    const begun = [...latex.matchAll(/\\begin\{(\w+\*?)\}/g)].map((m) => m[1]);
    expect([...latex.matchAll(/\\end\{(\w+\*?)\}/g)].map((m) => m[1]).toSorted()).toEqual(begun.toSorted());
  }
  const latex = print(hostile, "m_%.nn", "latex");
  expect(latex).not.toMatch(/\\input|[^\\]%[^ \n]|[^\\_{}\d]_s/);
  expect(latex).toContain("\\text{under\\_score}");
  expect(words("\\a{b}$&#%_^~")).toBe(
    "\\textbackslash{}a\\{b\\}\\$\\&\\#\\%\\_\\textasciicircum{}\\textasciitilde{}",
  );
});

test("LaTeX: fractions, sums and hats", () => {
  const latex = print(source, file, "latex");
  expect(latex).toContain("\\frac{\\hat{y} - y}{\\left(1 - \\hat{y}\\right) \\cdot \\hat{y}}");
  expect(latex).toContain("\\sum_{k} v_{k,j} \\cdot x_{k}");
});

test("what cancels is struck through, and named for those who see no strokes", () => {
  const latex = print(source, file, "latex");
  expect(latex).toMatch(/\\usepackage\{[^}]*\bcancel\b/);
  const above = "\\cancel{\\hat{y}} \\cdot \\cancel{\\left(1 - \\hat{y}\\right)}";
  const below = "{\\cancel{\\left(1 - \\hat{y}\\right)} \\cdot \\cancel{\\hat{y}}}";
  expect(latex).toContain(`\\frac{\\hat{y} - y}${below} \\cdot ${above}`);
  expect(latex.match(/\\cancel/g)).toHaveLength(4);
  const html = print(source, file, "html");
  expect(html.match(/<menclose notation="updiagonalstrike"/g)).toHaveLength(4);
  expect(html).toContain("ŷ and 1 − ŷ cancel");
});

test("HTML: what the user wrote is text, and nothing is fetched", () => {
  const html = print(hostile, "<m>.nn", "html");
  expect(html).not.toMatch(/<script>alert|<img|<m>/);
  expect(html).toContain("&#60;script&#62;alert(1)");
  expect(html).not.toMatch(/(?:src|href)="(?!#)|url\(|@import|fetch\(/);
  expect(escapeHtml(`<a href="x" & 'y'>`)).toBe("&#60;a href=&#34;x&#34; &#38; &#39;y&#39;&#62;");
});

test("HTML: every element is closed, and every link has its target", () => {
  const html = print(source, file, "html");
  const open: string[] = [];
  for (const [, close, name] of html
    .replace(/<(style|script)>[^]*?<\/\1>/g, "")
    .matchAll(/<(\/?)([a-z0-9]+)[^>]*>/g)) {
    if (["meta", "br"].includes(name!)) continue;
    if (close === "") open.push(name!);
    else expect(open.pop()).toBe(name);
  }
  expect(open).toEqual([]);
  const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map((m) => m[1]));
  const targets = [...html.matchAll(/href="#(step-d[^"]+)"/g)].map((m) => m[1]!);
  expect(targets.length).toBeGreaterThan(5);
  expect(targets.filter((t) => !ids.has(t))).toEqual([]);
});

describeInBrowser("the HTML derivation in a browser", ({ visit }) => {
  test("keys and pointer link an equation, its source and its code; Escape lets go", async () => {
    const site = { files: { "/index.html": print(source, file, "html") } };
    await visit(site, async ({ page, errors }) => {
      // What scrolls smoothly may move away between the button's way down and its way up.
      await page.emulateMedia({ reducedMotion: "reduce" });
      const held = (where: string): Promise<number> => page.locator(`${where} .held`).count();
      const soft = page.locator("aside code.soft");
      await page.locator('aside code[data-about~="h"]').first().hover();
      expect(await soft.count()).toBeGreaterThan(0);
      await page.mouse.move(1, 1);
      expect(await soft.count()).toBe(0);
      await page.locator('main section[data-about="dz_out"]').focus();
      expect(await soft.count()).toBeGreaterThan(0);
      await page.keyboard.press("Enter");
      expect(await held("main")).toBeGreaterThan(0);
      expect(await held("aside")).toBeGreaterThan(0);
      await page.keyboard.press("Escape");
      expect((await held("main")) + (await held("aside"))).toBe(0);
      await page.keyboard.press("ArrowDown");
      expect(await page.locator("main :focus").getAttribute("data-about")).toBe("dw");
      await page.locator('aside code[data-about~="h"]').first().click();
      await expect.poll(() => page.locator('main tr.held[data-about="h"]').count()).toBe(1);
      expect(errors).toEqual([]);
    });
  });
});

test("LaTeX: no line of an equation is wider than the page", () => {
  const wide = `model Wide {
  input first_of_many: [9]
  param second_of_many: [9] ~ ones
  y = exp(first_of_many * second_of_many) + sin(first_of_many + second_of_many) + cos(first_of_many - second_of_many)
  loss sum(if y > 1 then y * first_of_many * second_of_many + first_of_many^2 else sqrt(y) * second_of_many)
}`;
  const latex = print(wide, "wide.nn", "latex");
  const rows = [...latex.matchAll(/\\begin\{align\*\}\n(.*?)\n\\end\{align\*\}/gs)].flatMap(([, body]) =>
    body!.split(" \\\\\n"),
  );
  expect(rows.filter((row) => row.startsWith("&\\qquad")).length).toBeGreaterThan(3);
  // A note that is too long is a paragraph.
  const single = rows.filter((row) => !row.includes("\\parbox"));
  for (const row of single) expect(widthOf(row), row).toBeLessThan(pageWidth + 2);
});

test("LaTeX: the width of a formula is near to that of the page's letters", () => {
  expect(widthOf("\\frac{aaaa}{b}")).toBeCloseTo(widthOf("aaaa") + 0.25, 5);
  expect(widthOf("\\text{two words}")).toBeGreaterThan(widthOf("\\text{twowords}"));
  expect(widthOf("x_{ijk}")).toBeLessThan(widthOf("xijk"));
});
