/** Steps keep no byte: what is held after many is what is held after one, on every target of a processor. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compile } from "../../src/index.ts";

const source = readFileSync(new URL("../../bench/models/xor.nn", import.meta.url), "utf8");
const steps = 20_000;

/**
 * How many bytes more are held after many steps than after one: the fewest of five times, since V8 compiles now and then, but
 * what steps keep they keep every time.
 */
const program = (module: string, threads: number): string => `
  const { Xor } = await import(${JSON.stringify(module)});
  const model = Xor.create(${threads > 0 ? `{ threads: ${threads} }` : ""});
  await model.ready;
  const batch = { x: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), t: Float32Array.of(0, 1, 1, 0) };
  const held = () => {
    for (let n = 0; n < 3; n++) gc();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const grown = (count) => {
    const before = held();
    for (let n = 0; n < count; n++) model.step(batch);
    return held() - before;
  };
  for (let n = 0; n < 3; n++) grown(${steps});
  const more = Array.from({ length: 5 }, () => -grown(1) + grown(${steps}));
  console.log(Math.min(...more));
  process.exit();`;

test.each([
  ["typescript", 1, 0],
  ["typescript", 2, 0],
  ["wasm", 2, 1],
  ["wasm", 2, 2],
] as const)("%s, -O%i, %i threads", async (target, level, threads) => {
  const { outputs } = await compile(source, { target, level, language: "javascript" });
  const module = `data:text/javascript;base64,${Buffer.from(outputs[0]!.text).toString("base64")}`;
  const options = ["--expose-gc", "--input-type=module"];
  const run = spawnSync(process.execPath, options, { input: program(module, threads), encoding: "utf8" });
  expect(run.stderr).toBe("");
  // Less than one byte a step: an object that each kept would be eight of them at least.
  expect(Number(run.stdout)).toBeLessThan(steps);
});
