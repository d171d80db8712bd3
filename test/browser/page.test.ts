/** The example page, as built for a server, trains in a browser. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { expect, onTestFinished, test } from "vitest";
import { describeInBrowser } from "../support/browser.ts";

const root = join(import.meta.dirname, "../../examples/page");

/** Keeps the first loss that the page shows, from before its own scripts run: asked from here, it may have trained for long. */
const keepFirstLoss = `<script>
  new MutationObserver(() => {
    const loss = Number.parseFloat(document.getElementById("loss")?.textContent);
    if (!Number.isNaN(loss)) globalThis.firstLoss ??= loss;
  }).observe(document, { subtree: true, childList: true, characterData: true });
</script>`;

async function site(): Promise<Record<string, Uint8Array>> {
  const folder = mkdtempSync(join(tmpdir(), "nnc-page-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  await build({ root, logLevel: "error", build: { outDir: folder, emptyOutDir: true, write: true } });
  const files = readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true });
  return Object.fromEntries(
    files
      .filter((f) => f.isFile())
      .map((f) => join(f.parentPath, f.name))
      .map((path) => [path.slice(folder.length), readFileSync(path)]),
  );
}

describeInBrowser("the page of a spiral", (browser) => {
  test("learns it, draws it, and can be paused and begun anew", async () => {
    const built = await site();
    const index = Buffer.from(built["/index.html"]!).toString();
    const files = { ...built, "/index.html": index.replace("<head>", `<head>${keepFirstLoss}`) };
    expect(files["/index.html"]).toContain(keepFirstLoss);
    await browser.visit({ files }, async ({ page, errors }) => {
      const number = async (id: string): Promise<number> =>
        Number.parseFloat((await page.textContent(`#${id}`)) ?? "");
      const first = (await (await page.waitForFunction("globalThis.firstLoss")).jsonValue()) as number;
      expect(first).toBeGreaterThan(0.5);
      await expect.poll(() => number("accuracy"), { timeout: 60_000, interval: 200 }).toBeGreaterThan(97);
      expect(await number("loss")).toBeLessThan(first / 3);
      await page.click("#run");
      const paused = await number("step");
      expect(await page.textContent("#run")).toBe("Train");
      // The network's answer near the end of each arm has the colour of its points.
      const colours = await page.evaluate(`[0, 1, 2].map((arm) => {
        const canvas = document.getElementById("map");
        const angle = (arm * 2 * Math.PI) / 3 + 0.88 * 4.6;
        const at = (value) => ((1 + value) / 2) * canvas.width;
        const x = at(0.88 * Math.cos(angle)), y = canvas.height - at(0.88 * Math.sin(angle));
        return [...canvas.getContext("2d").getImageData(x, y, 1, 1).data].slice(0, 3);
      })`);
      const strongest = (colours as number[][]).map((c) => c.indexOf(Math.max(...c)));
      expect(strongest).toEqual([2, 0, 1]);
      expect(await number("step")).toBe(paused);
      if (process.env.PICTURES !== undefined) {
        await page.setViewportSize({ width: 1160, height: 800 });
        await page.screenshot({ path: join(process.env.PICTURES, "page.png"), fullPage: true });
        await page.setViewportSize({ width: 480, height: 900 });
        await page.screenshot({ path: join(process.env.PICTURES, "page-narrow.png"), fullPage: true });
      }
      await page.click("#weights");
      expect(await number("step")).toBe(0);
      expect(errors).toEqual([]);
    });
  }, 120_000);
});
