/** No text, however broken, crashes or hangs the checker; and no text of the source becomes code. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { check, compile } from "../../src/index.ts";
import { library } from "../../src/std/index.ts";

const examples = fileURLToPath(new URL("../../examples", import.meta.url));
const models = readdirSync(examples)
  .filter((f) => f.endsWith(".nn") && f !== "deep.nn" && f !== "transformer.nn")
  .map((f) => readFileSync(join(examples, f), "utf8"));
const tokens = models.join("\n").match(/[\p{L}_]\w*|\d+(?:\.\d+)?|[^\s\w]|\n/gu)!;

const survives = (text: string): void => {
  const { diagnostics } = check(text);
  for (const d of diagnostics) {
    expect(d.message).not.toMatch(/undefined|\[object/);
    expect(d.span.start).toBeLessThanOrEqual(d.span.end);
  }
};

test("programs with a token dropped, doubled, swapped or replaced", () => {
  const change = fc.record({
    model: fc.nat(models.length - 1),
    place: fc.nat(),
    kind: fc.constantFrom("drop", "double", "swap", "replace"),
    by: fc.nat(tokens.length - 1),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const words = models[changes[0]!.model]!.match(/[\p{L}_]\w*|\d+(?:\.\d+)?|\s+|[^\s\w]/gu)!;
      for (const c of changes) {
        const at = c.place % (words.length - 1);
        if (c.kind === "drop") words.splice(at, 1);
        if (c.kind === "double") words.splice(at, 0, words[at]!);
        if (c.kind === "swap") [words[at], words[at + 1]] = [words[at + 1]!, words[at]!];
        if (c.kind === "replace") words[at] = tokens[c.by]!;
      }
      survives(words.join(""));
    }),
    { numRuns: 150, seed: 5 },
  );
});

test("soup of the language's own words", () => {
  const soup = fc.array(fc.constantFrom(...tokens), { maxLength: 80 });
  fc.assert(
    fc.property(soup, (words) =>
      survives(`model M {\n dim b <= 4\n input x: [b, 3]\n ${words.join(" ")}\n}`),
    ),
    { numRuns: 150, seed: 6 },
  );
});

test("expressions that nest", () => {
  const leaf = fc.constantFrom(
    "x",
    "x[0]",
    "x[i, j]",
    "w",
    "1",
    "0.5",
    "n",
    "sum(x)",
    "true",
    "random()",
    "step",
    "σ",
  );
  const expression = fc.letrec<{ e: string }>((tie) => ({
    e: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc
        .tuple(tie("e"), fc.constantFrom("+", "*", "@", "/", "^", "<", "==", "and", "div", "mod"), tie("e"))
        .map(([a, o, b]) => `(${a} ${o} ${b})`),
      tie("e").map((a) => `relu(${a})`),
      tie("e").map((a) => `(${a})[i]`),
      tie("e").map((a) => `(x[i + ${a}, 0] else ${a})`),
      tie("e").map((a) => `sum[k < 3] (${a})[k]`),
      fc.tuple(tie("e"), tie("e"), tie("e")).map(([a, b, c]) => `(if ${a} then ${b} else ${c})`),
      tie("e").map((a) => `grad(sum(${a}), x)`),
      tie("e").map((a) => `softmax(${a})`),
      tie("e").map((a) => `(${a} |> linear(2))`),
    ),
  })).e;
  const source = fc.tuple(expression, fc.constantFrom("y", "y[i, j]", "y[i < 2]", "y[0]", "output y"));
  fc.assert(
    fc.property(source, ([e, left]) =>
      survives(
        `model M {\n dim n <= 4\n input x: [n, 3]\n param w: [3] ~ normal\n ${left} = ${e}\n loss mean(y)\n}`,
      ),
    ),
    { numRuns: 400, seed: 7 },
  );
});

test("the library itself is without mistakes", () => {
  for (const { file, text } of library) {
    const found = check(`${text}\nmodel M { input x: [2]\n output y = x }`, { file }).diagnostics;
    expect(found.filter((d) => d.code !== "NN2002")).toEqual([]);
  }
});

test("text that would unroll for ever is stopped", () => {
  const twice = Array.from({ length: 40 }, (_, n) => `fn f${n + 1}(x) = f${n}(x) + f${n}(x)`).join("\n");
  const source = `fn f0(x) = x + 1\n${twice}\nmodel M { input x: [3]\n output y = f40(x) }`;
  expect(check(source).diagnostics.map((d) => d.code)).toEqual(["NN2028"]);
  const nested = "for a in 0..1000 { for b in 0..1000 { h = h + 1 } }";
  expect(check(`model M { input x: [3]\n h = x\n ${nested} }`).diagnostics.map((d) => d.code)).toEqual([
    "NN2028",
  ]);
});

test("a chain of thousands of definitions is compiled at both levels", async () => {
  const source = "model M { input x: [4]\n h = x\n for t in 0..3000 { h = tanh(h) * 1.01 }\n output y = h }";
  for (const level of [0, 1] as const) {
    const { outputs } = await compile(source, { level, language: "javascript" });
    expect(outputs.length).toBeGreaterThan(0);
  }
});
