import { describe, expect, test } from "vitest";
import { check, filesOf, fixtureNames } from "./check.ts";
import { readFixture } from "./fixture.ts";

describe("whole models compute and learn what PyTorch does", () => {
  test.each(fixtureNames)("%s", (name) => check(name, { simplify: true }));
});

test("every model has its fixture", () => {
  const recorded = new Set(fixtureNames.map((name) => readFixture(name).model));
  expect(filesOf("models").filter((file) => !recorded.has(`test/torch/models/${file}`))).toEqual([]);
});
