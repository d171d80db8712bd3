import { describe, expect, test } from "vitest";
import { identifier, literalKey, Names, pathTree, propertyKey, shortNames } from "../../src/codegen/names.ts";
import { commentLines, TextBuilder } from "../../src/codegen/text.ts";

describe("names of the source become identifiers and nothing else", () => {
  test.each([
    ["W", "W"],
    ["ŷ", "ŷ"],
    ["σ₁", "σ1"],
    ["class", "class_"],
    ["Math", "Math_"],
    ["__proto__", "__proto___"],
    ["1st", "_1st"],
    ['x"; alert(1); "', "x___alert_1____"],
    ["a b", "a_b"],
  ])("%s → %s", (name, expected) => expect(identifier(name)).toBe(expected));

  test("names are taken once, in inner scopes too", () => {
    const outer = new Names();
    const inner = new Names(outer);
    expect([outer.fresh("b"), inner.fresh("b"), inner.fresh("b", "linear_b"), outer.fresh("b")]).toEqual([
      "b",
      "b2",
      "linear_b",
      "b2",
    ]);
  });

  test("short names of tensors; a gradient keeps its d", () => {
    expect(shortNames({ name: "h.linear.W", role: "parameter" })).toEqual(["W", "linear_W", "h_linear_W"]);
    expect(shortNames({ name: "dh.linear.W", role: "adjoint" })).toEqual(["dW", "dlinear_W", "dh_linear_W"]);
  });

  test("a leaf and a group of one name both have a place", () => {
    const { places } = pathTree(["h.linear.W", "h.linear", "h.0.W", "h.__proto__.x"], (path) => path);
    expect([...places.values()].map((p) => p.join("/"))).toEqual([
      "h/linear/W",
      "h/linear_",
      "h/0/W",
      "h/__proto___/x",
    ]);
  });

  test("keys", () => {
    expect([propertyKey("12"), propertyKey("007"), propertyKey("a-b")]).toEqual(["12", "_007", "a_b"]);
    expect([literalKey("h"), literalKey("h.W"), literalKey("0")]).toEqual(["h", '"h.W"', "0"]);
  });
});

describe("text of the source stays inside comments", () => {
  test("ends of comments and lines are taken out", () => {
    expect(commentLines("a */ alert(1) /* b\r\nc\u2028d\u0000e")).toEqual([
      "a *\\/ alert(1) /* b",
      "c",
      "d e",
    ]);
  });

  test("types are left out of JavaScript", () => {
    for (const language of ["typescript", "javascript"] as const) {
      const out = new TextBuilder(language);
      out.doc(["uses « and »"]);
      out.list("function f", ["a«: number»"], "«: void» {");
      out.line("}");
      const types = language === "typescript";
      expect(out.lines.map((l) => l.text)).toEqual([
        "/** uses « and » */",
        types ? "function f(a: number): void {" : "function f(a) {",
        "}",
      ]);
    }
  });
});
