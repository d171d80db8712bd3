/** What `nnc init` makes, as its user has it: typed, built, and trained in a browser. Needs the built package. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder, world } from "../cli/world.ts";
import { describeInBrowser } from "../support/browser.ts";

const root = join(import.meta.dirname, "../..");
const require = createRequire(import.meta.url);

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describeInBrowser("the project of nnc init", (browser) => {
  test("has no type errors, builds, and learns in the page", async () => {
    const folder = temporaryFolder();
    expect(await world(folder).nnc("init", "page")).toBe(0);
    const project = join(folder, "page");
    mkdirSync(join(project, "node_modules"));
    symlinkSync(root, join(project, "node_modules/nnc"));
    for (const name of ["vite", "typescript"])
      symlinkSync(dirname(require.resolve(`${name}/package.json`)), join(project, "node_modules", name));
    const run = (...command: string[]): string =>
      execFileSync(process.execPath, command, { cwd: project, encoding: "utf8", stdio: "pipe" });
    run("node_modules/vite/bin/vite.js", "build", "--logLevel", "warn");
    run("node_modules/typescript/bin/tsc");
    const dist = join(project, "dist");
    const files = Object.fromEntries(
      filesBelow(dist).map((path) => [path.slice(dist.length), readFileSync(path, "utf8")]),
    );
    await browser.visit({ files }, async ({ page, errors }) => {
      const status = page.locator("#status");
      await expect
        .poll(() => status.textContent(), { timeout: 60_000 })
        .toMatch(/^step \d{3,}: loss 0\.[01]/);
      expect(errors).toEqual([]);
    });
  }, 120_000);
});
