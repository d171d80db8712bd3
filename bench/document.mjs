/**
 * Writes the figures of the last runs into docs/performance.md, between marks: `npm run document`, after `npm run bench`,
 * `npm run browser` or both. No figure there is typed.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { browserText } from "./browser/document.mjs";
import { processorText } from "./processor-document.mjs";

const page = new URL("../docs/performance.md", import.meta.url);

/** What stands in the page between the mark of a section and the next end. */
const sections = [
  { mark: "<!-- measured -->\n", file: "results.json", text: processorText },
  { mark: "<!-- measured on WebGPU -->\n", file: "build/browser.json", text: browserText },
];

let document = readFileSync(page, "utf8");
for (const { mark, file, text } of sections) {
  const path = new URL(file, import.meta.url);
  if (!existsSync(path)) {
    console.log(`${file} is not there: its section stays as it is`);
    continue;
  }
  const begin = document.indexOf(mark);
  const end = document.indexOf("<!-- end -->", begin);
  if (begin < 0 || end < begin) throw new Error(`docs/performance.md has no place for ${mark.trim()}`);
  const found = text(JSON.parse(readFileSync(path, "utf8")));
  document = document.slice(0, begin + mark.length) + found + document.slice(end);
}
writeFileSync(page, document);
