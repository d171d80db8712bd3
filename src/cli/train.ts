/** `nnc train model.nn --data …`: compiles a model, trains it on files, and keeps what it learned. */
import { basename, extname, resolve } from "node:path";
import { DataError } from "../data/arrays.ts";
import { writeAll } from "../project/files.ts";
import type { TrainFlags } from "./train-flags.ts";
import type { Host } from "./host.ts";
import { exitCode } from "./host.ts";
import { describe } from "./train-describe.ts";
import { writeModel } from "./train-file.ts";
import { checkOutputs } from "./train-outputs.ts";
import type { Checkpoint, EpochFigures, LoopEnd } from "./train-loop.ts";
import { TrainingLoop } from "./train-loop.ts";
import { reportNonFinite } from "./train-nonfinite.ts";
import { duration, figure, Progress } from "./train-progress.ts";
import type { Setup } from "./train-setup.ts";
import { setUp } from "./train-setup.ts";

export async function trainCommand(path: string, flags: TrainFlags, host: Host): Promise<number> {
  return withDataErrors(host, async () => {
    checkOutputs(path, flags, host);
    const setup = await setUp(path, flags, host);
    return setup ? new Run(path, flags, host, setup).run() : exitCode.diagnostics;
  });
}

/** Mistakes in data are one line and exit code 1, as mistakes in a model are. */
export async function withDataErrors(host: Host, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    host.stderr(`error: ${error.message}\n`);
    return exitCode.diagnostics;
  }
}

class Run {
  private readonly progress: Progress;
  private readonly loop: TrainingLoop;
  private interrupted = false;

  constructor(
    private readonly path: string,
    private readonly flags: TrainFlags,
    private readonly host: Host,
    private readonly setup: Setup,
  ) {
    const { epochs, hyper } = flags;
    const { model, state, train, valid, isExact, facts } = setup;
    const { batch, seed } = facts;
    this.progress = new Progress(host, flags.json === true, epochs);
    this.loop = new TrainingLoop(model, state, train, valid, { epochs, batch, isExact, seed, hyper });
  }

  async run(): Promise<number> {
    const { progress, setup, flags, host } = this;
    for (const line of await describe(setup)) progress.say(line);
    const { batch, seed, target } = setup.facts;
    progress.json("start", {
      model: setup.loaded.graphs.program.name,
      target,
      seed,
      batch,
      epochs: flags.epochs,
      examples: setup.train.count,
      valid: setup.valid?.count ?? 0,
    });
    await this.startThreads();
    void host.interrupted().then(() => (this.interrupted = true));
    const start = performance.now();
    const before = this.loop.state.epoch;
    const end = await this.loop.run({
      step: (state, steps, loss) => progress.step(state.epoch + 1, state.step, steps, loss),
      epoch: (figures, seconds) => this.epoch(figures, seconds),
      isInterrupted: () => this.interrupted,
    });
    const seconds = (performance.now() - start) / 1000;
    const code = await this.finish(end, seconds, this.loop.state.epoch - before);
    setup.model.dispose?.();
    setup.model.destroy?.();
    return code;
  }

  /** Without them, one trains, to the same bits. */
  private async startThreads(): Promise<void> {
    try {
      await this.setup.model.ready;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.progress.say(`one thread trains: ${reason}`);
    }
  }

  private async epoch(figures: EpochFigures, seconds: number): Promise<void> {
    const { progress, flags } = this;
    progress.epoch(figures, seconds);
    progress.json("epoch", { ...figures, steps: this.loop.model.stepCount, seconds: round(seconds) });
    const { every } = flags;
    if (flags.save !== undefined && every !== undefined && figures.epoch % every === 0)
      await this.save(flags.save);
  }

  private async finish(end: LoopEnd, seconds: number, epochs: number): Promise<number> {
    const { progress, flags, setup } = this;
    const { history } = this.loop.state;
    await this.plot();
    if (end.kind === "nonfinite") {
      await this.keepBefore(end.before);
      return reportNonFinite(setup, end.before, this.loopFor.bind(this), progress);
    }
    if (end.kind === "interrupted") {
      const kept = flags.save ?? `${basename(this.path, extname(this.path))}.interrupted.safetensors`;
      await this.save(kept);
      progress.say(`interrupted; nnc train … --resume ${kept} goes on from here`);
      progress.json("interrupted", { saved: kept });
      return exitCode.interrupted;
    }
    if (flags.save !== undefined) await this.save(flags.save);
    progress.say(summary(history, seconds, epochs));
    if (flags.save === undefined)
      progress.say("nothing is saved: --save model.safetensors keeps what was learned");
    progress.json("end", { seconds: round(seconds), saved: flags.save ?? null });
    return exitCode.ok;
  }

  private async save(path: string): Promise<void> {
    const { setup, host, loop } = this;
    const target = resolve(host.directory, path);
    await writeModel(target, loop.model, { ...setup.facts, state: loop.state });
  }

  /** What was good last is kept beside the file that is asked for, so that the failure can be run again. */
  private async keepBefore({ bytes, state }: Checkpoint): Promise<void> {
    const { flags, setup, progress, host } = this;
    if (flags.save === undefined) return;
    const path = `${flags.save.replace(/\.safetensors$/, "")}.before.safetensors`;
    const model = await setup.loaded.Model.load(bytes);
    await writeModel(resolve(host.directory, path), model, { ...setup.facts, state });
    progress.say(`${path} holds the model from before: step ${state.step} of epoch ${state.epoch + 1}`);
  }

  /** Training from a checkpoint on. */
  private async loopFor({ bytes, state }: Checkpoint): Promise<TrainingLoop> {
    const { setup, flags } = this;
    const { batch, seed } = setup.facts;
    const { epochs, hyper } = flags;
    const model = await setup.loaded.Model.load(bytes);
    const settings = { epochs, batch, isExact: setup.isExact, seed, hyper };
    return new TrainingLoop(model, structuredClone(state), setup.train, null, settings);
  }

  private async plot(): Promise<void> {
    const { flags, loop, host } = this;
    if (flags.plot === undefined || loop.state.history.length === 0) return;
    const { drawLosses } = await import("../index.ts");
    const { history } = loop.state;
    const picture = drawLosses({
      title: `loss of ${this.setup.loaded.graphs.program.name}`,
      train: history.map((f) => f.train["loss"]!),
      valid: history[0]!.valid ? history.map((f) => f.valid?.["loss"] ?? NaN) : null,
      isLogarithmic: flags.log === true,
    });
    writeAll([{ path: resolve(host.directory, flags.plot), text: picture }]);
  }
}

/** The best epoch, by the examples held out where there are some. */
function summary(history: readonly EpochFigures[], seconds: number, epochs: number): string {
  const of = (f: EpochFigures): number => (f.valid ?? f.train)["loss"]!;
  if (history.length === 0) return "no epoch is left to train";
  const best = history.reduce((a, b) => (of(b) < of(a) ? b : a));
  const what = best.valid ? "valid" : "train";
  return `${epochs} ${epochs === 1 ? "epoch" : "epochs"} in ${duration(seconds)}; the lowest ${what} loss is ${figure(of(best))}, in epoch ${best.epoch}`;
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
