/** What holds for the courses as a whole: nothing is missing, and every item can be run by its command. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { items } from "../../examples/courses/items.ts";
import { withTables } from "../../examples/courses/support/readme.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** How many items the courses have, by section. */
const counts: Readonly<Record<string, number>> = { A: 10, B: 8, C: 8, D: 10, E: 7 };

test.each(Object.entries(counts))("section %s is whole", (letter, count) => {
  const ids = items.map((item) => item.id).filter((id) => id.startsWith(`${letter}.`));
  expect(ids).toEqual(Array.from({ length: count }, (_, i) => `${letter}.${i + 1}`));
});

test("every item has its models", () => {
  expect(new Set(items.map((item) => item.id)).size).toBe(items.length);
  for (const { id, title, models } of items) {
    expect(title, id).not.toBe("");
    expect(models.length, id).toBeGreaterThan(0);
    for (const model of models) expect(existsSync(model), model.href).toBe(true);
  }
});

test("the README lists every item (`npx unrun examples/courses/run.ts --readme`)", () => {
  const readme = readFileSync(`${root}examples/courses/README.md`, "utf8");
  expect(readme).toBe(withTables(readme, items));
  for (const { id } of items) expect(readme).toContain(`\n| ${id} | `);
});

test("`npm run course` lists the items, runs one, and says when there is none", () => {
  const runner = `${root}node_modules/.bin/unrun`;
  const program = `${root}examples/courses/run.ts`;
  const list = execFileSync(runner, [program], { cwd: root, encoding: "utf8" });
  expect(list.trimEnd().split("\n")).toHaveLength(items.length);
  const one = execFileSync(runner, [program, "b.1"], { cwd: root, encoding: "utf8" });
  expect(one).toContain("36 weights + 10 biases = 46 parameters");
  expect(one).not.toContain("B.2");
  const none = spawnSync(runner, [program, "Z.9"], { cwd: root, encoding: "utf8" });
  expect(none.status).toBe(1);
  expect(none.stderr).toContain("there is no item Z.9");
});
