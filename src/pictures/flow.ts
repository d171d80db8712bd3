/**
 * How gradients flow through a network, for a sample: one table. A gradient that shrinks from layer to layer, an update
 * that is large against its weights, units that never fire and cells that barely react all show in one place.
 */

/** Sizes of one parameter; means and largest are of absolute values. */
export interface ParameterFlow {
  readonly name: string;
  readonly shape: readonly number[];
  readonly gradient: { readonly mean: number; readonly largest: number };
  /** ‖change of one step‖ / ‖parameter‖; null without an optimizer, or where the parameter is all zeros. */
  readonly update: number | null;
}

/** How a value reacts to the one that it is computed from, cell by cell: a = f(z). */
export interface ActivationFlow {
  readonly name: string;
  readonly shape: readonly number[];
  /** Mean |∂L/∂a|. */
  readonly gradient: number;
  /** Share of units (places of the last dimension) whose derivative is 0 for the whole sample. */
  readonly dead: number;
  /** Share of cells with |∂a/∂z| ≤ 0.01; null where the derivative takes so few values that none is a tail. */
  readonly saturated: number | null;
}

export interface Flow {
  readonly model: string;
  readonly loss: number;
  /** In the order in which the network reads them. */
  readonly parameters: readonly ParameterFlow[];
  readonly activations: readonly ActivationFlow[];
}

/** The table as text. */
export function printFlow(flow: Flow): string {
  const parameters = table(
    ["parameter", "shape", "mean |g|", "max |g|", "update/weight"],
    flow.parameters.map((p) => [
      p.name,
      `[${p.shape.join(", ")}]`,
      number(p.gradient.mean),
      number(p.gradient.largest),
      p.update === null ? "–" : number(p.update),
    ]),
  );
  const activations = table(
    ["activation", "shape", "mean |∂L/∂a|", "dead units", "saturated"],
    flow.activations.map((a) => [
      a.name,
      `[${a.shape.join(", ")}]`,
      number(a.gradient),
      share(a.dead),
      a.saturated === null ? "–" : share(a.saturated),
    ]),
  );
  const legend =
    "update/weight: length of one step of the optimizer, against the length of the parameter\n" +
    "dead: ∂a/∂z = 0 for the whole sample; saturated: |∂a/∂z| ≤ 0.01\n";
  const head = `${flow.model}: loss ${number(flow.loss)}\n`;
  return `${[head, parameters, ...(flow.activations.length > 0 ? [activations] : []), legend].join("\n")}`;
}

export const number = (x: number): string => (x === 0 ? "0" : x.toExponential(2));

export const share = (x: number): string => `${Math.round(x * 100)} %`;

/** Columns side by side; all but the first two are numbers, at the right edge. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, n) => Math.max(title.length, ...rows.map((row) => row[n]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, n) => (n < 2 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!)))
      .join("  ")
      .trimEnd();
  return `${[line(head), line(widths.map((w) => "─".repeat(w))), ...rows.map(line)].join("\n")}\n`;
}
