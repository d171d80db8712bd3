/** An axis: where numbers lie on it, and its ticks, at round numbers or at powers of ten. */
import { superscript } from "./text.ts";

export interface Axis {
  readonly place: (value: number) => number;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

interface AxisOptions {
  /** About how many ticks are wanted. */
  readonly ticks: number;
  readonly log?: boolean;
  /** Ends at the data, not at ticks. */
  readonly tight?: boolean;
}

export function axisOf(
  values: readonly number[],
  [start, end]: readonly [number, number],
  options: AxisOptions,
): Axis {
  const scale = options.log === true ? Math.log10 : (v: number): number => v;
  const scaled = values.map(scale).filter(Number.isFinite);
  const [least, most] = scaled.length > 0 ? [Math.min(...scaled), Math.max(...scaled)] : [0, 1];
  const step = stepFor(Math.max(most - least, 1e-12) / options.ticks, options.log === true);
  const low = options.tight === true ? least : Math.floor(least / step + 1e-9) * step;
  const high = options.tight === true ? most : Math.max(Math.ceil(most / step - 1e-9) * step, low + step);
  const at = (s: number): number => start + ((s - low) / (high - low || 1)) * (end - start);
  const count = Math.floor((high - Math.ceil(low / step - 1e-9) * step) / step + 1e-9);
  const first = Math.ceil(low / step - 1e-9);
  const ticks = Array.from({ length: count + 1 }, (_, i) => {
    const value = (first + i) * step;
    return {
      at: at(value),
      text: options.log === true ? powerOfTen(Math.round(value)) : decimal(value, step),
    };
  });
  return { place: (v) => at(scale(v)), ticks };
}

/** The next of 1, 2, 5, 10, …; a whole number of powers on a logarithmic axis. */
function stepFor(least: number, log: boolean): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= least * (1 - 1e-9)) ?? 10 * power;
  return log ? Math.max(1, Math.ceil(step)) : step;
}

const decimal = (value: number, step: number): string =>
  Number(value.toFixed(Math.max(0, -Math.floor(Math.log10(step)))))
    .toString()
    .replace("-", "−");

/** `10⁻³`. */
const powerOfTen = (exponent: number): string => `10${superscript(exponent)}`;
