import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "./world.ts";

const root = join(import.meta.dirname, "../..");

/** A project of these test files, run by the real script. */
function closingLine(files: Record<string, string>): { line: string | undefined; code: number | null } {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "test"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, "test", name), text);
  const script = join(root, "scripts/closing-line.mjs");
  const run = spawnSync(process.execPath, [script], { cwd: folder, encoding: "utf8" });
  return { line: run.stdout.trimEnd().split("\n").at(-1), code: run.status };
}

test("the tests close with one plain line, and a failure of any kind is an exit code", () => {
  const good = `import { test } from "vitest"; test("a", () => {}); test("b", () => {});`;
  const bad = `import { test } from "vitest"; test("c", () => { throw new Error("no"); });`;
  expect(closingLine({ "good.test.js": good })).toEqual({ line: "2 passed, 0 failed", code: 0 });
  const all = { "good.test.js": good, "bad.test.js": bad, "unloadable.test.js": `throw new Error("no");` };
  expect(closingLine(all)).toEqual({ line: "2 passed, 2 failed", code: 1 });
  expect(closingLine({})).toEqual({ line: "0 passed, 0 failed", code: 1 });
});
