import { describe, expect, test } from "vitest";
import { mistakesIn, read, salvaged } from "./read.ts";

describe("a mistake is named in the words of the language, once, and the rest is read", () => {
  test.each<[string, string, string[]]>([
    [
      "y =\nz = 3",
      "NN1002 1: expected an expression, but found the end of the line",
      ["y = <error>", "z = 3"],
    ],
    ["y = f(a, )", "NN1002 1: expected an expression, but found `)`", ["y = f(a, <error>)"]],
    ["y = f(a b)", "NN1002 1: expected `,` or `)`, but found `b`", ["y = <error>"]],
    [
      "y = a + * b\nz = 1",
      "NN1002 1: expected an expression, but found `*`",
      ["y = (a + (<error> * b))", "z = 1"],
    ],
    ["y = 2x", "NN1002 1: expected the end of the line, but found `x`", ["y = 2"]],
    ["y = x |> 3", "NN1002 1: expected a function or a layer, but found `3`", ["y = <error>"]],
    ["y = x |> f + 1", "NN1002 1: expected the end of the line, but found `+`", ["y = (x |> f)"]],
    ["y = x[]", "NN1002 1: expected a subscript, but found `]`", ["y = <error>"]],
    ["y = sum[3] x", "NN1002 1: expected an index or `]`, but found `3`", ["y = 3"]],
    ["y = if a then b", "NN1002 1: expected `else`, but found the end of the line", ["y = <error>"]],
    [
      "param W: [n]",
      "NN1002 1: expected `~`, but found the end of the line",
      ["param W: float[n] ~ <error>"],
    ],
    [
      "for l 0..3 { h = 2 }",
      "NN1002 1: expected `in`, but found `0`",
      ["for l in <error>..<error> { h = 2 }"],
    ],
    ["f(x)", "NN1002 1: expected `=`, but found `(`", []],
    [
      "optimizer sgd() for encode (lr = 1)\ny = 1",
      "NN1002 1: expected a pattern in quotes, but found `encode`",
      ["optimizer sgd() for  (lr = 1)", "y = 1"],
    ],
    [
      'optimizer sgd() for "encode"\ny = 1',
      "NN1002 1: expected `(` and what is different for these parameters, but found the end of the line",
      ["optimizer sgd()", "y = 1"],
    ],
    ["freeze encode", "NN1002 1: expected a pattern in quotes, but found `encode`", ["freeze "]],
    [
      "require a > b\ny = 1",
      "NN1002 1: expected `else` and the reason in quotes, but found the end of the line",
      ['require (a > b) else ""', "y = 1"],
    ],
    ["a[...i(1] = x", "NN1003 1: this `(` is never closed", ["a[...i(1)] = x"]],
    ["a[...i()] = x", "NN1002 1: expected an expression, but found `)`", ["a[...i(<error>)] = x"]],
    [
      "require a else b",
      "NN1002 1: expected `else` and the reason in quotes, but found `b`",
      ['require a else ""'],
    ],
    ["then = 3", "NN1002 1: expected a statement, but found `then`", []],
    ["  fn f(x) = x\ny = 1", "NN1002 1: expected a statement, but found `fn`", ["y = 1"]],
    ["y[b, :] = 3", "NN1002 1: expected an index, but found `:`", ["y[b, @<error>] = 3"]],
    ["y = a && b", "NN1001 1: `&&` is not part of the language", ["y = a"]],
    ["y = a §\nz = b c", "NN1001 1: `§` is not part of the language", ["y = a", "z = b"]],
    [
      "y = a < b < c",
      "NN1009 1: comparisons do not chain: `a < b < c` is written `a < b and b < c`",
      ["y = (<error> < c)"],
    ],
    ["y = 1e999", "NN1010 1: `1e999` is too large for a number", ["y = Infinityr"]],
    [
      "x: flaot[3]",
      "NN1011 1: `flaot` is no type of element: it is `int`, `bool`, `float` or `distribution`",
      ["x: float[3]"],
    ],
  ])("%s", (body, mistake, tree) => {
    expect(mistakesIn(body)[0]).toBe(mistake);
    expect(mistakesIn(body)).toHaveLength(body.includes("§") ? 2 : 1);
    expect(salvaged(body)).toEqual(tree);
  });
});

describe("a forgotten bracket costs one line", () => {
  test.each<[string, string, string[]]>([
    ["y = f(a, (b + c\nz = 3", "NN1003 1: this `(` is never closed", ["y = f(a, (b + c))", "z = 3"]],
    [
      "y = f(a,\n b\nparam W: [n] ~ zeros",
      "NN1003 1: this `(` is never closed",
      ["y = f(a, b)", "param W: float[n] ~ zeros"],
    ],
    ["y = x[i\nreturn y", "NN1003 1: this `[` is never closed", ["y = x[i]", "return y"]],
    ["y = f(a[i) + 2\nz = 1", "NN1003 1: this `[` is never closed", ["y = (f(a[i]) + 2)", "z = 1"]],
    ["y = a)\nz = 1", "NN1004 1: this `)` closes nothing", ["y = a", "z = 1"]],
    [
      "for i in 0..3 {\n h = (\n}\nz = 1",
      "NN1003 2: this `(` is never closed",
      ["for i in 0..3 { h = <error> }", "z = 1"],
    ],
  ])("%s", (body, mistake, tree) => {
    expect(mistakesIn(body)).toEqual([mistake]);
    expect(salvaged(body)).toEqual(tree);
  });

  test("but where the bracket is closed, a comma was forgotten", () => {
    expect(mistakesIn("y = f(a,\n b = 3\n c = 4)")).toEqual(["NN1002 3: expected `,` or `)`, but found `c`"]);
  });

  test("a declaration at the margin closes the block above it", () => {
    const { mistakes, file } = read("fn f(x) {\n  return x\n\nfn g(x) = 3\nmodel M { y = 2 }");
    expect(mistakes).toEqual(["NN1003 1: this `{` is never closed"]);
    expect(file.declarations.map((d) => d.name.text)).toEqual(["f", "g", "M"]);
  });
});

test("several mistakes are found in one run", () => {
  expect(mistakesIn("a = )\nb = 1\nc = * 2\nd = f(\ne = 1; g = ..2")).toEqual([
    "NN1004 1: this `)` closes nothing",
    "NN1003 4: this `(` is never closed",
    "NN1002 3: expected an expression, but found `*`",
    "NN1002 5: expected an expression, but found `..`",
  ]);
});

test("a mistake in a header leaves the body readable", () => {
  const { file, mistakes } = read(
    "layer f(n: int)(x: [n, *) -> [n] {\n  param W: [n] ~ zeros\n  y = +\n}\nfn g(x) = x",
  );
  expect(mistakes.map((m) => m.slice(0, 8))).toEqual(["NN1003 1", "NN1002 3"]);
  expect(file.declarations.map((d) => [d.name.text, d.body.length])).toEqual([
    ["f", 2],
    ["g", 1],
  ]);
});

test("help for habits of other languages", () => {
  const helps = (body: string): (string | undefined)[] =>
    read(`model M {\n${body}\n}`).diagnostics.all.map((d) => d.help);
  expect(helps("y = a && b")).toEqual(["write `and`"]);
  expect(helps("y = a ** b")).toEqual(["a power is written `^`"]);
  expect(helps("y = x ≤ 3")).toEqual(["write `<=`"]);
  expect(helps("y = 2x")).toEqual(["a product is written with `*`"]);
  expect(helps("y = mod")).toEqual(["`mod` is a word of the language and can't be a name"]);
});

test("odd files", () => {
  for (const text of ["", "\n\n", "// only a comment", "/// only documentation", "\uFEFFfn f(x) = x", ";;"]) {
    expect(read(text).mistakes).toEqual([]);
  }
  expect(read("/* no end").mistakes).toEqual(["NN1005 1: this comment never ends: `*/` is missing"]);
  expect(read("model M { a = 1 /* no end").mistakes).toEqual([
    "NN1005 1: this comment never ends: `*/` is missing",
  ]);
  expect(read('import { a } from "b').mistakes).toEqual(["NN1006 1: this text in quotes never ends"]);
});
