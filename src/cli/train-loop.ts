/** Epochs and steps: what happens when, without a word about it. */
import { shuffled } from "../data/order.ts";
import type { Examples } from "./train-data.ts";
import type { TrainedModel } from "./train-model.ts";
import { isFiniteModel } from "./train-model.ts";

/** Sums over examples: of the loss, and of every metric. */
export interface Totals {
  examples: number;
  sums: Record<string, number>;
}

/** The mean loss and metrics of one epoch; `valid` on the examples held out. */
export interface EpochFigures {
  readonly epoch: number;
  readonly train: Readonly<Record<string, number>>;
  readonly valid: Readonly<Record<string, number>> | null;
}

/** Where training stands: with the model, all that is needed to go on as if it had not stopped. */
export interface TrainingState {
  /** Epochs that are over. */
  epoch: number;
  /** Steps of the next one that are over. */
  step: number;
  totals: Totals;
  history: EpochFigures[];
}

export interface LoopSettings {
  readonly epochs: number;
  readonly batch: number;
  /** A batch that is not full is left out. */
  readonly isExact: boolean;
  readonly seed: number;
  /** Numbers of the optimizer from an epoch on. */
  readonly hyper: readonly { readonly name: string; readonly value: number; readonly from: number }[];
}

export interface LoopEvents {
  step(state: TrainingState, steps: number, loss: number): void;
  /** Is waited for. */
  epoch(figures: EpochFigures, seconds: number): void | Promise<void>;
  /** Whether to end after this step. */
  isInterrupted(): boolean;
}

/** A model before some of its steps. */
export interface Checkpoint {
  readonly bytes: Uint8Array;
  readonly state: TrainingState;
}

export type LoopEnd =
  | { readonly kind: "done" | "interrupted" }
  /** What was computed is no longer finite; `before` is at most `checkpointSteps` earlier. */
  | { readonly kind: "nonfinite"; readonly before: Checkpoint };

export const freshState = (): TrainingState => ({
  epoch: 0,
  step: 0,
  totals: { examples: 0, sums: {} },
  history: [],
});

const checkpointSteps = 256;

/** How long, in milliseconds, training may go on before signals and other work have their turn. */
const sliceTime = 40;

export class TrainingLoop {
  constructor(
    readonly model: TrainedModel,
    readonly state: TrainingState,
    private readonly train: Examples,
    private readonly valid: Examples | null,
    private readonly settings: LoopSettings,
  ) {}

  /** Steps in an epoch. */
  get steps(): number {
    const { batch, isExact } = this.settings;
    return isExact ? Math.floor(this.train.count / batch) : Math.ceil(this.train.count / batch);
  }

  async run(events: LoopEvents): Promise<LoopEnd> {
    const { state, settings } = this;
    while (state.epoch < settings.epochs) {
      const end = await this.epoch(events);
      if (end) return end;
      if (events.isInterrupted()) return { kind: "interrupted" };
    }
    return { kind: "done" };
  }

  private async epoch(events: LoopEvents): Promise<LoopEnd | null> {
    const { state, model } = this;
    const start = performance.now();
    this.setHypers();
    const order = this.order(state.epoch);
    let checkpoint = await this.checkpoint();
    let sliceStart = start;
    while (state.step < this.steps) {
      if (state.step % checkpointSteps === 0) checkpoint = await this.checkpoint();
      const loss = await this.step(order);
      if (!Number.isFinite(loss)) return { kind: "nonfinite", before: checkpoint };
      events.step(state, this.steps, loss);
      if (performance.now() - sliceStart > sliceTime) {
        await new Promise((next) => setImmediate(next));
        sliceStart = performance.now();
      }
      if (state.step < this.steps && events.isInterrupted()) return { kind: "interrupted" };
    }
    if (!(await isFiniteModel(model))) return { kind: "nonfinite", before: checkpoint };
    const train = means(state.totals);
    const valid = this.valid ? await this.evaluate(this.valid) : null;
    const figures: EpochFigures = { epoch: state.epoch + 1, train, valid };
    state.epoch++;
    state.step = 0;
    state.totals = { examples: 0, sums: {} };
    state.history.push(figures);
    await events.epoch(figures, (performance.now() - start) / 1000);
    await new Promise((next) => setImmediate(next));
    return null;
  }

  /** The examples of an epoch: a function of seed and epoch. */
  private order(epoch: number): Int32Array {
    return shuffled(this.train.count, this.settings.seed, epoch).map((i) => this.train.rows[i]!);
  }

  /** The next step; the loss from before it. */
  private async step(order: Int32Array): Promise<number> {
    const { state, model } = this;
    const rows = this.rowsOf(order, state.step);
    const loss = await model.step(this.train.take(rows));
    add(state.totals, { loss, ...model.metrics }, rows.length);
    state.step++;
    return loss;
  }

  private rowsOf(order: Int32Array, step: number): Int32Array {
    const { batch } = this.settings;
    return order.subarray(step * batch, (step + 1) * batch);
  }

  /** The inputs of the next step. */
  nextInputs(): ReturnType<Examples["take"]> {
    return this.train.take(this.nextRows());
  }

  /** The examples of the next step, as rows of their source. */
  nextRows(): Int32Array {
    return this.rowsOf(this.order(this.state.epoch), this.state.step);
  }

  /** Takes steps of this epoch until `wanted` of them are over, or something is no longer finite. */
  async replay(wanted: number): Promise<{ readonly isFinite: boolean }> {
    this.setHypers();
    const order = this.order(this.state.epoch);
    while (this.state.step < wanted) {
      const loss = await this.step(order);
      if (!Number.isFinite(loss) || !(await isFiniteModel(this.model))) return { isFinite: false };
    }
    return { isFinite: true };
  }

  async evaluate(examples: Examples): Promise<Readonly<Record<string, number>>> {
    const totals: Totals = { examples: 0, sums: {} };
    for (const rows of examples.batches(this.settings.batch)) {
      if (this.settings.isExact && rows.length < this.settings.batch) continue;
      add(totals, await this.model.evaluate(examples.take(rows)), rows.length);
    }
    return means(totals);
  }

  private async checkpoint(): Promise<Checkpoint> {
    return { bytes: await this.model.save(), state: structuredClone(this.state) };
  }

  private setHypers(): void {
    for (const { name, value, from } of this.settings.hyper) {
      if (this.state.epoch + 1 >= from) this.model.hyper[name] = value;
    }
  }
}

function add(totals: Totals, figures: Readonly<Record<string, number>>, examples: number): void {
  totals.examples += examples;
  for (const [name, value] of Object.entries(figures)) {
    totals.sums[name] = (totals.sums[name] ?? 0) + value * examples;
  }
}

function means({ examples, sums }: Totals): Record<string, number> {
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / examples]));
}
