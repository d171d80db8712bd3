/** The exported types of a model with many layers. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import { complaints } from "./typescript.ts";

const source = readFileSync(new URL("../../examples/deep.nn", import.meta.url), "utf8");
const use = `import { Deep } from "./deep.js";
const weights: Float32Array = Deep.create().parameters.h[4].linear.W;
weights.fill(0);
`;

test("equal layers have the type of the first", async () => {
  const { outputs } = await compile(source, { file: "deep.nn", sizes: { depth: 5 } });
  const code = outputs[0]!.text;
  expect(code).toContain('readonly 4: DeepParameters["h"][0];');
  const types = code.slice(code.indexOf("interface DeepParameters"), code.indexOf("interface DeepStates"));
  // One of the layers, one of the output.
  expect(types.match(/readonly W: Float32Array/g)).toHaveLength(2);
  expect(complaints("6", { "deep.ts": code, "use.ts": use })).toEqual([]);
});
