/** `nnc predict`, over the real compiler. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readData } from "../../src/data/read.ts";
import { folderWith, points, small } from "./training.ts";

const trained = async (files: Readonly<Record<string, string>> = {}, more: readonly string[] = []) => {
  const w = folderWith({
    "small.nn": small,
    "train.csv": points(60),
    "new.csv": "x2,x1\n-9,-9\n9,9\n",
    ...files,
  });
  const save = ["--epochs", "10", "--save", "m.safetensors"];
  expect(
    await w.nnc("train", "small.nn", "--data", "train.csv", "--normalise", "standard", ...save, ...more),
  ).toBe(0);
  w.err = "";
  return w;
};
const predict = ["predict", "small.nn", "--weights", "m.safetensors", "--data"];

test("rows have the names of classes, and are scaled as those of training were", async () => {
  const w = await trained();
  expect(await w.nnc(...predict, "new.csv")).toBe(0);
  const [head, ...rows] = w.out.trimEnd().split("\n");
  expect(head).toBe("kind,probability.lower,probability.upper");
  expect(rows.map((row) => row.split(",")[0])).toEqual(["lower", "upper"]);
  const [, low, high] = rows[0]!.split(",").map(Number);
  expect(low! + high!).toBeCloseTo(1, 5);
  expect(low).toBeGreaterThan(0.8);
  expect(low).toBeLessThan(0.9999); // unscaled, −9 would leave no doubt
});

test("every form holds the same numbers", async () => {
  const w = await trained();
  for (const form of ["csv", "json", "npz"])
    expect(await w.nnc(...predict, "new.csv", "-o", `p.${form}`)).toBe(0);
  const read = (form: string): Buffer => readFileSync(join(w.directory, `p.${form}`));
  const json: Record<string, number>[] = JSON.parse(read("json").toString());
  expect(json.map((row) => row["kind"])).toEqual(["lower", "upper"]);
  const numbers = json.flatMap((row) => [row["probability.lower"]!, row["probability.upper"]!]);
  const never = (): never => expect.fail("nothing is compressed");
  const arrays = readData(read("npz"), "p.npz", "", { raw: never, gzip: never });
  expect(arrays.get("probability")!.shape).toEqual([2, 2]);
  expect([...arrays.get("probability")!.values]).toEqual(numbers.map(Math.fround));
  const table = read("csv").toString().trimEnd().split("\n").slice(1);
  expect(table.flatMap((line) => line.split(",").slice(1).map(Number))).toEqual(numbers);
});

test("more rows than fit in a step are done in parts, the same as one by one", async () => {
  const w = await trained({ "many.csv": points(40, 9) });
  await w.nnc(...predict, "many.csv");
  const many = w.out.trimEnd().split("\n").slice(1);
  expect(many).toHaveLength(40);
  w.out = "";
  await w.nnc(...predict, "train.csv");
  expect(new Set(w.out.trimEnd().split("\n").slice(1)).size).toBeGreaterThan(50);
});

test.each([
  [1, ["bad.csv"], "error: bad.csv:2:1: `oops` is not a number"],
  [1, ["less.csv"], "error: less.csv has no `x2` for input `x`; it has x1"],
  [2, ["new.csv", "-o", "p.txt"], "cannot write `p.txt`: the name must end in .csv, .json or .npz"],
])("%i: %j", async (code, more, message) => {
  const w = await trained({ "bad.csv": "x1,x2\noops,1\n", "less.csv": "x1\n1\n" });
  expect(await w.nnc(...predict, ...more)).toBe(code);
  expect(w.err).toContain(message);
  expect(w.out).toBe("");
});

test("weights of another model, or of none, are refused", async () => {
  const w = await trained({ "other.nn": small.replaceAll("[2, 2]", "[2, 3]").replace("< 2", "< 3") });
  expect(await w.nnc("predict", "other.nn", "--weights", "m.safetensors", "--data", "new.csv")).toBe(2);
  expect(w.err).toContain('`m.safetensors` does not fit other.nn: Small: the tensor "w" is F32 [2, 2]');
  expect(await w.nnc("predict", "small.nn", "--weights", "new.csv", "--data", "new.csv")).toBe(2);
  expect(w.err).toContain("new.csv: not a safetensors file");
});
