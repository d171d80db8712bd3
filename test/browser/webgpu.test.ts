/**
 * Handwritten digits, learned on a GPU in a page: as well as in Node on the processor, from the same start and in the same
 * order. The adapter is SwiftShader, a Vulkan driver in software.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Digits } from "../../examples/training/digits-data.mjs";
import { loadDigits } from "../../examples/training/digits-data.mjs";
import { compile } from "../../src/index.ts";
import { describeInBrowser } from "../support/browser.ts";
import { load } from "../support/generated.ts";

const example = (path: string): string =>
  readFileSync(new URL(`../../examples/${path}`, import.meta.url), "utf8");

/** What was learned: the loss of each epoch, and how many of the test examples are classified right. */
interface Learned {
  readonly losses: readonly number[];
  readonly accuracy: number;
}

/** It runs in the page, and here. A model on the processor takes one step at a time. */
const program = `
import { generator, range, shuffled } from "./random.js";

const rowsOf = ({ image, label }, rows) => ({
  image: Float32Array.from(rows.flatMap((i) => [...image.slice(64 * i, 64 * i + 64)])),
  label: Int32Array.from(rows, (i) => label[i]),
});
const pieces = (rows, size) =>
  range(Math.ceil(rows.length / size)).map((k) => rows.slice(size * k, size * (k + 1)));

export async function learn(model, { train, test }) {
  const random = generator(2);
  const losses = [];
  for (let epoch = 1; epoch <= 12; epoch++) {
    model.hyper.lr = epoch <= 8 ? 5e-3 : 1e-3;
    const batches = pieces(shuffled(train.count, random), 64).map((rows) => rowsOf(train, rows));
    const found = model.stepMany ? await model.stepMany(batches) : batches.map((b) => model.step(b));
    losses.push(found.reduce((sum, loss) => sum + loss, 0) / found.length);
  }
  let right = 0;
  for (const rows of pieces(range(test.count), 128)) {
    const { probability } = await model.forward(rowsOf(test, rows));
    rows.forEach((i, row) => {
      const classes = [...probability.slice(10 * row, 10 * row + 10)];
      right += classes.indexOf(Math.max(...classes)) === test.label[i] ? 1 : 0;
    });
  }
  return { losses, accuracy: right / test.count };
}`;

const page = `
import { Digits } from "./digits.js";
import { learn } from "./learn.js";

async function result() {
  if (!(await navigator.gpu?.requestAdapter())) return "no adapter";
  const data = await (await fetch("data.json")).json();
  return JSON.stringify(await learn(await Digits.create({ seed: 1 }), data));
}
const { dataset } = document.documentElement;
result().then((text) => (dataset.result = text), (error) => {
  console.error(error);
  dataset.result = "null";
});`;

const plain = ({ count, image, label }: Digits): unknown => ({ count, image: [...image], label: [...label] });

async function moduleFor(target: "webgpu" | "wasm"): Promise<string> {
  const { outputs } = await compile(example("digits.nn"), {
    target,
    level: 2,
    language: "javascript",
  });
  return outputs.find((o) => o.kind === "module")!.text;
}

async function onProcessor(data: unknown): Promise<Learned> {
  const random = `data:text/javascript,${encodeURIComponent(example("training/random.mjs"))}`;
  const text = program.replace("./random.js", random);
  const { learn } = (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as {
    learn(model: unknown, data: unknown): Promise<Learned>;
  };
  const model = await load(await moduleFor("wasm"), "Digits");
  return learn(model.create({ seed: 1 }), data);
}

const switches = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan,WebGPU",
];

describeInBrowser(
  "a page with WebGPU",
  (browser) => {
    test("learns digits as well as the processor does", async (context) => {
      const { train, test } = loadDigits();
      const data = { train: plain(train), test: plain(test) };
      const files = {
        "/index.html": `<!doctype html><title>digits</title><script type="module" src="page.js"></script>`,
        "/page.js": page,
        "/learn.js": program,
        "/random.js": example("training/random.mjs"),
        "/digits.js": await moduleFor("webgpu"),
        "/data.json": JSON.stringify(data),
      };
      const found = await browser.visit({ files }, async ({ page, errors }) => {
        await page.waitForSelector("[data-result]", { state: "attached", timeout: 100_000 });
        return { errors, result: await page.getAttribute("html", "data-result") };
      });
      expect(found.errors).toEqual([]);
      if (found.result === "no adapter" && process.env.CI !== "true") {
        console.warn("SKIPPED, since the browser finds no WebGPU adapter here: digits in a page");
        context.skip("no adapter");
      }
      const learned = JSON.parse(found.result!) as Learned;
      const expected = await onProcessor(data);
      // Rounding makes two networks of them in the end, but not two kinds.
      expect(Math.abs(learned.losses[0]! - expected.losses[0]!)).toBeLessThan(1e-3);
      expect(Math.abs(learned.losses.at(-1)! - expected.losses.at(-1)!)).toBeLessThan(1e-2);
      expect(expected.accuracy).toBeGreaterThan(0.95);
      expect(Math.abs(learned.accuracy - expected.accuracy)).toBeLessThan(0.015);
    }, 120_000);
  },
  switches,
);
