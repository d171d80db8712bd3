/** `require`: what must hold at compile time, reported where the function or layer is used. */
import { describe, expect, test } from "vitest";
import { check } from "../../src/index.ts";
import { close, model } from "../support/model.ts";

const halves = `fn halves(x: [...s, n]) -> [...s, 2] {
  require n mod 2 == 0 else "halves need an even extent"
  y[...i, h] = sum[k < n div 2] x[...i, h * (n div 2) + k]
  return y
}
`;

function mistakes(text: string, imports: Record<string, string> = {}) {
  const { diagnostics } = check(text, {
    file: "model.nn",
    resolveImport: (name) => (imports[name] === undefined ? null : { file: name, text: imports[name] }),
  });
  return diagnostics.map((d) => ({ ...d, at: text.slice(d.span.start, d.span.end) }));
}

describe("a requirement that holds changes nothing", () => {
  test("of extents", () => {
    const m = model(`${halves}model M {\n input x: [2, 4]\n output y = halves(x)\n}`);
    close(m.forward({ x: [1, 2, 3, 4, 5, 6, 7, 8] }).y!, [3, 7, 11, 15]);
  });
  test.each([
    ["rate >= 0 and rate < 1", "numbers"],
    ["not bias", "truth values"],
    ["batch >= 1", "every extent of a dynamic dimension"],
    ["batch <= 8", "the maximum of a dynamic dimension"],
    ["kernel * 2 + 1 == 7", "arithmetic"],
  ])("%s: of %s", (condition) => {
    const text = `fn f(x, rate = 0.5, bias: bool = false, kernel: int = 3, batch: int = 1) {
      require ${condition} else "no"
      return x
    }
    model M {\n dim batch <= 8\n input x: [batch]\n output y = f(x, batch = batch)\n}`;
    expect(mistakes(text)).toEqual([]);
  });
  test("in a layer, a model and a loop", () => {
    const text = `layer f(units: int)(x: [...s, n]) {\n require units > n else "it widens"\n return x\n}
    model M(depth: int = 3) {\n require depth > 2 else "deep"\n input x: [4]
    for l in 0..depth { require l < 3 else "three turns" }\n output y = x |> f(5)\n}`;
    expect(mistakes(text)).toEqual([]);
  });
  test("in an optimizer", () => {
    const optimizer = (order: number): string => `optimizer o(lr = 0.1, order: int = ${order}) {
      require order == 1 or order == 2 else "the order is 1 or 2"
      update parameter = parameter - lr * gradient
    }
    model M {\n param a: [2] ~ ones\n param b: [2] ~ ones\n loss sum(a * b)\n optimizer o(lr = 0.2)\n}`;
    expect(mistakes(optimizer(2))).toEqual([]);
    expect(mistakes(optimizer(3)).map((d) => [d.code, d.at])).toEqual([["NN2038", "optimizer o(lr = 0.2)"]]);
  });
});

describe("one that does not is reported at the call", () => {
  test("with the values that decide", () => {
    const [d, ...more] = mistakes(`${halves}model M {\n input x: [2, 5]\n output y = halves(x)\n}`);
    expect(more).toEqual([]);
    expect(d!.message).toBe("`halves` can't be used here: halves need an even extent");
    expect(d!.at).toBe("halves(x)");
    expect(d!.notes.map((n) => n.message)).toEqual(["this must hold, where `n` is 5"]);
  });
  test("inside an imported layer at the user's call", () => {
    const library = `${halves}layer both()(x: [...s, n]) {\n return halves(x)\n}`;
    const text = `import { both } from "./lib.nn"\nmodel M {\n input x: [2, 5]\n output y = x |> both()\n}`;
    const [d, ...more] = mistakes(text, { "./lib.nn": library });
    expect(more).toEqual([]);
    expect(d!.at).toBe("x |> both()");
    expect(d!.message).toContain("`halves`");
    expect(d!.notes.map((n) => n.message)).toEqual([
      "this must hold, where `n` is 5",
      "this is needed inside `both`",
    ]);
  });
  test("what follows in the body is not reported too", () => {
    const text = `fn f(x: [n]) {\n require n > 3 else "four or more"\n return x[n - 4] + y\n}
    model M {\n input x: [2]\n output y = f(x)\n}`;
    expect(mistakes(text).map((d) => d.code)).toEqual(["NN2038"]);
  });
  test("a dynamic dimension must decide it for all its extents", () => {
    const of = (condition: string): string[] =>
      mistakes(
        `model M {\n dim n <= 8\n input x: [n]\n require ${condition} else "no"\n output y = x\n}`,
      ).map((d) => d.code);
    expect(of("n > 0")).toEqual([]);
    expect(of("n > 8")).toEqual(["NN2038"]);
    expect(of("n > 4")).toEqual(["NN2012"]);
    expect(of("n mod 2 == 0")).toEqual(["NN2012"]);
  });
  test("data decide nothing, and numbers are no condition", () => {
    const of = (condition: string): string[] =>
      mistakes(`model M {\n input x: [2]\n require ${condition} else "no"\n output y = x\n}`).map(
        (d) => d.code,
      );
    expect(of("x[0] > 0")).toEqual(["NN2012"]);
    expect(of("x > 0")).toEqual(["NN2012"]);
    expect(of("3")).toEqual(["NN2009"]);
  });
});
