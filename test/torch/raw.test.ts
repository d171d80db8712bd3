import { describe, test } from "vitest";
import { check, fixtureNames } from "./check.ts";

/** Logarithms of probabilities that are 0 to rounding: simplification takes them of the logits. */
const needSimplification: readonly string[] = ["binary-cross-entropy-saturated", "cross-entropy-far"];

describe("without simplification too, models compute and learn what PyTorch does", () => {
  test.each(fixtureNames.filter((name) => !needSimplification.includes(name)))("%s", (name) =>
    check(name, { simplify: false }),
  );
});
