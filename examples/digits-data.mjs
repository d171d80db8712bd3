/**
 * The 1,797 handwritten digits of `data/digits.csv.gz`, split once and for all: a shuffle by a seeded generator, then
 * 1,437 examples to train on and 360 to test on.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const pixels = 64;
const trainCount = 1437;

/** mulberry32 (Tommy Ettinger, public domain): numbers in 0 ≤ u < 1 from a 32-bit seed. */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** 0 … count − 1 in random order (Fisher and Yates). */
export function shuffled(count, random) {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** `{ train, test }`, each `{ count, image: Float32Array of count × 64 in 0 … 1, label: Int32Array of count }`. */
export function loadDigits() {
  const text = gunzipSync(readFileSync(new URL("data/digits.csv.gz", import.meta.url))).toString("ascii");
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

/** The examples at `indices`, as the inputs of one call. */
export function batchOf({ image, label }, indices) {
  const batch = { image: new Float32Array(indices.length * pixels), label: new Int32Array(indices.length) };
  indices.forEach((from, to) => {
    batch.image.set(image.subarray(from * pixels, (from + 1) * pixels), to * pixels);
    batch.label[to] = label[from];
  });
  return batch;
}
