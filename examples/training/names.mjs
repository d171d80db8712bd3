/**
 * First names, letter by letter. The names are one long text, each ended by a full stop; a model sees a window of it
 * and guesses the letter after each letter.
 */
import { readFileSync } from "node:fs";
import { generator, range, shuffled } from "./random.mjs";
import { compileModel, require } from "./support.mjs";

const letters = ".abcdefghijklmnopqrstuvwxyz";
const heldOut = 840;

/** The letters of all names in a random order, as ids: `{ train, test }`. */
function loadNames() {
  const names = readFileSync(new URL("../data/names.txt", import.meta.url), "utf8")
    .trim()
    .split("\n");
  const order = shuffled(names.length, generator(1)).map((i) => names[i]);
  const text = (chosen) => Int32Array.from([...`.${chosen.join(".")}.`].map((c) => letters.indexOf(c)));
  return { train: text(order.slice(heldOut)), test: text(order.slice(0, heldOut)) };
}

/** Windows of `time` letters that start at `starts`, and the letters that follow each letter. */
function windows(text, starts, time) {
  const rows = (offset) =>
    Int32Array.from(starts.flatMap((start) => [...text.subarray(start + offset, start + offset + time)]));
  return { letter: rows(0), next: rows(1) };
}

/** Loss a letter on a text, in nats: of a model, window by window. */
function lossOn(model, text, time, batchSize) {
  const starts = range(Math.floor((text.length - 1) / time)).map((i) => i * time);
  let total = 0;
  for (let i = 0; i < starts.length; i += batchSize) {
    const some = starts.slice(i, i + batchSize);
    total += model.evaluate(windows(text, some, time)).loss * some.length;
  }
  return total / starts.length;
}

/** What counting pairs of letters reaches: a letter is as likely as it was after this one, with one count to begin. */
function lossOfPairs({ train, test }) {
  const counts = letters.split("").map(() => new Float64Array(letters.length).fill(1));
  for (let i = 1; i < train.length; i++) counts[train[i - 1]][train[i]]++;
  const totals = counts.map((row) => row.reduce((sum, n) => sum + n, 0));
  let loss = 0;
  for (let i = 1; i < test.length; i++) loss -= Math.log(counts[test[i - 1]][test[i]] / totals[test[i - 1]]);
  return loss / (test.length - 1);
}

/** New names: letter after letter is drawn from what the model says of the last `time` letters. */
function invent(model, count, time, random) {
  let text = range(time).map(() => 0);
  const names = [];
  let name = "";
  while (names.length < count) {
    const { probability } = model.forward({ letter: Int32Array.from(text) });
    const last = probability.subarray((time - 1) * letters.length);
    let left = random();
    const drawn = Math.max(
      0,
      last.findIndex((p) => (left -= p) < 0),
    );
    if (drawn === 0 && name.length > 1) names.push(name);
    name = drawn === 0 ? "" : name + letters[drawn];
    text = [...text.slice(1), drawn];
  }
  return names;
}

async function train(file, { sizes, time, batchSize, steps, learningRate, wanted }) {
  const model = (
    await compileModel(file, { sizes: { ...sizes, time, letters: letters.length }, target: "wasm" })
  ).create({ seed: 1 });
  const data = loadNames();
  const random = generator(2);
  console.log("step   loss a letter   on names held out");
  let total = 0;
  let seconds = 0;
  const block = steps / 8;
  for (let step = 1; step <= steps; step++) {
    const starts = range(batchSize).map(() => Math.floor(random() * (data.train.length - time)));
    const start = performance.now();
    model.hyper.lr = learningRate(step / steps);
    total += model.step(windows(data.train, starts, time));
    seconds += (performance.now() - start) / 1000;
    if (step % block !== 0) continue;
    const reached = lossOn(model, data.test, time, batchSize);
    console.log(
      `${String(step).padStart(4)} ${(total / block).toFixed(3).padStart(15)} ${reached.toFixed(3).padStart(19)}`,
    );
    total = 0;
  }
  const reached = lossOn(model, data.test, time, batchSize);
  console.log(
    `\n${steps} steps in ${seconds.toFixed(1)} s; pairs of letters reach ${lossOfPairs(data).toFixed(3)}`,
  );
  console.log(`new names: ${invent(model, 12, time, generator(3)).join(", ")}`);
  require(reached < wanted, `the loss on names held out should be below ${wanted}`);
}

/** `char-rnn.nn`: a recurrent network, unrolled over twelve letters. */
export const names = () =>
  train("char-rnn.nn", {
    sizes: { hidden: 96 },
    time: 12,
    batchSize: 32,
    steps: 2400,
    learningRate: (done) => (done < 0.75 ? 3e-3 : 5e-4),
    wanted: 2.2,
  });

/** `transformer.nn`: one block of attention. */
export const namesTransformer = () =>
  train("transformer.nn", {
    sizes: { width: 48, heads: 4 },
    time: 12,
    batchSize: 16,
    steps: 2400,
    learningRate: (done) => (done < 0.75 ? 3e-3 : 5e-4),
    wanted: 2.2,
  });
