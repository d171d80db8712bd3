/** Scaling of numbers: what is subtracted, and what they are divided by. */
import type { DataArray } from "./arrays.ts";
import { widthOf } from "./arrays.ts";

/**
 * `standard`: every cell to mean 0 and deviation 1. `minmax`: every cell to 0 … 1. `bytes`: whole bytes to 0 … 1, all
 * else as it is. A pair: from these two numbers to 0 … 1.
 */
export type Scaling =
  "off" | "standard" | "minmax" | "bytes" | { readonly low: number; readonly high: number };

/** `off`, `standard`, `minmax` or `0..16`; null where it is something else. */
export function parseScaling(text: string): Scaling | null {
  if (text === "off" || text === "standard" || text === "minmax") return text;
  const [, low, high] = /^(.+)\.\.(.+)$/.exec(text) ?? [];
  const range = { low: Number(low ?? NaN), high: Number(high ?? NaN) };
  return Number.isFinite(range.low) && Number.isFinite(range.high) && range.low < range.high ? range : null;
}

interface Scale {
  readonly subtract: readonly number[];
  readonly divide: readonly number[];
}

/** Of the cells of `arrays`, one array after the other, over the examples `rows`. */
export function scale(arrays: readonly DataArray[], rows: Int32Array, scaling: Scaling): Scale {
  if (scaling === "off") return { subtract: [], divide: [] };
  if (scaling === "bytes") {
    const isBytes = arrays.every((a) => a.isBytes);
    return isBytes ? { subtract: [0], divide: [255] } : { subtract: [], divide: [] };
  }
  if (typeof scaling === "object") return { subtract: [scaling.low], divide: [scaling.high - scaling.low] };
  // What does not vary has nothing to be divided by.
  const whole = (n: number): number => (n > 0 ? n : 1);
  const columns = statistics(arrays, rows);
  return scaling === "standard"
    ? { subtract: columns.map((c) => c.mean), divide: columns.map((c) => whole(c.deviation)) }
    : { subtract: columns.map((c) => c.least), divide: columns.map((c) => whole(c.most - c.least)) };
}

/** The mean of every cell over the examples where it is given; 0 where it never is. */
export function meansOf(arrays: readonly DataArray[], rows: Int32Array): number[] {
  return statistics(arrays, rows).map((c) => c.mean);
}

interface Statistics {
  readonly mean: number;
  readonly deviation: number;
  readonly least: number;
  readonly most: number;
}

/** Of every cell, over the examples where it is a number. Texts of two kinds count as 0 and 1. */
function statistics(arrays: readonly DataArray[], rows: Int32Array): Statistics[] {
  return arrays.flatMap((array) => {
    const width = widthOf(array);
    return Array.from({ length: width }, (_, cell) => {
      if (array.textCount > 0) return { mean: 0, deviation: 1, least: 0, most: 1 };
      return ofCell((row) => array.values[row * width + cell]!, rows);
    });
  });
}

/** Two passes, so that nothing cancels. */
function ofCell(at: (row: number) => number, rows: Int32Array): Statistics {
  let count = 0;
  let sum = 0;
  let least = Infinity;
  let most = -Infinity;
  for (const row of rows) {
    const value = at(row);
    if (Number.isNaN(value)) continue;
    count++;
    sum += value;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (count === 0) return { mean: 0, deviation: 0, least: 0, most: 0 };
  const mean = sum / count;
  let squares = 0;
  for (const row of rows) {
    const value = at(row);
    if (!Number.isNaN(value)) squares += (value - mean) ** 2;
  }
  return { mean, deviation: Math.sqrt(squares / count), least, most };
}
