import { expect, test } from "vitest";
import { Builder } from "../../src/ir/builder.ts";
import type { Equation, Tensor } from "../../src/ir/types.ts";
import { likenessOf } from "../../src/passes/simplify/likeness.ts";
import { CanonicalTexts } from "../../src/passes/schedule/canonical.ts";

const b = new Builder();
const span = { file: "test.nn", start: 0, end: 0 };
const texts = new CanonicalTexts();

const tensor = (name: string, size = 4): Tensor =>
  b.tensor({ name, type: "f32", shape: [b.integer(size)], role: "adjoint", span });

/** `t[i] = factor · source[i]` */
function scaled(source: Tensor, factor: number, t = tensor("t")): Equation {
  const i = b.index("i", t.shape[0]!);
  const body = b.mul(b.number(factor), b.read(source, [i]));
  const rest = { accumulate: false, reducer: null, reduced: [], where: [], origin: { span, name: t.name } };
  return b.equation({ ...rest, tensor: t, indices: [i], target: [b.of(i)], body });
}

const told = (
  e: Equation,
  definitions: (t: Tensor) => readonly Equation[] = () => [],
  readers = 1,
): string | undefined =>
  likenessOf([e], { definitionsReading: definitions, readersOf: () => readers }, texts);

test("equations that differ in the identity of tensors and indices are alike", () => {
  expect(told(scaled(tensor("x"), 2))).toBe(told(scaled(tensor("y"), 2)));
});

test("constants, extents and how many read a tensor tell them apart", () => {
  const one = told(scaled(tensor("x"), 2));
  expect(told(scaled(tensor("x"), 3))).not.toBe(one);
  expect(told(scaled(tensor("x", 5), 2))).not.toBe(one);
  expect(told(scaled(tensor("x"), 2), () => [], 2)).not.toBe(one);
});

test("so do the definitions that algebra may fold back, alike or not", () => {
  const [x, y] = [tensor("x"), tensor("y")];
  const reading = (factor: number) => (t: Tensor) => (t === x || t === y ? [scaled(t, factor)] : []);
  const one = told(scaled(x, 2), reading(5));
  expect(told(scaled(y, 2), reading(5))).toBe(one);
  expect(told(scaled(y, 2), reading(6))).not.toBe(one);
  expect(told(scaled(y, 2))).not.toBe(one);
});

test("where there are many of them nothing is told", () => {
  const x = tensor("x");
  const many = Array.from({ length: 13 }, () => scaled(x, 2));
  expect(told(scaled(x, 2), (t) => (t === x ? many : []))).toBeUndefined();
});
