import { describe, expect, test } from "vitest";
import { only, readWell, showStatements, statements } from "./read.ts";
import { showStatement } from "./show.ts";

describe("where a line ends", () => {
  test("a line break ends a statement", () => {
    expect(showStatements("a = x\nb = y")).toEqual(["a = x", "b = y"]);
  });
  test("so does a semicolon, and empty statements are none", () => {
    expect(showStatements(";a = x;; b = y;\n;")).toEqual(["a = x", "b = y"]);
  });
  test.each([
    ["an operator before", "a = x +\n y"],
    ["an operator after", "a = x\n + y"],
    ["an open bracket", "a = (x + y\n)"],
    ["an open bracket and an operator at the break", "a = (x\n+ y)"],
    ["Windows line breaks", "a = x\r\n + y\r\n"],
    ["a comment between", "a = x // one\n + y /* two */"],
    ["a comment over lines", "a = x + /* one\n two */ y"],
    ["the equals sign", "a =\n x + y"],
  ])("%s joins lines", (_, body) => {
    expect(showStatements(body)[0]).toBe("a = (x + y)");
    expect(showStatements(body)).toHaveLength(1);
  });
  test.each([
    ["a = if c\nthen x\nelse y", "a = (if c then x else y)"],
    ["a = x\n|> f\n|> g(1)", "a = ((x |> f) |> g(1))"],
    ["a = f(\n  x,\n  y = 2\n)", "a = f(x, y = 2)"],
    ["a = p\nand q\nor not\nr", "a = ((p and q) or (not r))"],
    ["a[i\n< n] = x", "a[i < n] = x"],
    ["a[...i(\n -1), j, ...k] = x", "a[...i((- 1)), j, ...k] = x"],
    ["a: [...s(axis + 1),\n n, ...t]", "a: float[...s((axis + 1)), n, ...t]"],
    ["param W: [n]\n  ~ normal(0,\n 1)", "param W: float[n] ~ normal(0, 1)"],
    [
      'optimizer sgd(lr = 1)\n  for "a", "*.b" (lr = 0)\n  for "c" (lr = lr / 2)',
      'optimizer sgd(lr = 1) for "a", "*.b" (lr = 0) for "c" (lr = (lr / 2))',
    ],
    ['freeze "a",\n "*.b"', 'freeze "a", "*.b"'],
  ])("%s", (body, statement) => {
    expect(showStatements(body)).toEqual([statement]);
  });
  test("inside brackets a reducer's product may stand on the next line", () => {
    expect(showStatements("a = (sum[k]\n x[k])")).toEqual(["a = (sum[k] x[k])"]);
  });
  test("a tensor called like a reducer may end a line", () => {
    expect(showStatements("a = sum[k]\nb = x\nreturn sum[k]\nparam[i] = 3")).toHaveLength(4);
  });
  test("a loop after an optimizer is a statement of its own", () => {
    expect(showStatements('optimizer sgd() for "a" (lr = 1)\nfor i in 0..2 { a = b }')).toHaveLength(2);
  });
  test("`freeze` and `for` are names elsewhere", () => {
    expect(showStatements("freeze = 3\ny = freeze * x[for]")).toEqual([
      "freeze = 3",
      "y = (freeze * x[for])",
    ]);
  });
  test("a statement word at the start of a line is a name where a definition follows", () => {
    expect(showStatements('require = 3\nrequire[i] = x\nrequire: [2]\nrequire x else "no"')).toEqual([
      "require = 3",
      "require[i] = x",
      "require: float[2]",
      'require x else "no"',
    ]);
  });
  test("minus at the start of a line continues it", () => {
    expect(showStatements("a = x\n- y")).toEqual(["a = (x - y)"]);
  });
});

describe("blocks", () => {
  test("on one line", () => {
    expect(showStatements("for l in 0..50 { h = h |> linear(50) |> sigmoid }\ny = h")).toEqual([
      "for l in 0..50 { h = ((h |> linear(50)) |> sigmoid) }",
      "y = h",
    ]);
  });
  test("a range of numbers, of names, of expressions", () => {
    expect(showStatements("for t in 1..2*n + 1 { a = .5 }")).toEqual([
      "for t in 1..((2 * n) + 1) { a = 0.5r }",
    ]);
  });
  test("the brace may stand on the next line, and blocks nest and may be empty", () => {
    expect(showStatements("for i in 0..2\n{\n for j in 0..i { }\n}")).toEqual([
      "for i in 0..2 { for j in 0..i {  } }",
    ]);
  });
  test("a gradient clause may follow a block, on its line or the next", () => {
    for (const gap of [" ", "\n"]) {
      const f = only(`fn f(x) { return x }${gap}with gradient(x, dy) = dy`);
      expect(f.kind === "function" && f.gradient?.parameters.map((p) => p.text)).toEqual(["x", "dy"]);
    }
  });
});

describe("documentation", () => {
  test("stands before a declaration or a statement, line by line, without slashes", () => {
    const [f, g] = readWell(
      "/// One.\n///   Two.\n\n// aside\nfn f(x) {\n  /// Inner.\n  return x\n}\n//// ruler\nfn g(x) = x",
    ).declarations;
    expect(f?.doc).toBe("One.\n  Two.");
    expect(f?.body[0]?.doc).toBe("Inner.");
    expect(g?.doc).toBeUndefined();
  });
  test("behind other text it documents nothing", () => {
    const [a, b] = statements("a = x /// of a\nb = y");
    expect([a?.doc, b?.doc]).toEqual([undefined, undefined]);
    expect(b && showStatement(b)).toBe("b = y");
  });
});
