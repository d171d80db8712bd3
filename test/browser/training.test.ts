/** A module with WebAssembly kernels trains in a page under a strict policy, and computes the bits that Node computes. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import { describeInBrowser, strictPolicy } from "../support/browser.ts";
import { load } from "../support/generated.ts";

const source = readFileSync(new URL("../../examples/xor.nn", import.meta.url), "utf8");

/** Trains, and says in hexadecimal digits what `save` returned. It runs in the page, and here. */
const program = `
export function train(Model) {
  const model = Model.create({ seed: 3, relaxed: false });
  const inputs = { x: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), y: Float32Array.of(0, 1, 1, 0) };
  for (let step = 0; step < 200; step++) model.step(inputs);
  return Array.from(model.save(), (byte) => byte.toString(16).padStart(2, "0")).join("");
}`;
const page = `
import { Xor } from "./xor.js";
import { train } from "./train.js";
document.documentElement.dataset.result = train(Xor);`;

async function files(): Promise<Record<string, string>> {
  const { outputs } = await compile(source, { target: "wasm", level: 2, language: "javascript" });
  return {
    "/index.html": `<!doctype html><title>xor</title><script type="module" src="page.js"></script>`,
    "/page.js": page,
    "/train.js": program,
    "/xor.js": outputs.find((o) => o.kind === "module")!.text,
  };
}

describeInBrowser("a page", (browser) => {
  test("trains under a strict policy, to the bits of Node", async () => {
    const site = await files();
    const model = await load(site["/xor.js"]!, "Xor");
    const { train } = (await import(`data:text/javascript,${encodeURIComponent(program)}`)) as {
      train(model: unknown): string;
    };
    const found = await browser.visit({ files: site, policy: strictPolicy }, async ({ page, errors }) => {
      await page.waitForSelector("[data-result]", { state: "attached" });
      return { errors, result: await page.getAttribute("html", "data-result") };
    });
    expect(found.errors).toEqual([]);
    expect(found.result).toBe(train(model));
  });

  test("is told when the policy forbids WebAssembly", async () => {
    const policy = "default-src 'none'; script-src 'self'";
    const errors = await browser.visit({ files: await files(), policy }, async ({ page, errors }) => {
      await expect.poll(() => errors.length).toBeGreaterThan(0);
      expect(await page.getAttribute("html", "data-result")).toBeNull();
      return errors;
    });
    expect(errors.join("\n")).toContain("Content Security Policy");
  });
});
