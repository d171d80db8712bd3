/** How long the device takes for something, by what more of it takes: what a call costs besides cancels. */

/** The least time of some turns, in seconds; the first turn warms up. */
export async function leastTime(turn, turns) {
  await turn();
  let least = Infinity;
  for (let n = 0; n < turns; n++) {
    const start = performance.now();
    await turn();
    least = Math.min(least, performance.now() - start);
  }
  return least / 1000;
}

/** Seconds for one more, where `few` and `many` do it so often. */
export async function timeOfOne(few, many, turns) {
  // In turns, so that a noisy moment hits both.
  let [a, b] = [Infinity, Infinity];
  for (let n = 0; n < 2; n++) {
    a = Math.min(a, await leastTime(few.run, Math.ceil(turns / 2)));
    b = Math.min(b, await leastTime(many.run, Math.ceil(turns / 2)));
  }
  return (b - a) / (many.count - few.count);
}
