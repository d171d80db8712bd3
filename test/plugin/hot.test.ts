/** A page of Vite's development server, in a browser: what happens to models that live when their source changes. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { createServer } from "vite";
import { expect, test } from "vitest";
import nnc from "../../src/plugin/vite.ts";
import { describeInBrowser } from "../support/browser.ts";
import { project } from "./bundlers.ts";

const layers = `layer squash(x: [...s]) -> [...s] { return tanh(x) }\n`;
const model = `import { squash } from "./layers.nn"
model M(hidden: int = 3) {
  dim batch <= 4
  input x: [batch, 2]
  input t: [batch, 1]
  h = x |> linear(hidden) |> squash()
  output y = h |> linear(1)
  loss mse(y, t)
  optimizer adam(lr = 0.01)
}
`;
const main = `import { M } from "./m.nn";
const model = M.create({ seed: 1 });
const inputs = { x: [[1, 2]], t: [[3]] };
for (let i = 0; i < 5; i++) model.step(inputs);
model.hyper.beta1 = 0.5;
window.updates = [];
window.addEventListener("nnc:update", ({ detail }) => window.updates.push(detail));
window.look = () => ({
  y: model.forward(inputs).y[0],
  W: [...model.parameters.h.linear.W],
  out: [...model.parameters.y.linear.W],
  m: [...model.states.h.linear.W.adam.m],
  steps: model.stepCount,
  hyper: { ...model.hyper },
  isM: model instanceof M,
});
window.another = () => M.create({ seed: 1 }).parameters.h.linear.W.length;
window.step = () => model.step(inputs);
`;

interface Look {
  y: number;
  W: number[];
  out: number[];
  m: number[];
  steps: number;
  hyper: Record<string, number>;
  isM: boolean;
}

const look = (page: Page): Promise<Look> => page.evaluate("look()");

describeInBrowser("hot replacement", (browser) => {
  test("living models go on, with the weights that still fit", async () => {
    const folder = project({
      "index.html": `<!doctype html><title>m</title><script type="module" src="/main.js"></script>`,
      "main.js": main,
      "m.nn": model,
      "layers.nn": layers,
    });
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
    const server = await createServer({
      root: folder,
      configFile: false,
      mode: "development",
      logLevel: "silent",
      plugins: [nnc()],
      server: { host: "127.0.0.1", port: 0, watch: { usePolling: false } },
    });
    await server.listen();
    try {
      const origin = server.resolvedUrls!.local[0]!;
      await browser.visit({ files: { "/index.html": "" } }, async ({ page, errors }) => {
        const updates = (): Promise<unknown[]> => page.evaluate("updates");
        await page.goto(origin);
        await page.waitForFunction("window.look !== undefined");
        const first = await look(page);
        expect(first).toMatchObject({ steps: 5, isM: true });

        // Another equation in a file that the model imports, and another learning rate: everything is kept.
        write("layers.nn", layers.replace("tanh", "sigmoid"));
        await expect.poll(updates, { timeout: 10_000 }).toHaveLength(1);
        const second = await look(page);
        expect(second.y).not.toBe(first.y);
        expect({ ...second, y: 0 }).toEqual({ ...first, y: 0 });
        write("m.nn", model.replace("lr = 0.01", "lr = 0.5"));
        await expect.poll(updates, { timeout: 10_000 }).toHaveLength(2);
        expect((await look(page)).hyper).toMatchObject({ lr: 0.5, beta1: 0.5 });

        // Another size: what has it starts afresh, the rest is kept, and training goes on.
        write("m.nn", model.replace("hidden: int = 3", "hidden: int = 4"));
        await expect.poll(updates, { timeout: 10_000 }).toHaveLength(3);
        expect((await updates())[2]).toEqual({
          file: "m.nn",
          model: "M",
          kept: 1,
          fresh: ["h.linear.W", "h.linear.b", "y.linear.W"],
        });
        const third = await look(page);
        expect(third).toMatchObject({ steps: 5 });
        expect(third.m).toEqual(new Array(8).fill(0));
        expect(await page.evaluate("step()")).toBeGreaterThan(0);
        // What the page imported from the first version creates models of the current one.
        expect(await page.evaluate("another()")).toBe(8);
        expect(errors).toEqual([]);

        // A mistake is shown over the page, with its frame, and the page goes on when it is gone.
        write("m.nn", model.replace("x |>", "z |>"));
        const overlay = page.locator("vite-error-overlay .message-body");
        await expect.poll(() => overlay.count(), { timeout: 10_000 }).toBe(1);
        const text = await overlay.innerText();
        expect(text).toContain("error[NN2001]: `z` is not defined\n  --> m.nn:6:7\n");
        expect(text).toMatch(/6 \| {3}h = z \|> linear\(hidden\) \|> squash\(\)\n.*\| {7}\^/);
        const right = model.replace("hidden: int = 3", "hidden: int = 5");
        // A watcher may take two changes within a moment for one: this one is made until it is seen.
        const mended = async (): Promise<number> => {
          write("m.nn", right);
          return overlay.count();
        };
        await expect.poll(mended, { timeout: 10_000, interval: 500 }).toBe(0);
        await expect.poll(async () => (await look(page)).W.length, { timeout: 10_000 }).toBe(10);

        // Other inputs need another program: the page is loaded again.
        await page.evaluate("window.mark = true");
        write("m.nn", model.replace("input x: [batch, 2]", "input x: [batch, 1]"));
        await expect.poll(() => page.evaluate("window.mark"), { timeout: 10_000 }).toBeUndefined();
      });
    } finally {
      await server.close();
    }
  }, 60_000);
});
