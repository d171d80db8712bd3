/**
 * Runs the tests, `node scripts/closing-line.mjs [vitest arguments]`, and closes with one plain line,
 * `N passed, N failed`. A test file that could not be loaded counts as one failure.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = mkdtempSync(join(tmpdir(), "nnc-tests-"));
const report = join(folder, "report.json");
const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
const run = spawnSync(process.execPath, [vitest, "run", ...reporters, ...process.argv.slice(2)], {
  stdio: "inherit",
});

let passed = 0;
let failed = 0;
try {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
  const unloaded = testResults.filter(
    (f) => f.status === "failed" && f.assertionResults.every((a) => a.status !== "failed"),
  );
  passed = numPassedTests;
  failed = numFailedTests + unloaded.length;
} catch (error) {
  console.error(`no report of the tests: ${error.message}`);
}
rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = run.status === 0 && failed === 0 && passed > 0 ? 0 : 1;
