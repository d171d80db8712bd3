/** The guide's page is what its text says: built by Vite and opened in a browser, it has learned. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { expect, onTestFinished, test } from "vitest";
import type { PluginOptions } from "../../src/plugin/options.ts";
import { checkedOptions } from "../../src/plugin/options.ts";
import nnc from "../../src/plugin/vite.ts";
import { describeInBrowser } from "../support/browser.ts";

const guide = readFileSync(new URL("../../docs/plugin.md", import.meta.url), "utf8");
/** The block below the line that names its file. */
const block = (file: string): string => {
  const [, text] =
    new RegExp(`^\`${file}\`[^\\n]*:\\n\\n\`\`\`\\w*\\n([\\s\\S]*?)\`\`\``, "m").exec(guide) ?? [];
  if (text === undefined) throw new Error(`the guide shows no ${file}`);
  return text;
};

test("the options of the table are those of the plugin", () => {
  const names = [...guide.matchAll(/^\| `(\w+)` \| /gm)].map((match) => match[1]!);
  expect(names.length).toBeGreaterThan(5);
  const known = (name: string): boolean => {
    const options: Record<string, unknown> = { [name]: undefined };
    return checkedOptions(options) === options;
  };
  expect(names.filter((name) => !known(name))).toEqual([]);
  const unknown: PluginOptions & { lvel: number } = { lvel: 2 };
  expect(() => checkedOptions(unknown)).toThrow(`there are ${names.join(", ")}`);
});

describeInBrowser("the guide", (browser) => {
  test("ends with a page that has learned", async () => {
    const folder = mkdtempSync(join(tmpdir(), "nnc-guide-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    for (const file of ["xor.nn", "index.html"]) writeFileSync(join(folder, file), block(file));
    await build({ root: folder, configFile: false, logLevel: "error", plugins: [nnc()] });
    const dist = join(folder, "dist");
    const built = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((f) => f.includes("."));
    const files = Object.fromEntries(built.map((f) => [`/${f}`, readFileSync(join(dist, f))]));
    await browser.visit({ files }, async ({ page, errors }) => {
      await expect.poll(() => page.textContent("#log"), { timeout: 10_000 }).not.toBe("");
      const p = (await page.textContent("#log"))!.split("\n").map(Number);
      expect(p.map(Math.round)).toEqual([0, 1, 1, 0]);
      expect(errors).toEqual([]);
    });
  }, 60_000);
});
