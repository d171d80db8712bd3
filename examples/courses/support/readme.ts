/** The tables of items in the README. */
import { existsSync } from "node:fs";
import type { Item } from "./item.ts";

/** What the courses are called, by the letter of their section. */
const courses: Readonly<Record<string, string>> = {
  A: "Tutorial 6, “Neural networks and back propagation”",
  B: "Lecture 6, “Neural networks + backpropagation”",
  C: "Module 2A, “Backpropagation in MLPs”",
  D: "Lecture 8, “Neural networks”",
  E: "“A gentle introduction: neural network for supervised learning”",
};

const courseFolder = new URL("../", import.meta.url);

/** The README with a table for every section between its marks. */
export function withTables(readme: string, items: readonly Item[]): string {
  const sections = Object.entries(courses).flatMap(([letter, title]) => {
    const own = items.filter((item) => item.id.startsWith(`${letter}.`));
    return own.length === 0 ? [] : [`### ${letter}. ${title}\n\n${tableOf(own)}`];
  });
  return readme.replace(
    /(<!-- items -->\n)[^]*?(\n<!-- end -->)/,
    (_, before: string, after: string) => `${before}\n${sections.join("\n")}${after}`,
  );
}

function tableOf(items: readonly Item[]): string {
  const rows = items.map(({ id, title, models }) => {
    const paths = models.map((model) => model.href.slice(courseFolder.href.length));
    const files = paths.map((path) => `[${path}](${path})`).join(", ");
    const picture = `pictures/${id}.svg`;
    const drawn = existsSync(new URL(picture, courseFolder)) ? `[${id}.svg](${picture})` : "";
    return `| ${id} | ${title.replaceAll("|", "\\|")} | ${files} | ${drawn} |`;
  });
  return ["| item | what it shows | model | picture |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
}
