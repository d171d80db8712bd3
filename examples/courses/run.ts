/**
 * Runs items of the courses: `npm run --silent course` lists them, `npm run --silent course -- A.2` runs one, a letter
 * runs a section, `all` runs them all. `--full` runs what is shortened by default. Pictures are written to `pictures/`.
 * `--readme` writes the tables of the README.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { items } from "./items.ts";
import type { Item } from "./support/item.ts";
import { Page } from "./support/item.ts";
import { withTables } from "./support/readme.ts";

const readme = new URL("README.md", import.meta.url);
const pictures = new URL("pictures/", import.meta.url);

async function run(item: Item, full: boolean): Promise<void> {
  console.log(`${item.id}  ${item.title}\n`);
  const page = new Page({ full, write: (line) => console.log(line) });
  await item.show(page);
  mkdirSync(pictures, { recursive: true });
  for (const [name, svg] of page.pictures) {
    writeFileSync(new URL(`${name}.svg`, pictures), svg);
    console.log(`\nexamples/courses/pictures/${name}.svg`);
  }
}

const words = process.argv.slice(2);
const full = words.includes("--full");
const wanted = words.filter((word) => !word.startsWith("-")).map((word) => word.toUpperCase());
const chosen = (item: Item): boolean =>
  wanted.some((word) => word === "ALL" || item.id === word || item.id.startsWith(`${word}.`));

const unknown = wanted.filter(
  (word) => word !== "ALL" && !items.some((i) => `${i.id}.`.startsWith(`${word}.`)),
);
if (unknown.length > 0) {
  console.error(`there is no item ${unknown.join(", ")}; \`npm run --silent course\` lists them`);
  process.exitCode = 1;
} else if (words.includes("--readme")) {
  writeFileSync(readme, withTables(readFileSync(readme, "utf8"), items));
} else if (wanted.length === 0) {
  for (const item of items) console.log(`${item.id.padEnd(6)}${item.title}`);
} else {
  for (const [k, item] of items.filter(chosen).entries()) {
    if (k > 0) console.log("\n");
    await run(item, full);
  }
}
