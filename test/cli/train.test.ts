/** `nnc train`, over the real compiler. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { setUp } from "../../src/cli/train-setup.ts";
import { readModel, writeModel } from "../../src/cli/train-file.ts";
import type { LoopEnd } from "../../src/cli/train-loop.ts";
import { TrainingLoop } from "../../src/cli/train-loop.ts";
import { restore } from "../../src/cli/train-model.ts";
import type { TrainFlags } from "../../src/cli/train-flags.ts";
import { folderWith, kinds, points, small } from "./training.ts";

const files = { "kinds.nn": kinds, "train.csv": points(90), "valid.csv": points(20, 5) };
/** What is saved has all that training needs in `kinds`; where that is no matter, less is compiled. */
const quick = { ...files, "kinds.nn": small };
const train = ["train", "kinds.nn", "--data", "train.csv"];

describe("training", () => {
  test("tells what it does, and a line an epoch, on standard error", async () => {
    const w = folderWith(files);
    expect(await w.nnc(...train, "--valid", "valid.csv", "--epochs", "3", "--normalise", "standard")).toBe(0);
    expect(w.out).toBe("");
    const lines = w.err.trimEnd().split("\n");
    expect(lines.slice(0, 4)).toEqual([
      "kinds.nn: 22 parameters, wasm, seed 1",
      "train.csv: 90 examples, 20 held out, 16 a step",
      "  x: x1, x2; scaled",
      "  kind: kind; lower = 0, upper = 1",
    ]);
    expect(lines[4]).toBe("   epoch  train loss  valid loss  valid accuracy      time");
    expect(lines.slice(5, 8).map((l) => l.trim().split(/ {2,}/).length)).toEqual([5, 5, 5]);
    expect(lines[8]).toMatch(/^3 epochs in .*; the lowest valid loss is [0-9.]+, in epoch 3$/);
    expect(lines[9]).toBe("nothing is saved: --save model.safetensors keeps what was learned");
  });

  test("learns, and says so in JSON lines", async () => {
    const w = folderWith(files);
    await w.nnc(...train, "--valid", "20%", "--epochs", "30", "--json", "--target", "typescript");
    const lines = w.out
      .trimEnd()
      .split("\n")
      .map((l) => JSON.parse(l));
    expect(lines.map((l) => l.kind)).toEqual(["start", ...Array(30).fill("epoch"), "end"]);
    expect(lines[0]).toMatchObject({
      model: "Kinds",
      target: "typescript",
      batch: 16,
      examples: 72,
      valid: 18,
    });
    expect(lines[30].valid.accuracy).toBeGreaterThan(0.85);
    expect(lines[30].train.loss).toBeLessThan(0.6 * lines[1].train.loss);
    expect(lines[30].steps).toBe(150);
  });

  test("changes the numbers of the optimizer from an epoch on", async () => {
    const held = folderWith(quick);
    await held.nnc(...train, "--valid", "valid.csv", "--epochs", "3", "--hyper", "lr=0@2", "--json");
    const losses = held.out
      .trimEnd()
      .split("\n")
      .map((l) => JSON.parse(l).valid?.loss);
    expect(losses[2]).toBe(losses[1]);
    expect(losses[3]).toBe(losses[1]);
  });

  test("draws the losses", async () => {
    const w = folderWith(quick);
    await w.nnc(...train, "--valid", "valid.csv", "--epochs", "3", "--plot", "loss.svg", "--log");
    const picture = readFileSync(join(w.directory, "loss.svg"), "utf8");
    expect(picture.match(/<polyline class="(train|valid)" points="(\S+ ){2}\S+"/g)).toHaveLength(2);
    expect(picture).toContain("loss of Small");
  });
});

/** The loop of a command, so that it can be stopped anywhere. */
async function loopOf(w: ReturnType<typeof folderWith>, epochs: number, resume?: string) {
  const setup = (await setUp("kinds.nn", { ...flags, ...(resume === undefined ? {} : { resume }) }, w))!;
  const { model, state, train, valid, facts } = setup;
  const settings = { epochs, batch: facts.batch, seed: facts.seed, isExact: false, hyper: [] };
  const loop = new TrainingLoop(model, state, train, valid, settings);
  const run = (stopAfter: number): Promise<LoopEnd> => {
    let steps = 0;
    return loop.run({ step: () => steps++, epoch: () => {}, isInterrupted: () => steps >= stopAfter });
  };
  return { loop, run, save: (path: string) => writeModel(path, loop.model, { ...facts, state: loop.state }) };
}
const flags: TrainFlags = {
  data: ["train.csv"],
  valid: ["valid.csv"],
  map: [],
  normalise: [],
  epochs: 4,
  seed: 1,
  seedIsGiven: false,
  hyper: [],
  target: "auto",
  threads: 1,
  set: {},
};

describe("what is saved", () => {
  test("goes on bit for bit, from within an epoch too", async () => {
    const w = folderWith(files);
    const path = (name: string): string => join(w.directory, name);
    const whole = await loopOf(w, 4);
    expect(await whole.run(Infinity)).toEqual({ kind: "done" });
    await whole.save(path("whole.safetensors"));
    const first = await loopOf(w, 4);
    expect(await first.run(8)).toEqual({ kind: "interrupted" });
    expect([first.loop.state.epoch, first.loop.state.step]).toEqual([1, 2]);
    await first.save(path("part.safetensors"));
    const second = await loopOf(w, 4, "part.safetensors");
    expect(await second.run(Infinity)).toEqual({ kind: "done" });
    await second.save(path("both.safetensors"));
    expect(readFileSync(path("both.safetensors"))).toEqual(readFileSync(path("whole.safetensors")));
  });

  test("is the whole of a run, so that its command goes on", async () => {
    const w = folderWith(quick);
    const more = [
      "--map",
      "x=x1,x2",
      "--normalise",
      "x=minmax",
      "--valid",
      "10%",
      "--seed",
      "5",
      "--batch",
      "8",
    ];
    await w.nnc(...train, ...more, "--target", "wasm", "--epochs", "4", "--save", "a.safetensors");
    await w.nnc(...train, ...more, "--target", "wasm", "--epochs", "2", "--save", "b.safetensors");
    const b = (): Buffer => readFileSync(join(w.directory, "b.safetensors"));
    expect(b()).not.toEqual(readFileSync(join(w.directory, "a.safetensors")));
    const code = await w.nnc(
      ...train,
      "--valid",
      "10%",
      "--threads",
      "2",
      "--resume",
      "b.safetensors",
      "--epochs",
      "4",
      "--save",
      "b.safetensors",
    );
    expect(code).toBe(0);
    expect(b()).toEqual(readFileSync(join(w.directory, "a.safetensors")));
  });

  test("is written after every so many epochs, and at Ctrl-C with exit code 130", async () => {
    const w = folderWith(quick);
    w.stdout = () => w.interrupt();
    const code = await w.nnc(
      ...train,
      "--json",
      "--epochs",
      "100000",
      "--every",
      "1",
      "--save",
      "m.safetensors",
    );
    expect(code).toBe(130);
    expect(w.err).toContain("interrupted; nnc train … --resume m.safetensors goes on from here");
    const { saved, bytes } = readModel("m.safetensors", w.directory);
    expect(saved.state.epoch).toBeLessThan(1000);
    const setup = (await setUp("kinds.nn", flags, w))!;
    expect((await restore(setup.loaded, bytes, "m")).stepCount).toBe(
      6 * saved.state.epoch + saved.state.step,
    );
  });

  test("goes on only as it began", async () => {
    const w = folderWith(quick);
    await w.nnc(...train, "--epochs", "1", "--target", "wasm", "--save", "b.safetensors");
    for (const [more, message] of [
      ["--batch 4", "b.safetensors was trained with --batch 16: leave --batch out"],
      ["--seed 4", "b.safetensors was trained with --seed 1: leave --seed out"],
      ["--target typescript", "b.safetensors was trained with --target wasm"],
      ["--normalise off", "with --resume, data are read as they were"],
      ["--valid 30%", "b.safetensors was trained with other examples held out: give the same --valid"],
    ] as const) {
      expect(await w.nnc(...train, "--resume", "b.safetensors", ...more.split(" "))).toBe(2);
      expect(w.err).toContain(message);
    }
  });
});

describe("the first NaN", () => {
  const bad = `model Bad {
  dim batch <= 2
  input x: [batch, 2]
  input y: [batch]
  param w: [2] ~ normal(0, 1)
  size[i] = sqrt((sum[k] x[i, k] * w[k]) ^ 2)
  output r = log(size)
  loss mean((r - y) ^ 2)
  optimizer sgd(lr = 0.001)
}
`;
  test.each(["typescript", "wasm"])(
    "is named with its equation, its operands and its example: %s",
    async (target) => {
      const w = folderWith({ "bad.nn": bad, "t.csv": "x1,x2,y\n1,2,0.5\n3,4,0.2\n0,0,1\n2,2,0.1\n" });
      const command = [
        "train",
        "bad.nn",
        "--data",
        "t.csv",
        "--target",
        target,
        "--save",
        "m.safetensors",
        "--json",
      ];
      expect(await w.nnc(...command)).toBe(1);
      const reported = w.err.slice(w.err.indexOf("error:"));
      expect(reported).toMatch(
        /^error: training is no longer finite in epoch 1, step \d: `r\[\d\]` is -Infinity, first/,
      );
      expect(reported).toContain(
        "--> bad.nn:7 (forward)\n      r[i] = log(size[i])\n  log(0) = -Infinity, where size[",
      );
      expect(reported).toContain("the example is t.csv:4:1");
      expect(existsSync(join(w.directory, "m.safetensors"))).toBe(false);
      expect(readModel("m.before.safetensors", w.directory).saved.state.epoch).toBe(0);
      expect(JSON.parse(w.out.trimEnd().split("\n").at(-1)!)).toMatchObject({
        kind: "nonfinite",
        tensor: "r",
      });
    },
  );

  test("may be an overflow of what 32 bits hold, steps after it began", async () => {
    const grows = `model Grows {
  dim batch <= 2
  input x: [batch]
  param w: [] ~ constant(3)
  output r = w * x
  loss -sum(r * r * r * r)
  optimizer sgd(lr = 1)
}
`;
    const w = folderWith({ "grows.nn": grows, "t.csv": "x\n1\n2\n1\n3\n" });
    expect(await w.nnc("train", "grows.nn", "--data", "t.csv", "--epochs", "50")).toBe(1);
    expect(w.err).toMatch(
      /`.+` is -?Infinity, first of all values\n  --> grows.nn:[3-7] \((forward|backward|update)\)\n/,
    );
    expect(w.err).toMatch(/= -?Infinity, where|beyond 32-bit floats/);
  });
});

describe("mistakes are one line", () => {
  test.each([
    [
      1,
      ["train", "kinds.nn", "--data", "bad.csv"],
      "error: bad.csv:3:1: `abc` is not a number, for input `x`",
    ],
    [1, [...train, "--valid", "other.csv"], "error: other.csv:2:5: `middle` is none of lower, upper"],
    [
      1,
      [...train, "--map", "x=x1"],
      "error: input `x`: [batch, 2] needs 2 for an example, but x1 gives 1 number",
    ],
    [1, ["train", "wrong.nn", "--data", "train.csv"], "error[NN2"],
    [2, ["train", "kinds.nn", "--data", "none.csv"], "nnc: cannot read `none.csv`: no such file"],
    [2, ["train", "kinds.nn"], "error: required option '--data <file...>' not specified"],
    [2, [...train, "--batch", "17"], "nnc: the model takes at most 16 examples a step, not 17"],
    [2, [...train, "--hyper", "rate=1"], "nnc: the optimizer has no `rate`; it has lr"],
    [2, [...train, "--map", "x"], "Expected input=column,column"],
    [2, [...train, "--normalise", "much"], "Expected off, standard, minmax or a range"],
    [2, [...train, "--valid", "200%"], "--valid 200%: a share lies between 0 and 1"],
    [2, [...train, "--resume", "train.csv"], "train.csv: not a safetensors file"],
    [2, ["train", "plain.nn", "--data", "train.csv"], "nnc: plain.nn has no loss: there is nothing to train"],
  ])("%i: %j", async (code, command, message) => {
    const w = folderWith({
      ...quick,
      "bad.csv": "x1,x2,kind\n1,2,lower\nabc,3,upper\n",
      "other.csv": "x1,x2,kind\n1,2,middle\n",
      "wrong.nn": small.replace("softmax", "sofmax"),
      "plain.nn": "model Plain {\n  dim batch <= 4\n  input x1: [batch]\n  output y = x1 * 2\n}\n",
    });
    expect(await w.nnc(...command)).toBe(code);
    expect(w.err).toContain(message);
    expect(w.err).not.toContain("    at ");
  });
});
