/** Dropout and its relatives in generated modules: what is dropped, when, and that backward drops the same. */
import { describe, expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import type { Instance, Trainable } from "../support/generated.ts";
import { flatten, load } from "../support/generated.ts";
import { numbers } from "../support/model.ts";

async function codeOf(source: string, level: 0 | 1): Promise<string> {
  const { outputs, diagnostics } = await compile(source, { level, language: "javascript" });
  expect(diagnostics).toEqual([]);
  return outputs[0]!.text;
}

/** Drops parts of a parameter of ones; `seen` is what was left in the latest step. */
const dropping = (shape: string, call: string): string => `model Drop {
  param x: ${shape} ~ ones
  state seen: ${shape} = 0
  output y = ${call}
  update seen = y
  loss sum(y)
}`;

async function dropper(shape: string, call: string, level: 0 | 1 = 1): Promise<Trainable> {
  return load(await codeOf(dropping(shape, call), level), "Drop");
}

const seen = (m: Instance): number[] => [...flatten(m.states)["seen"]!];
const gradient = (m: Instance): number[] => [...flatten(m.gradients)["x"]!];

/** What is left after the next step. */
function next(m: Instance): number[] {
  m.step({});
  return seen(m);
}

const share = (list: readonly number[]): number => list.filter((x) => x === 0).length / list.length;

function momentsOf(list: readonly number[]): [mean: number, variance: number] {
  const mean = list.reduce((s, x) => s + x, 0) / list.length;
  return [mean, list.reduce((s, x) => s + (x - mean) ** 2, 0) / list.length];
}

describe.each([0, 1] as const)("dropout at level %i", (level) => {
  test.each([0.1, 0.5, 0.75])("drops with probability %d and rescales the rest", async (rate) => {
    const m = (await dropper("[100, 100]", `dropout(x, ${rate})`, level)).create({ seed: 3 });
    const left = next(m);
    // Four standard deviations of the share of 10 000 independent drops.
    expect(Math.abs(share(left) - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / 10_000));
    const kept = Math.fround(1 / (1 - rate));
    for (const x of left) if (x !== 0) expect(x).toBeCloseTo(kept, 5);
  });

  test("drops the same in the backward pass", async () => {
    const m = (await dropper("[20, 30]", "dropout(x, 0.3)", level)).create({ seed: 5 });
    for (let step = 0; step < 3; step++) {
      const left = next(m);
      gradient(m).forEach((d, i) => expect(d).toBeCloseTo(left[i]!, 5));
    }
  });

  test("changes nothing at inference", async () => {
    const m = (await dropper("[4, 5]", "dropout(x, 0.5)", level)).create({ seed: 1 });
    m.step({});
    expect(m.forward({})["y"]).toEqual(new Float32Array(20).fill(1));
  });
});

describe("what is dropped", () => {
  test("differs from step to step, from element to element and from seed to seed, and repeats with the seed", async () => {
    const model = await dropper("[20, 30]", "dropout(x, 0.5)");
    const [a, again, other] = [7, 7, 8].map((seed) => model.create({ seed }));
    const first = next(a!);
    expect(next(again!)).toEqual(first);
    expect(next(other!)).not.toEqual(first);
    expect(first.slice(0, 30)).not.toEqual(first.slice(30, 60));
    const second = next(a!);
    expect(second).not.toEqual(first);
    expect(next(again!)).toEqual(second);
  });

  test("differs between two uses", async () => {
    const source = `model Drop {
      param x: [100] ~ ones
      state a: [100] = 0
      state b: [100] = 0
      update a = dropout(x, 0.5)
      update b = dropout(x, 0.5)
      loss sum(x)
    }`;
    const m = (await load(await codeOf(source, 1), "Drop")).create({ seed: 1 });
    m.step({});
    const { a, b } = flatten(m.states);
    expect([...a!]).not.toEqual([...b!]);
  });
});

test("spatial dropout drops whole channels of an example", async () => {
  const m = (await dropper("[50, 2, 3, 40]", "spatial_dropout(x, 0.25)")).create({ seed: 2 });
  const left = next(m);
  const at = (n: number, place: number, c: number): number => left[(n * 6 + place) * 40 + c]!;
  const first = Array.from({ length: 2000 }, (_, k) => at(Math.floor(k / 40), 0, k % 40));
  expect(Math.abs(share(first) - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / 2000));
  first.forEach((x, k) => {
    for (let place = 1; place < 6; place++) expect(at(Math.floor(k / 40), place, k % 40)).toBe(x);
  });
  gradient(m).forEach((d, i) => expect(d).toBeCloseTo(left[i]!, 5));
});

test("a dropped path drops whole examples", async () => {
  const m = (await dropper("[2000, 3]", "drop_path(x, 0.25)")).create({ seed: 2 });
  const left = next(m);
  const first = left.filter((_, i) => i % 3 === 0);
  expect(Math.abs(share(first) - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / 2000));
  left.forEach((x, i) => expect(x).toBe(first[Math.floor(i / 3)]));
  gradient(m).forEach((d, i) => expect(d).toBeCloseTo(left[i]!, 5));
});

test("alpha dropout keeps mean 0 and variance 1, and changes nothing at inference", async () => {
  const source = `model Drop {
    param x: [100, 100] ~ normal
    state seen: [100, 100] = 0
    output y = alpha_dropout(x, 0.25)
    update seen = y
    loss sum(y)
  }`;
  const m = (await load(await codeOf(source, 1), "Drop")).create({ seed: 6 });
  const left = next(m);
  const [mean, variance] = momentsOf(left);
  expect(Math.abs(mean)).toBeLessThan(4 / 100);
  expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / 10_000));
  // What is dropped becomes one number, the most frequent of all.
  const counts = new Map<number, number>();
  for (const x of left) counts.set(x, (counts.get(x) ?? 0) + 1);
  const dropped = Math.max(...counts.values());
  expect(Math.abs(dropped / 10_000 - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / 10_000));
  expect(m.forward({})["y"]).toEqual(flatten(m.parameters)["x"]);
});

test("noise has its deviation in training, and is none at inference", async () => {
  const m = (await dropper("[100, 100]", "gaussian_noise(x, 0.5)")).create({ seed: 4 });
  const noise = next(m).map((x) => x - 1);
  const [mean, variance] = momentsOf(noise);
  expect(Math.abs(mean)).toBeLessThan((4 * 0.5) / 100);
  expect(Math.abs(variance - 0.25)).toBeLessThan(4 * 0.25 * Math.sqrt(2 / 10_000));
  expect(m.forward({})["y"]).toEqual(new Float32Array(10_000).fill(1));
});

describe("a rate", () => {
  test("of 0 leaves nothing in the code", async () => {
    const plain = await codeOf(dropping("[4, 5]", "x * 2"), 1);
    const dropped = await codeOf(dropping("[4, 5]", "dropout(x * 2, 0)"), 1);
    const lines = (code: string): string[] =>
      code.split("\n").filter((line) => !/^\s*(\/\/|\/?\*)/.test(line));
    expect(lines(dropped).length).toBe(lines(plain).length);
    expect(dropped).not.toContain("uniform(");
  });

  test("may be known at run time only, 0 and 1 included", async () => {
    const source = `model Drop {
      input rate: [1]
      param x: [8, 8] ~ ones
      state seen: [8, 8] = 0
      y = dropout(x, rate[0])
      update seen = y
      loss sum(y)
    }`;
    for (const level of [0, 1] as const) {
      const m = (await load(await codeOf(source, level), "Drop")).create({ seed: 1 });
      for (const [rate, left] of [
        [0, 1],
        [1, 0],
      ] as const) {
        m.step({ rate: [rate] });
        expect(seen(m)).toEqual(Array<number>(64).fill(left));
        expect(gradient(m)).toEqual(Array<number>(64).fill(left));
      }
    }
  });
});

describe("a transformer block with dropout", () => {
  const source = (rate: number): string => `model Block {
    dim batch <= 4
    input x: [batch, 3, 4]
    output y = x |> transformer_block(2, factor = 2, rate = ${rate})
    loss sum(y^2)
    optimizer sgd(lr = 0.1)
  }`;
  const x = numbers(24);

  test("infers as one without, and trains differently in each step", async () => {
    const [plain, dropped] = await Promise.all(
      [0, 0.5].map(async (rate) => (await load(await codeOf(source(rate), 1), "Block")).create({ seed: 1 })),
    );
    const start = flatten(plain!.parameters);
    for (const [path, cells] of Object.entries(flatten(dropped!.parameters))) cells.set(start[path]!);
    expect(dropped!.forward({ x })["y"]).toEqual(plain!.forward({ x })["y"]);
    const losses = [plain!, dropped!].map((m) => m.backward({ x }));
    expect(losses[0]).not.toBe(losses[1]);
    dropped!.hyper["lr"] = 0;
    expect(dropped!.step({ x })).not.toBe(dropped!.step({ x }));
  });

  test("with rate 0 has no random numbers in its training", async () => {
    const code = await codeOf(source(0), 1);
    const training = code.slice(code.indexOf("#runBackward() {"));
    expect(training.slice(0, training.indexOf("#runUpdate() {"))).not.toContain("seed");
  });
});
