/**
 * The GPU of this machine: whether what nnc makes for it is right, which tiles it is fastest with, how many bytes a second it
 * moves, and what a dispatch costs. `npm run gpu -- --sizes 256,1024`. See ../README.md.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { build, loadCompiler, yardstick } from "../compile.mjs";
import { chosen, given, positive, refuse } from "../options.mjs";
import { describe, openAdapter } from "./adapter.mjs";
import { compareModel } from "./correctness.mjs";
import { measureBandwidth, measureDispatch } from "./memory.mjs";
import { candidates, formNames, measureProduct, nameOf } from "./products.mjs";

const all = {
  models: yardstick.join(","),
  forms: formNames.join(","),
  sizes: "256,1024,4096",
  row: String(2 ** 24),
  chain: "9",
  turns: "6",
};
const values = given(all);
const options = {
  models: chosen("models", values.models, yardstick),
  forms: chosen("forms", values.forms, formNames),
  sizes: values.sizes === "none" ? [] : values.sizes.split(",").map((n) => positive("sizes", n)),
  row: positive("row", values.row),
  chain: Math.max(2, positive("chain", values.chain)),
  turns: positive("turns", values.turns),
};
const say = (text) => console.log(text);

const opened = await openAdapter();
if (opened === null)
  refuse("WebGPU finds no adapter here: it needs a GPU with a driver for Vulkan, Metal or D3D12");
const { adapter, device } = opened;
const about = describe(adapter);
say(
  `adapter: ${[about.vendor, about.architecture, about.device, about.description].filter(Boolean).join(", ")}`,
);
for (const [name, limit] of Object.entries(about.limits)) say(`  ${name} ${limit}`);
if (about.isSoftware)
  say(
    "It is software: what is right can be told from it, what is fast on a GPU cannot. Smaller: --sizes 64,128 --row 1e5 --chain 3 --turns 2",
  );

const compiler = await loadCompiler();
const results = { date: new Date().toISOString(), adapter: about, options, models: {}, products: {} };
const save = () => {
  mkdirSync(build, { recursive: true });
  writeFileSync(`${build}/gpu.json`, `${JSON.stringify(results, null, 2)}\n`);
};

say("\nBeside JavaScript, in three steps: the loss, and the gradient that is off most, of its largest value");
let isRight = true;
for (const name of options.models)
  for (const tiles of ["registers", "staged"]) {
    const found = await compareModel(compiler, device, name, tiles);
    isRight &&= found.ok;
    results.models[`${name}, ${tiles}`] = found;
    const parts = [`loss ${found.loss.toExponential(1)}`, `gradient ${found.gradient.toExponential(1)}`];
    say(
      `  ${found.ok ? "ok   " : "WRONG"} ${name.padEnd(12)} ${tiles.padEnd(9)} ${parts.join(", ")} ${found.ok ? "" : found.worst}`,
    );
    save();
  }

/** Where the longer chain took no longer, the product is too small for the clock. */
const giga = (rate) => (rate > 0 ? (rate / 1e9).toPrecision(3) : "?");
for (const size of options.sizes)
  for (const form of options.forms) {
    say(`\nProducts of ${size}×${size}, ${form}, in GFLOP/s`);
    const rates = {};
    for (const tile of candidates) {
      rates[nameOf(tile)] = await measureProduct(compiler, device, size, form, tile, {
        turns: options.turns,
        most: options.chain,
      });
      say(`  ${giga(rates[nameOf(tile)]).padStart(8)}  ${nameOf(tile)}`);
      results.products[`${size} ${form}`] = rates;
      save();
    }
    const [best] = Object.entries(rates).toSorted(([, a], [, b]) => b - a);
    say(`  fastest: ${best[0]}`);
  }

results.bandwidth = await measureBandwidth(compiler, device, options.row, options.turns);
say(`\nUpdates of ${options.row} parameters: ${giga(results.bandwidth)} GB/s`);
results.dispatch = await measureDispatch(compiler, device, options.turns);
say(`A dispatch that waits for the one before: ${(results.dispatch * 1e6).toFixed(1)} µs`);
save();
device.destroy();
if (!isRight) {
  console.error("\nsome models are wrong");
  process.exit(1);
}
say("\nAll numbers: bench/build/gpu.json");
process.exit(0);
