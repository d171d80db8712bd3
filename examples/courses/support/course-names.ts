/**
 * The names of a course for the tensors of a network whose layers stand in a loop `for l in 0..L { a = a |> dense(n) }`:
 * turn l, which counts from 0, is layer l + 1, so that `a.1.dense.W` is `W⁽²⁾`. Everything else keeps its name.
 */
const raised: Readonly<Record<string, string>> = Object.fromEntries(
  [..."0123456789"].map((digit, k) => [digit, [..."⁰¹²³⁴⁵⁶⁷⁸⁹"][k]!]),
);

const layer = (turn: number): string => `⁽${[...String(turn + 1)].map((c) => raised[c]).join("")}⁾`;

/** An equation with the names of the course; `z` gradients may have one of their own, such as `δ`. */
export function inCourseNames(formula: string, gradientOfZ = "dz"): string {
  return formula
    .replace(
      /a\.(\d+)\.dense\.(\w+)(\.sum)?/g,
      (_, turn, name, sum) => `${sum ?? ""}${name}${layer(Number(turn))}`,
    )
    .replace(/a\.(\d+)/g, (_, turn) => `a${layer(Number(turn))}`)
    .replace(/dz(?=⁽)/g, gradientOfZ);
}
