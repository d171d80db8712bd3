/**
 * Compiles `digits.nn`, imports what came out, and trains it on real handwritten digits:
 *
 *     npm run example
 *
 * Fails where the test accuracy or the time is not what it should be.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { compile } from "../dist/index.mjs";
import { batchOf, generator, loadDigits, shuffled } from "./digits-data.mjs";

const epochs = 30;
const batchSize = 64;
/** Hyperparameters are numbers that may change at any time: large steps first, then small ones. */
const learningRate = (epoch) => (epoch <= 20 ? 5e-3 : 1e-3);
const wanted = { accuracy: 0.96, seconds: 10 };

const started = performance.now();
const source = readFileSync(new URL("digits.nn", import.meta.url), "utf8");
const { diagnostics, outputs } = await compile(source, { file: "digits.nn", language: "javascript" });
for (const { severity, code, message } of diagnostics) console.error(`${severity}[${code}]: ${message}`);
const module = outputs.find((o) => o.kind === "module");
if (module === undefined) throw new Error("digits.nn did not compile");
mkdirSync(new URL("build/", import.meta.url), { recursive: true });
writeFileSync(new URL("build/digits.js", import.meta.url), module.text);
const { Digits } = await import("./build/digits.js");
console.log(
  `digits.nn compiled in ${(performance.now() - started).toFixed(0)} ms, ${(module.text.length / 1000).toFixed(1)} kB\n`,
);

const { train, test } = loadDigits();
const model = Digits.create({ seed: 1 });
const random = generator(2);

/** The examples in this order, in batches; the last one is ragged. */
function* batches(data, order) {
  for (let i = 0; i < order.length; i += batchSize) yield batchOf(data, order.slice(i, i + batchSize));
}

/** The share of the test examples whose most probable class is theirs. */
function testAccuracy() {
  let right = 0;
  const order = Array.from({ length: test.count }, (_, i) => i);
  for (const { image, label } of batches(test, order)) {
    const { probability } = model.forward({ image });
    label.forEach((own, row) => {
      const scores = probability.subarray(row * 10, (row + 1) * 10);
      if (scores.indexOf(Math.max(...scores)) === own) right++;
    });
  }
  return right / test.count;
}

console.log("epoch   loss  test accuracy");
let seconds = 0;
let accuracy = testAccuracy();
for (let epoch = 1; epoch <= epochs; epoch++) {
  const start = performance.now();
  let total = 0;
  model.hyper.lr = learningRate(epoch);
  for (const batch of batches(train, shuffled(train.count, random)))
    total += model.step(batch) * batch.label.length;
  seconds += (performance.now() - start) / 1000;
  accuracy = testAccuracy();
  const loss = (total / train.count).toFixed(4);
  console.log(`${String(epoch).padStart(5)} ${loss} ${`${(100 * accuracy).toFixed(1)} %`.padStart(14)}`);
}
console.log(`\n${epochs} epochs of ${train.count} examples trained in ${seconds.toFixed(2)} s`);

if (!(accuracy >= wanted.accuracy)) {
  console.error(`the test accuracy should be at least ${100 * wanted.accuracy} %`);
  process.exitCode = 1;
}
if (seconds >= wanted.seconds) {
  console.error(`training should take less than ${wanted.seconds} s`);
  process.exitCode = 1;
}
