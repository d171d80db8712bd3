/** What a stranger gets wrong with `nnc train` and `nnc predict`, found before anything is lost. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderWith, points, small } from "./training.ts";

const files = { "kinds.nn": small, "train.csv": points(20) };
const train = ["train", "kinds.nn", "--data", "train.csv", "--epochs", "1"];

describe("what is written", () => {
  test.each([
    [["--save", "kinds.nn"], "cannot write `kinds.nn`: the name must end in .safetensors"],
    [["--plot", "loss.png"], "cannot write `loss.png`: the name must end in .svg"],
    [["--save", "taken.safetensors"], "cannot write `taken.safetensors`: it is a directory"],
    [["--save", "train.csv/m.safetensors"], "a part of the path is not a directory"],
    [["--every", "2"], "--every needs --save"],
    [["--log"], "--log needs --plot"],
  ])("%j is refused before training", async (more, message) => {
    const w = folderWith(files);
    mkdirSync(join(w.directory, "taken.safetensors"));
    expect(await w.nnc(...train, ...more)).toBe(2);
    expect(w.err).toContain(message);
    expect(w.err).not.toContain("epoch");
    expect(readFileSync(join(w.directory, "kinds.nn"), "utf8")).toBe(small);
  });

  test("is never what is read", async () => {
    const w = folderWith(files);
    expect(await w.nnc(...train, "--save", "m.safetensors")).toBe(0);
    const again = ["train", "kinds.nn", "--data", "x=m.safetensors", "--save", "./m.safetensors"];
    expect(await w.nnc(...again)).toBe(2);
    expect(w.err).toContain("cannot write `m.safetensors`: it is what is read as `m.safetensors`");
    const predict = ["predict", "kinds.nn", "--weights", "m.safetensors", "--data", "train.csv", "-o"];
    expect(await w.nnc(...predict, "train.csv")).toBe(2);
    expect(readFileSync(join(w.directory, "train.csv"), "utf8")).toBe(points(20));
    expect(await w.nnc(...predict, "new/answers.csv")).toBe(0);
    expect(existsSync(join(w.directory, "new/answers.csv"))).toBe(true);
  });
});

describe("what is read", () => {
  test("of several numbered columns, one alone is not taken for classes", async () => {
    const w = folderWith({ ...files, "train.csv": "x0,kind\n1,0\n2,1\n" });
    expect(await w.nnc(...train)).toBe(1);
    expect(w.err).toContain("error: input `x`: [batch, 2] needs 2 for an example, but x0 gives 1 number\n");
    // A column of the input's own name is.
    const own = folderWith({ ...files, "train.csv": "x,kind\n1,0\n0,1\n" });
    expect(await own.nnc(...train)).toBe(0);
    expect(own.err).toContain("x: x; one of several");
  });

  test("a scaling of an input that is not there is a mistake", async () => {
    const w = folderWith(files);
    expect(await w.nnc(...train, "--normalise", "y=standard")).toBe(2);
    expect(w.err).toContain("--normalise y=…: the model has no input `y`; it has x, kind");
  });

  test("text in UTF-16 is told as such", async () => {
    const w = folderWith(files);
    writeFileSync(join(w.directory, "train.csv"), Buffer.from("\ufeffx1,x2,kind\n1,2,0\n", "utf16le"));
    expect(await w.nnc(...train)).toBe(1);
    expect(w.err).toBe("error: train.csv: text in UTF-16; save it as UTF-8\n");
  });
});

test("a model may be called what the language calls its own", async () => {
  const w = folderWith({ ...files, "kinds.nn": small.replace("Small", "Error") });
  expect(await w.nnc(...train)).toBe(0);
  expect(w.err).toContain("1 epoch in");
});
