/** Every example and every documented example of the library, as ONNX file, computes what the interpreter says. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { declarationsOf } from "../../scripts/library/documentation.ts";
import { modelOf } from "../../scripts/library/examples.ts";
import { exportOnnx } from "../../src/index.ts";
import { library } from "../../src/std/index.ts";
import { checkOnnx } from "./check.ts";

const home = fileURLToPath(new URL("../../examples", import.meta.url));
const names = readdirSync(home).filter((f) => f.endsWith(".nn"));
/** Small sizes keep the fifty layers and the transformer quick here. */
const sizes: Record<string, Record<string, number>> = {
  "deep.nn": { depth: 6, width: 8 },
  "transformer.nn": { time: 4, width: 8, heads: 2 },
  "char-rnn.nn": { time: 4, hidden: 6 },
};

test.each(names)("%s, for several counts of examples", async (name) => {
  const source = readFileSync(join(home, name), "utf8");
  const at: Record<string, number> = name === "classes.nn" ? { classes: 3 } : {};
  await checkOnnx(source, {
    file: name,
    sizes: sizes[name] ?? {},
    at,
    runs: [4, 1, 3].map((batch) => ({ batch })),
  });
});

const documented = declarationsOf(library).flatMap(({ name, example }) =>
  example === undefined ? [] : [{ name, source: modelOf(example) }],
);

describe("the library", () => {
  test.each(documented)("$name", async ({ source }) => {
    const { diagnostics } = exportOnnx(source);
    if (diagnostics.some((d) => d.code === "NN4003")) return;
    await checkOnnx(source);
  });

  test("is exported by most of its examples", () => {
    const exported = documented.filter(({ source }) => exportOnnx(source).bytes !== null);
    expect(exported.length).toBeGreaterThan(documented.length / 2);
  });
});
