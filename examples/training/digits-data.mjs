/**
 * The 1,797 handwritten digits of `data/digits.csv.gz`, split once and for all: a shuffle by a seeded generator, then
 * 1,437 examples to train on and 360 to test on.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { generator, shuffled } from "./random.mjs";

const pixels = 64;
const trainCount = 1437;

/** `{ train, test }`, each `{ count, image: Float32Array of count × 64 in 0 … 1, label: Int32Array of count }`. */
export function loadDigits() {
  const text = gunzipSync(readFileSync(new URL("../data/digits.csv.gz", import.meta.url))).toString("ascii");
  const rows = text
    .trim()
    .split("\n")
    .map((line) => line.split(",").map(Number));
  const order = shuffled(rows.length, generator(1));
  const part = (chosen) => ({
    count: chosen.length,
    image: Float32Array.from(chosen.flatMap((i) => rows[i].slice(0, pixels).map((grey) => grey / 16))),
    label: Int32Array.from(chosen.map((i) => rows[i][pixels])),
  });
  return { train: part(order.slice(0, trainCount)), test: part(order.slice(trainCount)) };
}
