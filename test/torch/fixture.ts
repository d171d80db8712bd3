/** What PyTorch computed for a model, as scripts/record-torch.py wrote it. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";

export type Cells = Readonly<Record<string, readonly number[]>>;

export interface Fixture {
  /** Path of the `.nn` file in this project. */
  readonly model: string;
  readonly sizes: Readonly<Record<string, number>>;
  /** Extents of dynamic dimensions; of a ragged one, one a batch. */
  readonly dims: Readonly<Record<string, number | readonly number[]>>;
  readonly hyper: Readonly<Record<string, number>>;
  readonly parameters: Cells;
  /** Inputs, one entry a training step. */
  readonly batches: readonly Cells[];
  readonly loss: number;
  readonly gradients: Cells;
  readonly outputs: Cells;
  /** The loss at inference, where it is not `loss`. */
  readonly evaluated?: number;
  readonly trained?: {
    readonly losses: readonly number[];
    readonly parameters: Cells;
    readonly states: Cells;
    readonly outputs: Cells;
    readonly evaluated: number;
  };
}

const project = new URL("../../", import.meta.url);

export function readFixture(name: string): Fixture {
  return JSON.parse(readFileSync(new URL(`test/torch/fixtures/${name}.json`, project), "utf8")) as Fixture;
}

/** The `.nn` source of a fixture. */
export function sourceOf(fixture: Fixture): string {
  return readFileSync(new URL(fixture.model, project), "utf8");
}

export interface Tolerance {
  /** Of each number's own size. */
  readonly relative: number;
  /** Of the largest number of its tensor, for what is left where large terms cancel. */
  readonly ofLargest: number;
  /** For tensors that are zero but for rounding. */
  readonly absolute: number;
}

/** Fails at the number that is farthest from what is expected, in units of its tolerance. */
export function expectNear(
  what: string,
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
): void {
  expect(found.length, `size of ${what}`).toBe(expected.length);
  const largest = Math.max(...Array.from(expected, Math.abs));
  let worst = { excess: 0, message: "" };
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [found[i]!, expected[i]!];
    const allowed = tolerance.relative * Math.abs(b) + tolerance.ofLargest * largest + tolerance.absolute;
    const excess = Object.is(a, b) ? 0 : Math.abs(a - b) / allowed;
    // Not a number is the farthest of all.
    if (!(excess <= worst.excess)) worst = { excess, message: `${what}, cell ${i}: ${a} instead of ${b}` };
  }
  if (!(worst.excess <= 1)) expect.fail(`${worst.message} (${worst.excess.toPrecision(3)} × the tolerance)`);
}
