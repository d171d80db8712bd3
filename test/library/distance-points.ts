/** Distances of vectors and the losses of them, with values and gradients in closed form. */
import type { LossCase } from "./closed-forms.ts";
import { combine, cosine, distance } from "./closed-forms.ts";

const vectors = [
  [0, 0, 0],
  [1, 2, 3],
  [1000, -1000, 0],
  [0.5, 0, 0],
  [-2, -4, -6],
];

/** A loss of two vectors a and b and a label, by its derivative by their distance or cosine. */
function ofPairs(
  loss: string,
  measure: typeof distance,
  labels: readonly number[],
  value: (m: number, t: number) => readonly [value: number, slope: number],
): LossCase {
  const points = vectors.flatMap((a) =>
    vectors.flatMap((b) =>
      labels.map((t) => {
        const [[m, da], [, db]] = [measure(a, b), measure(b, a)];
        const [found, slope] = value(m, t);
        const gradients = { a: da.map((x) => slope * x), b: db.map((x) => slope * x) };
        return { parameters: { a, b }, inputs: { t: [t] }, value: found, gradients };
      }),
    ),
  );
  return { declarations: "param a: [1, 3] ~ zeros\n  param b: [1, 3] ~ zeros\n  input t: [1]", loss, points };
}

const triplet: LossCase = {
  declarations: "param a: [1, 3] ~ zeros\n  param b: [1, 3] ~ zeros\n  param c: [1, 3] ~ zeros",
  loss: "triplet(a, b, c)",
  points: vectors.flatMap((a) =>
    vectors.flatMap((b) =>
      vectors.map((c) => {
        const [[near, toB], [far, toC]] = [distance(a, b), distance(a, c)];
        const on = Number(near - far + 1 > 0);
        const gradients = {
          a: combine(on, toB, -on, toC),
          b: toB.map((x) => -on * x),
          c: toC.map((x) => on * x),
        };
        return { parameters: { a, b, c }, inputs: {}, value: Math.max(0, near - far + 1), gradients };
      }),
    ),
  ),
};

export const lossesOfDistances: readonly LossCase[] = [
  ofPairs("cosine_distance(a, b)", cosine, [0], (c) => [1 - c, -1]),
  ofPairs("cosine_embedding(a, b, t, margin = 0.1)", cosine, [-1, 1], (c, t) =>
    t > 0 ? [1 - c, -1] : [Math.max(0, c - 0.1), Number(c > 0.1)],
  ),
  ofPairs("contrastive(a, b, t)", distance, [0, 1], (d, t) =>
    t === 0 ? [d ** 2 / 2, d] : [Math.max(0, 1 - d) ** 2 / 2, -Math.max(0, 1 - d)],
  ),
  triplet,
];
