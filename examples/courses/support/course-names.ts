/**
 * The names of a course for the tensors of a network whose layers stand in a loop `for l in 0..L { a = a |> dense(n) }`:
 * turn l, which counts from 0, is layer l + 1, so that `a.1.dense.W` is `W⁽²⁾`. Everything else keeps its name.
 */
import { superscript } from "./text.ts";

const layer = (turn: number): string => `⁽${superscript(turn + 1)}⁾`;

/** An equation with the names of the course; `z` gradients may have one of their own, such as `δ`. */
export function inCourseNames(formula: string, gradientOfZ = "dz"): string {
  const ofLayer = (_: string, turn: string, name = "a"): string => `${name}${layer(Number(turn))}`;
  return formula.replace(/a\.(\d+)(?:\.dense\.(\w+))?/g, ofLayer).replace(/dz(?=⁽)/g, gradientOfZ);
}
