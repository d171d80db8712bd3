import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as prettier from "prettier";
import { describe, expect, test } from "vitest";
import { format } from "../../src/format/format.ts";
import * as plugin from "../../src/format/prettier.ts";
import { Diagnostics } from "../../src/ir/diagnostics.ts";
import { parse } from "../../src/parser/parse.ts";

const root = join(import.meta.dirname, "../..");
const files = ["src/std", "examples", "bench/models", "test"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".nn"))
    .map((name) => join(folder, name)),
);

/** The tree without its places in the text. */
function treeOf(text: string): { tree: unknown; readable: boolean } {
  const diagnostics = new Diagnostics();
  const tree = parse(text, "model.nn", diagnostics);
  const placeless = JSON.stringify(tree, (key, value: unknown) => (/span$/i.test(key) ? undefined : value));
  return { tree: JSON.parse(placeless), readable: !diagnostics.hasErrors };
}

const laidOut = (text: string): string => {
  const formatted = format(text).text;
  expect(formatted).not.toBeNull();
  return formatted!;
};

test("every model of this repository keeps its meaning, and a second time changes nothing", () => {
  expect(files.length).toBeGreaterThan(200);
  for (const file of files) {
    const text = readFileSync(join(root, file), "utf8");
    const { tree, readable } = treeOf(text);
    if (!readable) {
      expect(format(text).text, file).toBeNull();
      continue;
    }
    const once = laidOut(text);
    expect(treeOf(once).tree, file).toEqual(tree);
    expect(laidOut(once), file).toBe(once);
    const signs = (t: string): string => t.replace(/[\s;]/g, "");
    expect(signs(once), file).toBe(signs(text));
  }
});

describe("layout", () => {
  test.each([
    ["spaces", "fn f( x ,y=2 )=x*y+ -1", "fn f(x, y = 2) = x * y + -1\n"],
    ["signs", "fn f(x) = - x - - 1 + (-x)", "fn f(x) = -x - -1 + (-x)\n"],
    ["powers", "fn f(x) = x ^ 2 + x^( 1+2 ) ^ -x", "fn f(x) = x^2 + x^(1 + 2)^-x\n"],
    ["reductions", "fn f(x:[n]) -> [] = sum [ k ]x[k]*x [k]", "fn f(x: [n]) -> [] = sum[k] x[k] * x[k]\n"],
    ["ranges", "model M { for l in 0 .. 3 { dim n=2 } }", "model M {\n  for l in 0..3 { dim n = 2 }\n}\n"],
    ["packs", "fn f(x: [... s , n]) -> [...s,n] = x", "fn f(x: [...s, n]) -> [...s, n] = x\n"],
    ["imports", 'import {a,b as c} from "./x.nn"', 'import { a, b as c } from "./x.nn"\n'],
    ["semicolons", "model M { dim n = 2; dim m = 3 }", "model M {\n  dim n = 2\n  dim m = 3\n}\n"],
    ["nothing at all", "\n\n", ""],
    [
      "groups",
      'model M { optimizer sgd( lr=1 )for "*.b","c"( lr=2 ) }',
      'model M { optimizer sgd(lr = 1) for "*.b", "c" (lr = 2) }\n',
    ],
  ])("%s", (_, text, expected) => expect(laidOut(text)).toBe(expected));

  test("a chain of pipes that is too long breaks at each of them", () => {
    const layers = Array.from({ length: 4 }, (_, n) => `conv2d(filters = ${n}, kernel = 3, pad = 1)`);
    const text = laidOut(`model M {\n  h = image |> ${layers.join(" |> ")}\n}`);
    expect(text).toBe(`model M {\n  h = image\n${layers.map((l) => `    |> ${l}\n`).join("")}}\n`);
  });

  test("so do the cases of a long choice", () => {
    const text = laidOut(
      "fn f(x) = if x < 100000000000000000 then x + 11111111 else if x < 20000000000000000000000 then x + 2 else x + 333333",
    );
    expect(text).toBe(
      "fn f(x) =\n  if x < 100000000000000000 then x + 11111111\n    else if x < 20000000000000000000000 then x + 2\n    else x + 333333\n",
    );
  });

  test("comments stay where they were, and at most one empty line is kept", () => {
    const text = [
      "// first",
      "",
      "",
      "",
      "/// What it does.",
      "fn f(a, // one",
      "  b /* two */) = a + b // three",
      "// last",
    ];
    const expected = [
      "// first",
      "",
      "/// What it does.",
      "fn f(",
      "  a, // one",
      "  b /* two */",
      ") = a + b // three",
      "// last",
      "",
    ];
    expect(laidOut(text.join("\n"))).toBe(expected.join("\n"));
    expect(laidOut("model M {\n      /* a\n         b */\n  // only\n}")).toBe(
      "model M {\n  /* a\n     b */\n  // only\n}\n",
    );
  });

  test("a file with mistakes is reported, not touched", () => {
    const { text, diagnostics } = format("fn f(x = x");
    expect(text).toBeNull();
    expect(diagnostics.length).toBeGreaterThan(0);
  });
});

describe("from prettier", () => {
  const run = (text: string, more: prettier.Options = {}): Promise<string> =>
    prettier.format(text, { parser: "nn", plugins: [plugin], ...more });

  test("the same, in the width that prettier is told", async () => {
    const text = readFileSync(join(root, "src/std/attention.nn"), "utf8");
    expect(await run(text, { printWidth: 100 })).toBe(laidOut(text));
    expect(await run("fn f(first, second) = first + second", { printWidth: 20 })).toBe(
      "fn f(\n  first,\n  second\n) = first + second\n",
    );
  });

  test("mistakes are shown where they are", async () => {
    await expect(run("fn f(x) = x\nfn g(x) = = x\n")).rejects.toMatchObject({
      loc: { start: { line: 2, column: 11 } },
    });
  });
});
