import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { temporaryFolder, world } from "./world.ts";

test("--watch builds again after a change, survives mistakes, and ends cleanly", async () => {
  const folder = temporaryFolder();
  const it = world(folder);
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const output = (): string =>
    existsSync(join(folder, "x.ts")) ? readFileSync(join(folder, "x.ts"), "utf8") : "";
  const soon = { timeout: 5000, interval: 20 };
  write("m.nn", "model one ");

  const done = it.nnc("compile", "m.nn", "-o", "x.ts", "--watch");
  await vi.waitFor(() => expect(output()).toContain("ONE"), soon);
  await vi.waitFor(() => expect(it.err).toMatch(/^\d\d:\d\d:\d\d m\.nn → x\.ts, 0\.0 kB, \d+ ms\n$/), soon);
  await new Promise((ready) => setTimeout(ready, 200));

  // A mistake: one line, and the output stays.
  write("m.nn", "model wrong ");
  await vi.waitFor(() => expect(it.err).toMatch(/m\.nn — 1 error, \d+ ms\n$/), soon);
  expect(output()).toContain("ONE");

  // An import that does not exist yet is waited for; editors that save by renaming are seen.
  write("new", "import ./part.nn ");
  renameSync(join(folder, "new"), join(folder, "m.nn"));
  await vi.waitFor(() => expect(it.err).toContain("no file ./part.nn"), soon);
  await new Promise((ready) => setTimeout(ready, 200));
  write("part.nn", "part");
  await vi.waitFor(() => expect(output()).toContain("PART"), soon);
  await new Promise((ready) => setTimeout(ready, 200));
  write("part.nn", "changed");
  await vi.waitFor(() => expect(output()).toContain("CHANGED"), soon);

  // A broken invariant doesn't end it either.
  write("m.nn", "broken");
  await vi.waitFor(() => expect(it.err).toContain("NN9001"), soon);
  write("m.nn", "model two ");
  await vi.waitFor(() => expect(output()).toContain("TWO"), soon);

  it.interrupt();
  expect(await done).toBe(0);
  const builds = it.calls.length;
  write("m.nn", "model three ");
  await new Promise((ready) => setTimeout(ready, 200));
  expect(it.calls).toHaveLength(builds);
});
