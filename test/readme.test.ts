/** What the README shows is what the compiler does. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { compile } from "../src/index.ts";
import { version } from "../src/version.ts";

const file = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), "utf8");
const readme = file("README.md");
const blocks = [...readme.matchAll(/```(\w*)\n([\s\S]*?)```/g)].map(([, language, text]) => ({
  language,
  text: text!,
}));

test("the model is the example", () => {
  expect(blocks[0]!.text).toBe(file("examples/logistic.nn"));
});

test("the gradient is what -O0 writes", async () => {
  const { outputs } = await compile(file("examples/logistic.nn"), { file: "examples/logistic.nn", level: 0 });
  for (const part of blocks[1]!.text.trim().split("\n\n")) expect(outputs[0]!.text).toContain(part);
});

test("the optimizer statements are statements", async () => {
  const statements = blocks.find((block) => block.text.startsWith("optimizer "))!.text;
  const { diagnostics } = await compile(`model M {
    input token: int[4] < 5
    input t: [4, 2]
    words = token |> embedding(5, 3)
    y = words |> linear(4) |> layer_norm() |> linear(2)
    loss mse(y, t)
    ${statements}
  }`);
  expect(diagnostics).toEqual([]);
});

test("the diagnostic is the sample's", () => {
  const shown = /^ {4}error\[NN2003\][\s\S]*?(?=\n\n)/m.exec(readme)![0].replace(/^ {4}/gm, "");
  expect(shown).toBe(file("test/errors/NN2003/expected.txt").trim());
});

test("the version is the package's", () => {
  expect(version).toBe((JSON.parse(file("package.json")) as { version: string }).version);
});
