/** What training says while it runs: people read standard error, programs JSON lines on standard output. */
import type { Host } from "./host.ts";
import type { EpochFigures } from "./train-loop.ts";

/** How often, in milliseconds, the line of a terminal is drawn again. */
const redrawTime = 100;

export class Progress {
  private drawn = 0;
  private lineIsOpen = false;
  private readonly losses: number[] = [];
  private columns: readonly string[] = [];
  /** The first step of this epoch that was seen. */
  private first: { readonly step: number; readonly now: number } | null = null;

  constructor(
    private readonly host: Host,
    private readonly isJson: boolean,
    private readonly epochs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** A line for people. */
  say(text: string): void {
    this.clear();
    this.host.stderr(`${text}\n`);
  }

  /** A line for programs. */
  json(kind: string, facts: Readonly<Record<string, unknown>>): void {
    if (this.isJson) this.host.stdout(`${JSON.stringify({ kind, ...facts })}\n`);
  }

  /** The line that is drawn again and again; only a terminal has one. */
  step(epoch: number, step: number, steps: number, loss: number): void {
    const now = this.now();
    if (step === 1 || this.first === null) this.first = { step, now };
    if (!this.host.terminal || now - this.drawn < redrawTime) return;
    this.drawn = now;
    this.losses.push(loss);
    const pace = (now - this.first.now) / Math.max(1, step - this.first.step);
    const left = pace * (steps - step + steps * (this.epochs - epoch));
    const parts = [
      `epoch ${epoch}/${this.epochs}`,
      `step ${step}/${steps}`,
      `loss ${figure(loss)}`,
      sparkline(this.losses.slice(-24)),
      // One step says nothing about the pace.
      ...(step > this.first.step ? [`${duration(left / 1000)} left`] : []),
    ];
    this.host.stderr(`\r\u001b[2K${parts.join("  ")}`);
    this.lineIsOpen = true;
  }

  /** One row of the table; the first one brings its head. */
  epoch({ epoch, train, valid }: EpochFigures, seconds: number): void {
    const metrics = Object.keys(train).filter((name) => name !== "loss");
    const shown = valid ?? train;
    const cells: [string, string][] = [
      ["epoch", String(epoch)],
      ["train loss", figure(train["loss"]!)],
      ...(valid ? [["valid loss", figure(valid["loss"]!)] satisfies [string, string]] : []),
      ...metrics.map((name): [string, string] => [valid ? `valid ${name}` : name, figure(shown[name]!)]),
      ["time", duration(seconds)],
    ];
    if (this.columns.length === 0) {
      this.columns = cells.map(([name]) => name);
      this.say(this.columns.map((name) => name.padStart(widthOf(name))).join("  "));
    }
    this.say(cells.map(([name, text]) => text.padStart(widthOf(name))).join("  "));
  }

  /** Takes away the line that is drawn again and again. */
  clear(): void {
    if (this.lineIsOpen) this.host.stderr("\r\u001b[2K");
    this.lineIsOpen = false;
  }
}

const widthOf = (name: string): number => Math.max(8, name.length);

/** Five digits that matter: 0.012345, 123.45, 1.2346e-9. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(3);
  return value.toFixed(size >= 100 ? 2 : size >= 10 ? 3 : 4);
}

/** 0.4 s, 12 s, 3:05, 1:02:03 */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  const two = (n: number): string => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** ▁▂▅█: each value between the smallest and the largest. */
export function sparkline(values: readonly number[]): string {
  const bars = "▁▂▃▄▅▆▇█";
  const low = Math.min(...values);
  const range = Math.max(...values) - low;
  return values.map((v) => bars[range > 0 ? Math.round(((v - low) / range) * 7) : 0]).join("");
}
