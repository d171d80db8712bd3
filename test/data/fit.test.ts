/** From a file to the inputs of a model. */
import { describe, expect, test } from "vitest";
import { numericArray } from "../../src/data/arrays.ts";
import type { Arrays } from "../../src/data/arrays.ts";
import { readCsv } from "../../src/data/csv.ts";
import { Encoder } from "../../src/data/encoder.ts";
import type { ModelInput } from "../../src/ir/inputs.ts";
import type { Missing } from "../../src/data/encoding.ts";
import { fit } from "../../src/data/fit.ts";
import { parseMapping } from "../../src/data/mapping.ts";
import type { Scaling } from "../../src/data/normalise.ts";
import { parseScaling } from "../../src/data/normalise.ts";
import { shuffled, split } from "../../src/data/order.ts";
import { completeExamples, resolveAgain, resolveInputs } from "../../src/data/resolve.ts";

const input = (name: string, more: Partial<ModelInput> = {}): ModelInput => ({
  name,
  type: "f32",
  hasExamples: true,
  extents: [],
  below: null,
  distribution: false,
  isTarget: false,
  ...more,
});

interface Options {
  readonly maps?: readonly string[];
  readonly scaling?: Scaling;
  readonly missing?: Missing;
}

/** Fits one input to data and gives all its values, the encoding and the dimensions. */
function fitted(
  one: ModelInput,
  arrays: Arrays | string,
  { maps = [], scaling = "off", missing = "error" }: Options = {},
) {
  const data = typeof arrays === "string" ? readCsv(arrays, "t.csv") : arrays;
  const resolution = resolveInputs(
    [one],
    maps.map((m) => parseMapping(m)!),
    data,
    "t.csv",
  );
  const all = Int32Array.from({ length: resolution.examples }, (_, i) => i);
  const rows = missing === "drop" ? completeExamples(resolution) : all;
  const { encodings, dims } = fit(resolution.inputs, rows, { scaling: () => scaling, missing }, new Map());
  const encoding = encodings[one.name]!;
  const below = typeof one.below === "string" ? (dims.get(one.below) ?? null) : one.below;
  const encoder = new Encoder(one, encoding, resolution.inputs[0]!.arrays, rows, below);
  return { values: [...encoder.take(rows)], encoding, dims, encoder };
}

describe("fields are found", () => {
  const table = "x2,y,x10,x1,label\n1,2,3,4,5\n6,7,8,9,10\n";
  test.each([
    ["by name", input("y"), [], [2, 7]],
    ["by numbered names, in the order of the numbers", input("x", { extents: [3] }), [], [4, 1, 3, 9, 6, 8]],
    ["by a mapping", input("t", { extents: [2] }), ["t=label,y"], [5, 2, 10, 7]],
    ["by a range", input("t", { extents: [3] }), ["t=y..x1"], [2, 3, 4, 7, 8, 9]],
    ["by how they begin", input("t", { extents: [3] }), ["t=x*"], [1, 3, 4, 6, 8, 9]],
    ["as all there are", input("t", { extents: [5] }), ["t=*"], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    ["not at all where a number is given", input("t", { hasExamples: false }), ["t=value:0.5", "y=y"], [0.5]],
  ])("%s", (_, one, maps, expected) => {
    const inputs = one.hasExamples ? [one] : [one, input("y")];
    const resolution = resolveInputs(
      inputs,
      maps.map((m) => parseMapping(m)!),
      readCsv(table, "t.csv"),
      "t.csv",
    );
    const rows = Int32Array.of(0, 1);
    const { encodings } = fit(resolution.inputs, rows, { scaling: () => "off", missing: "error" }, new Map());
    const encoder = new Encoder(one, encodings[one.name]!, resolution.inputs[0]!.arrays, rows, null);
    expect([...encoder.take(rows)]).toEqual(expected);
  });

  test("the rest is what no other input takes", () => {
    const inputs = [input("t", { extents: [3] }), input("y"), input("label")];
    const { inputs: found } = resolveInputs(inputs, [parseMapping("t=*")!], readCsv(table, "t.csv"), "t.csv");
    expect(found[0]!.arrays.map((a) => a.name)).toEqual(["x2", "x10", "x1"]);
  });

  test.each([
    [
      [],
      "t.csv has no column or array `z` for input `z`; it has x2, y, x10, x1, label. Say which with --map z=…",
    ],
    [["z=q"], "t.csv has no `q` for input `z`"],
    [["q=y"], "the model has no input `q`; it has z"],
    [["z=x1..y"], "`y` stands before `x1`"],
    [["z=x1,y"], "input `z`: [batch] needs 1 for an example, but x1, y give 2 numbers"],
  ])("%j is refused", (maps, message) => {
    expect(() => fitted(input("z"), table, { maps })).toThrow(message);
  });
});

describe("classes", () => {
  const table = "kind,n\nox,3\ncat,1\nox,2\n";
  const label = input("kind", { type: "i32", below: 3 });

  test("texts are numbered in the order of the alphabet", () => {
    const { values, encoding } = fitted(label, table);
    expect([values, encoding.classes]).toEqual([[1, 0, 1], [["cat", "ox"]]]);
  });
  test("numbers are ids, unless classes are asked for", () => {
    expect(() => fitted(input("n", { type: "i32", below: 3 }), table)).toThrow(
      "t.csv:2:4: 3 is not one of 0 … 2 (--map n=classes:n numbers what occurs), for input `n`",
    );
    const { values, encoding } = fitted(input("n", { type: "i32", below: 3 }), table, {
      maps: ["n=classes:n"],
    });
    expect([values, encoding.classes[0]]).toEqual([
      [2, 0, 1],
      ["1", "2", "3"],
    ]);
  });
  test("a float with a place for each class is one-hot", () => {
    expect(fitted(input("kind", { extents: [3] }), table).values).toEqual([0, 1, 0, 1, 0, 0, 0, 1, 0]);
    expect(fitted(input("n", { extents: [4] }), table).values).toEqual([0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0]);
  });
  test("a float of one place is 0 or 1 by two texts", () => {
    expect(fitted(input("kind"), table).values).toEqual([1, 0, 1]);
    expect(fitted(input("flag", { type: "bool" }), "flag,x\nTrue,1\nFalse,2\n").values).toEqual([1, 0]);
  });
  test("they bind a dimension of the model", () => {
    expect(fitted({ ...label, below: "classes" }, table).dims.get("classes")).toBe(2);
    expect(fitted(input("n", { type: "i32", below: "classes" }), table).dims.get("classes")).toBe(4);
    expect(fitted(input("kind", { extents: ["classes"] }), table).values).toEqual([0, 1, 1, 0, 0, 1]);
  });
  test("too many are refused", () => {
    expect(() => fitted({ ...label, below: 1 }, table)).toThrow(
      "input `kind` has 1 classes, but kind holds 2 different texts: cat, ox",
    );
  });
  test("others than those of training are refused where they stand", () => {
    const { encoding } = fitted(label, table);
    const later = readCsv("kind\nox\nemu\n", "new.csv");
    const { inputs } = resolveAgain([label], { kind: encoding }, later, "new.csv");
    expect(() => new Encoder(label, encoding, inputs[0]!.arrays, Int32Array.of(0, 1), 3)).toThrow(
      "new.csv:3:1: `emu` is none of cat, ox, which input `kind` was trained with",
    );
  });
});

describe("what is missing", () => {
  const table = "a,b,k\n1,2,u\n,4,\n3,,v\n";
  const pair = input("x", { extents: [2] });
  const maps = ["x=a,b"];
  test("is a mistake", () => {
    expect(() => fitted(pair, table, { maps })).toThrow(
      "t.csv:3:1: nothing is given in `a` (--missing fill or drop says what to do), for input `x`",
    );
  });
  test("is filled with the mean, or is a class", () => {
    expect(fitted(pair, table, { maps, missing: "fill" }).values).toEqual([1, 2, 2, 4, 3, 3]);
    const kinds = fitted(input("k", { type: "i32", below: 3 }), table, { missing: "fill" });
    expect([kinds.values, kinds.encoding.classes[0]]).toEqual([
      [0, 2, 1],
      ["u", "v", ""],
    ]);
  });
  test("drops the example", () => {
    expect(fitted(pair, table, { maps, missing: "drop" }).values).toEqual([1, 2]);
    expect(fitted(input("k", { type: "i32", below: 3 }), table, { missing: "drop" }).values).toEqual([0, 1]);
  });
  test("can be told to the model", () => {
    const known = input("known", { type: "bool", extents: [3] });
    expect(fitted(known, table, { maps: ["known=given:a..k"] }).values).toEqual([1, 1, 1, 0, 1, 0, 1, 0, 1]);
  });
});

describe("scaling", () => {
  const table = "a,b\n0,5\n4,5\n";
  const one = { maps: ["x=*"] };
  const pair = input("x", { extents: [2] });
  test.each<[Scaling, number[]]>([
    ["off", [0, 5, 4, 5]],
    ["standard", [-1, 0, 1, 0]],
    ["minmax", [0, 0, 1, 0]],
    [{ low: 0, high: 8 }, [0, 0.625, 0.5, 0.625]],
    ["bytes", [0, 5, 4, 5]],
  ])("%j", (scaling, expected) => {
    expect(fitted(pair, table, { ...one, scaling }).values).toEqual(expected);
  });
  test("of bytes", () => {
    const image = numericArray("i", "x", [1, 1, 2], Uint8Array.of(51, 255));
    expect(fitted(pair, new Map([["x", image]]), { scaling: "bytes" }).values).toEqual([Math.fround(0.2), 1]);
  });
  test("is written", () => {
    expect(["off", "standard", "minmax", "-1..16", "3..1", "x", "..2"].map(parseScaling)).toEqual([
      "off",
      "standard",
      "minmax",
      { low: -1, high: 16 },
      null,
      null,
      null,
    ]);
  });
});

test.each([
  [input("x"), "x\n1\nabc\n", "t.csv:3:1: `abc` is not a number, for input `x`"],
  [
    input("x"),
    "x,y\n1,2\nabc,1\n4,d\nefg,1\n",
    "t.csv:3:1: `abc` is not a number, for input `x` (and 1 more of `x`)",
  ],
  [
    input("x", { type: "i32", below: 5 }),
    "x\n1\n1.5\n",
    "t.csv:3:1: 1.5 is not a whole number, for input `x`",
  ],
  [input("x", { type: "bool" }), "x\n1\n2\n", "t.csv:3:1: 2 is not one of 0 … 1, for input `x`"],
  [input("x", { extents: [2], distribution: true }), "x1,x2\n0.5,0.5\n1,1\n", "t.csv:3:1: x1, x2 sum to 2"],
])("%#: wrong values are told with their place", (one, table, message) => {
  expect(() => fitted(one, table)).toThrow(message);
});

test("arrays must have as many examples as each other", () => {
  const a = numericArray("f", "a", [3], Float32Array.of(1, 2, 3));
  const b = numericArray("f", "b", [2], Float32Array.of(1, 2));
  const arrays = new Map([a, b].map((array) => [array.name, array]));
  expect(() => resolveInputs([input("a"), input("b")], [], arrays, "f")).toThrow(
    "f: `b` has 2 examples, but `a` has 3",
  );
});

test("orders depend on seed and epoch, and a split on the seed", () => {
  const order = shuffled(50, 1, 1);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(shuffled(50, 1, 1)).toEqual(order);
  expect(shuffled(50, 1, 2)).not.toEqual(order);
  expect(shuffled(50, 2, 1)).not.toEqual(order);
  const { train, valid } = split(order, 0.2, 7);
  expect([train.length, valid.length, new Set([...train, ...valid]).size]).toEqual([40, 10, 50]);
});
