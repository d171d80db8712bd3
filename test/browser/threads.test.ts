/** Threads and relaxed SIMD in a page: with and without cross-origin isolation, and under policies that forbid workers. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import type { Visit } from "../support/browser.ts";
import { describeInBrowser, strictPolicy } from "../support/browser.ts";
import { load } from "../support/generated.ts";

const source = readFileSync(new URL("../../examples/digits.nn", import.meta.url), "utf8");

/** Some steps on ragged batches, and what `save` returned, in hexadecimal digits. It runs in the page, and here. */
const training = `
export function train(model) {
  for (const rows of [32, 1, 7, 32, 19]) {
    const image = Float32Array.from({ length: rows * 64 }, (_, i) => ((i * 7919) % 1000) / 1000);
    model.step({ image, label: Int32Array.from({ length: rows }, (_, i) => (i * 7) % 10) });
  }
  return Array.from(model.save(), (byte) => byte.toString(16).padStart(2, "0")).join("");
}`;

const site = async (page: string): Promise<Record<string, string>> => {
  const { outputs } = await compile(source, { target: "wasm", level: 2, language: "javascript" });
  const script = `
    import { Digits } from "./digits.js";
    import { train } from "./train.js";
    const results = {};
    try { ${page} } catch (error) { results.error = String(error); }
    document.documentElement.dataset.results = JSON.stringify(results);`;
  return {
    "/index.html": `<!doctype html><title>digits</title><script type="module" src="page.js"></script>`,
    "/page.js": script,
    "/train.js": training,
    "/digits.js": outputs.find((o) => o.kind === "module")!.text,
  };
};

const resultsOf = async ({ page }: Visit): Promise<Record<string, string>> => {
  await page.waitForSelector("[data-results]", { state: "attached" });
  return JSON.parse((await page.getAttribute("html", "data-results"))!) as Record<string, string>;
};

const withWorkers = `${strictPolicy}; worker-src blob:`;
/** Trains with one thread and with two that have started. */
const compare = (options: string): string => `
  results.one = train(Digits.create({ seed: 3, ${options} }));
  const model = Digits.create({ seed: 3, threads: 2, ${options} });
  await model.ready;
  results.two = train(model);
  model.dispose();`;

describeInBrowser("a page", (browser) => {
  test("trains with two threads to the bits of one, and to those of Node", async () => {
    const files = await site(compare("relaxed: false"));
    const found = await browser.visit({ files, isolated: true, policy: withWorkers }, async (visit) => ({
      ...(await resultsOf(visit)),
      errors: visit.errors,
    }));
    const Digits = await load(files["/digits.js"]!, "Digits");
    const { train } = (await import(`data:text/javascript,${encodeURIComponent(training)}`)) as {
      train(model: unknown): string;
    };
    const expected = train(Digits.create({ seed: 3 }));
    expect(found).toEqual({ one: expected, two: expected, errors: [] });
  });

  test("has relaxed SIMD, with the same bits in two threads", async () => {
    const files = await site(compare("relaxed: true"));
    const found = await browser.visit({ files, isolated: true, policy: withWorkers }, resultsOf);
    expect(found["error"]).toBeUndefined();
    expect(found["two"]).toBe(found["one"]);
  });

  test("that is not isolated is told the headers, and trains with one thread", async () => {
    const files = await site(`
      results.one = train(Digits.create({ seed: 3 })).slice(0, 8);
      Digits.create({ threads: 2 });`);
    const found = await browser.visit({ files, policy: strictPolicy }, resultsOf);
    expect(found["one"]).toHaveLength(8);
    expect(found["error"]).toContain("Cross-Origin-Opener-Policy: same-origin");
    expect(found["error"]).toContain("Cross-Origin-Embedder-Policy: require-corp");
  });

  test("whose policy forbids workers learns it from `ready`, and trains with one thread", async () => {
    const files = await site(`
      const model = Digits.create({ seed: 3, threads: 2 });
      results.reason = await model.ready.catch((error) => error.message);
      results.same = train(model) === train(Digits.create({ seed: 3 }));`);
    const found = await browser.visit({ files, isolated: true, policy: strictPolicy }, resultsOf);
    expect(found).toEqual({ reason: expect.stringContaining("worker-src blob:") as unknown, same: true });
  });
});
