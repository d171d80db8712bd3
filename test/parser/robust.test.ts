import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Grammar } from "../../src/parser/grammar.ts";
import { createLexer } from "../../src/parser/tokens.ts";
import { isBinaryOperator } from "../../src/parser/operators.ts";
import { heightLimit } from "../../src/parser/grammar-base.ts";
import { nestingLimit } from "../../src/parser/newlines.ts";
import { mistakesIn, read, showExpression } from "./read.ts";
import { programs } from "./programs.ts";

const words = [
  ...'( ) [ ] { } = == < <= , : ; ~ + - * / ^ @ |> -> .. ... . § " // /* */ /// \n'.split(" "),
  ..."model fn layer optimizer dim input param state update output metric loss for in if then else return".split(
    " ",
  ),
  ..."import from as with gradient and or not div mod true false sum max mean x y 1 0.5 0..3 ŷ".split(" "),
];

/**
 * Every node has a place in the text, inside the place of the node that holds it; what stands for unread text lies
 * between tokens, maybe before the first of its node.
 */
function checkPlaces(value: unknown, from: number, to: number): void {
  if (typeof value !== "object" || value === null) return;
  let [start, end] = [from, to];
  if ("span" in value) {
    ({ start, end } = value.span as { start: number; end: number });
    const unread = "kind" in value && value.kind === "error";
    if (!(start <= end && (unread || (from <= start && end <= to)))) {
      throw new Error(`${start}–${end} is not inside ${from}–${to}: ${JSON.stringify(value)}`);
    }
  }
  for (const [key, child] of Object.entries(value)) {
    if (key === "span" || key === "operatorSpan") continue;
    checkPlaces(child, start, end);
  }
}

describe("any text whatever is read without a fault", () => {
  test("words in any order", () => {
    const soup = fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((found) => found.join(" "));
    fc.assert(
      fc.property(soup, (text) => void read(text)),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(soup, (text) => void read(`model M {\n${text}\n}`)),
      { numRuns: 300 },
    );
  });
  test("any characters", () => {
    const codes = fc.array(fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(codes, (found) => void read(String.fromCharCode(...found))),
      { numRuns: 200 },
    );
  });
  test("programs with a piece left out, doubled or replaced", () => {
    const change = fc.tuple(
      fc.constantFrom(...programs),
      fc.nat(),
      fc.nat(20),
      fc.constantFrom("", ...words),
    );
    const property = fc.property(change, ([program, at, length, inserted]) => {
      const start = at % program.length;
      const text = program.slice(0, start) + inserted + program.slice(start + length);
      const { file } = read(text);
      for (const declaration of file.declarations) checkPlaces(declaration, 0, text.length);
    });
    fc.assert(property, { numRuns: 400 });
  });
});

describe("what is nested or long is limited", () => {
  const repeated: [string, string][] = [
    ["(", ")"],
    ["f(", ")"],
    ["x[", "]"],
    ["(1 else ", ")"],
    ["if ", " then 1 else 2"],
    ["if a then ", " else 1"],
    ["sum[k < ", "] a"],
    ["(if (", ") then b else c)"],
  ];
  test.each(repeated)("%s", (open, close) => {
    const nested = (n: number): string => `y = ${open.repeat(n)}x${close.repeat(n)}`;
    const each = open.startsWith("(if") ? 3 : 1;
    expect(mistakesIn(nested(Math.floor((nestingLimit - 1) / each)))).toEqual([]);
    expect(mistakesIn(nested(nestingLimit))[0]).toMatch(/^NN1007 1/);
    expect(mistakesIn(nested(5000))).toHaveLength(1);
    read(`model M {\ny = ${open.repeat(5000)}`);
    read(`model M {\ny = ${close.repeat(5000)}`);
  });
  const chained: [string, string][] = [
    ["", " + x"],
    ["", "^x"],
    ["-", ""],
    ["not ", ""],
    ["if a then b else ", ""],
    ["sum[k] ", ""],
    ["", " |> f"],
    ["", "(x)"],
    ["", "[i]"],
  ];
  test.each(chained)("%s … %s", (before, after) => {
    const chain = (n: number): string => `y = ${before.repeat(n)}x${after.repeat(n)}`;
    expect(mistakesIn(chain(heightLimit - 1))).toEqual([]);
    expect(mistakesIn(chain(5000))).toHaveLength(1);
    expect(mistakesIn(chain(5000))[0]).toMatch(/^NN1008 1/);
  });
  test("blocks", () => {
    expect(mistakesIn("for i in 0..2 { ".repeat(190) + "}".repeat(190))).toEqual([]);
    expect(mistakesIn("for i in 0..2 { ".repeat(5000) + "}".repeat(5000))).toHaveLength(1);
  });
});

test("spans are exact", () => {
  const text = "y = (a + b) * sum[k] x[b, k] |> f(c)";
  const { file } = read(`model M { ${text} }`);
  const places = new Map<string, string>();
  const collect = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if ("kind" in value && "span" in value) {
      const { start, end } = value.span as { start: number; end: number };
      places.set(`model M { ${text} }`.slice(start, end), value.kind as string);
    }
    Object.values(value).forEach(collect);
  };
  collect(file.declarations[0]?.body);
  expect(Object.fromEntries(places)).toMatchObject({
    [text]: "definition",
    "(a + b) * sum[k] x[b, k] |> f(c)": "call",
    "(a + b) * sum[k] x[b, k]": "binary",
    "a + b": "binary",
    "sum[k] x[b, k]": "reduce",
    "x[b, k]": "subscript",
  });
});

test("the grammar has no ambiguity and every operator a precedence", () => {
  const grammar = new Grammar(false);
  createLexer(false);
  expect(Object.keys(grammar.getGAstProductions())).toContain("expression");
  for (const token of [
    "+",
    "-",
    "*",
    "/",
    "@",
    "^",
    "div",
    "mod",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "and",
    "or",
  ]) {
    expect(isBinaryOperator(token)).toBe(true);
    expect(showExpression(`a ${token} b`)).toBe(`(a ${token} b)`);
  }
});

test("a file of 500 lines takes milliseconds", () => {
  const line =
    "h = sum[k < n, v] x[b, i*stride + u - pad] * W[k, j] + (bias[j] else 0) |> linear(hidden) |> relu\n";
  const text = `model M {\n${line.repeat(500)}}`;
  read(text);
  const start = performance.now();
  read(text);
  expect(performance.now() - start).toBeLessThan(1000);
});
