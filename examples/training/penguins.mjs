/** The 344 penguins of `data/penguins.csv`, by species; some lines have empty fields. */
import { readFileSync } from "node:fs";
import { classify } from "./classify.mjs";
import { generator, shuffled } from "./random.mjs";
import { compileModel, require } from "./support.mjs";

const islands = ["Torgersen", "Biscoe", "Dream"];
const sexes = ["female", "male"];
const species = ["Adelie", "Chinstrap", "Gentoo"];
const measures = 4;
const testCount = 68;

/** Mean and deviation of the fields of a column that are not empty. */
function statisticsOf(column) {
  const given = column.filter((field) => field !== "").map(Number);
  const mean = given.reduce((sum, v) => sum + v, 0) / given.length;
  const variance = given.reduce((sum, v) => sum + (v - mean) ** 2, 0) / given.length;
  return { mean, deviation: Math.sqrt(variance) };
}

function loadPenguins() {
  const text = readFileSync(new URL("../data/penguins.csv", import.meta.url), "utf8");
  const birds = text
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));
  const order = shuffled(birds.length, generator(1)).map((i) => birds[i]);
  const train = order.slice(testCount);
  // What is known of the test birds has no part in how measures are scaled.
  const scales = Array.from({ length: measures }, (_, j) => statisticsOf(train.map((bird) => bird[2 + j])));
  const part = (chosen) => ({
    count: chosen.length,
    measure: Float32Array.from(
      chosen.flatMap((bird) =>
        scales.map(({ mean, deviation }, j) => (bird[2 + j] === "" ? 0 : (bird[2 + j] - mean) / deviation)),
      ),
    ),
    known: Uint8Array.from(chosen.flatMap((bird) => scales.map((_, j) => (bird[2 + j] === "" ? 0 : 1)))),
    island: Int32Array.from(chosen.map((bird) => islands.indexOf(bird[1]))),
    sex: Int32Array.from(chosen.map((bird) => (bird[6] === "" ? sexes.length : sexes.indexOf(bird[6])))),
    species: Int32Array.from(chosen.map((bird) => species.indexOf(bird[0]))),
  });
  return { train: part(train), test: part(order.slice(0, testCount)) };
}

/** `penguins.nn`; at least 97 %. */
export async function penguins() {
  const Penguins = await compileModel("penguins.nn");
  const data = loadPenguins();
  const missing = data.train.known.filter((known) => known === 0).length;
  console.log(`${data.train.count} birds to learn from, ${missing} of their measures missing\n`);
  const { accuracy } = classify(Penguins.create({ seed: 1 }), data, {
    widths: { measure: 4, known: 4, island: 1, sex: 1, species: 1 },
    target: "species",
    classes: 3,
    epochs: 20,
    batchSize: 32,
    learningRate: (epoch) => (epoch <= 15 ? 1e-2 : 2e-3),
  });
  require(accuracy >= 0.97, "the test accuracy should be at least 97 %");
}
