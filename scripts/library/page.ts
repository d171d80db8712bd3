/** The page that shows the standard library: what each function is, how it is written, and its derivative. */
import type { SourceText } from "../../src/parser/elaborate/files.ts";
import { atomTable } from "./atoms.ts";
import { derivativeOf, updatesOf } from "./derivatives.ts";
import type { LibraryDeclaration } from "./documentation.ts";
import { declarationsOf } from "./documentation.ts";
import { isTrained } from "./examples.ts";

/** The topics in the order of a reader's interest: each is one file. Files that are not named here come last. */
const titles: Readonly<Record<string, string>> = {
  activations: "Activations",
  layers: "Layers",
  convolution: "Convolution",
  pooling: "Pooling",
  normalisation: "Normalisation",
  recurrent: "Recurrent networks",
  attention: "Attention and transformers",
  shapes: "Shapes",
  losses: "Losses",
  distances: "Distances",
  initialisers: "Initialisers",
  optimizers: "Optimizers",
  schedules: "Schedules",
};

/** Starting values and schedules have no derivative that anybody would want. */
const withoutDerivative = ["initialisers", "schedules"];

/** More equations are folded away. */
const mostShown = 12;
/** Of more equations, only the gradients are shown. */
const mostFolded = 60;

interface Topic {
  readonly key: string;
  readonly title: string;
  readonly introduction: string;
  readonly declarations: readonly LibraryDeclaration[];
}

const keyOf = (file: string): string => file.replace(/^std\/|\.nn$/g, "");

function topicsOf(library: readonly SourceText[]): Topic[] {
  const order = Object.keys(titles);
  const rank = ({ key }: Topic): number => (order.includes(key) ? order.indexOf(key) : order.length);
  return library
    .map(({ file, text }) => {
      const key = keyOf(file);
      const title = titles[key] ?? key[0]!.toUpperCase() + key.slice(1).replaceAll("_", " ");
      const declarations = declarationsOf([{ file, text }]);
      return { key, title, introduction: introductionOf(text), declarations };
    })
    .filter((topic) => topic.declarations.length > 0)
    .toSorted((a, b) => rank(a) - rank(b));
}

/** The `//` lines that a file starts with. */
function introductionOf(text: string): string {
  const lines = text.split("\n");
  const end = lines.findIndex((line) => !/^\/\/(?!\/)/.test(line));
  return lines
    .slice(0, end)
    .map((line) => line.slice(2).trim())
    .join(" ");
}

/** The whole of `docs/library.md`. */
export function libraryPage(library: readonly SourceText[], preface: string): string {
  const topics = topicsOf(library);
  const anchor = anchorsOf(topics);
  const contents = topics.flatMap((t) => {
    const names = t.declarations.filter((d) => !d.isHelper).map((d) => `[${d.name}](#${anchor.get(d)})`);
    return wrapped(`- [${t.title}](#${anchor.get(t)}): ${names.join(", ")}`, "  ");
  });
  return [
    preface.trimEnd(),
    "",
    ...contents,
    `- [What is built in](#what-is-built-in)`,
    "",
    ...topics.flatMap((t) => [...topicLines(t, anchor, library), ""]),
    ...atomTable(),
    "",
  ].join("\n");
}

/** What the headings are called in links; of equal ones, the later ones are counted. */
function anchorsOf(topics: readonly Topic[]): Map<Topic | LibraryDeclaration, string> {
  const anchors = new Map<Topic | LibraryDeclaration, string>();
  const seen = new Map<string, number>();
  const add = (heading: Topic | LibraryDeclaration, title: string): void => {
    const plain = title.toLowerCase().replaceAll(" ", "-");
    const count = seen.get(plain) ?? 0;
    seen.set(plain, count + 1);
    anchors.set(heading, count === 0 ? plain : `${plain}-${count}`);
  };
  for (const t of topics) {
    add(t, t.title);
    for (const d of t.declarations) add(d, d.name);
  }
  return anchors;
}

function topicLines(
  topic: Topic,
  anchor: ReadonlyMap<object, string>,
  library: readonly SourceText[],
): string[] {
  const rows = topic.declarations.map(
    (d) => `| [\`${callOf(d)}\`](#${anchor.get(d)}) | ${firstSentence(d.summary).replaceAll("|", "\\|")} |`,
  );
  const introduction = topic.introduction === "" ? [] : [...wrapped(topic.introduction), ""];
  const entries = topic.declarations.flatMap((d) => ["", ...entryLines(d, library)]);
  return [`## ${topic.title}`, "", ...introduction, "| | |", "| --- | --- |", ...rows, ...entries];
}

/** `huber(y, t, delta = 1.0)`: how it is called; types are left to the definition. */
const callOf = ({ signature }: LibraryDeclaration): string =>
  signature
    .replace(/^\w+ /, "")
    .replace(/ -> .*$/, "")
    .replace(/: (?:int|bool|float)?(?:\[[^\]]*\])?(?= =|,|\))/g, "");

/** Lines of at most 110 characters; none starts with what would be a list, a heading or a quotation. */
function wrapped(text: string, margin = ""): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    const fits = last !== undefined && last.length + word.length < 110;
    if (last === undefined) lines.push(word);
    else if (fits || /^([-+*>#|]|\d+[.)])/.test(word)) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(margin + word);
  }
  return lines;
}

const firstSentence = (text: string): string => /^[^]*?[.](?= |$)/.exec(text)?.[0] ?? text;

function entryLines(d: LibraryDeclaration, library: readonly SourceText[]): string[] {
  const facts = [
    ...(d.shapes === undefined ? [] : wrapped(`- Shapes: \`${d.shapes}\``, "  ")),
    ...(d.source === undefined ? [] : wrapped(`- Source: ${d.source}`, "  ")),
  ];
  return [
    `### ${d.name}`,
    "",
    ...wrapped(d.summary),
    "",
    ...(d.formula === undefined ? [] : [...fenced("text", d.formula.split("\n")), ""]),
    ...d.remarks.flatMap((r) => [...wrapped(r), ""]),
    ...(facts.length === 0 ? [] : [...facts, ""]),
    ...fenced("nn", d.definition.split("\n")),
    ...(d.example === undefined ? [] : ["", ...exampleLines(d, d.example, library)]),
  ];
}

const fenced = (language: string, lines: readonly string[]): string[] => [
  `\`\`\`${language}`,
  ...lines,
  "```",
];

function exampleLines(d: LibraryDeclaration, example: string, library: readonly SourceText[]): string[] {
  const shown = ["Example:", "", ...fenced("nn", example.split("\n"))];
  return [...shown, ...derivedLines(d, example, library)];
}

/** What the compiler makes of the example. */
function derivedLines(d: LibraryDeclaration, body: string, library: readonly SourceText[]): string[] {
  const example = { body, library };
  if (d.kind === "optimizer") {
    return ["", "A step changes the first parameter so:", "", ...fenced("text", updatesOf(example, d.name))];
  }
  if (withoutDerivative.includes(keyOf(d.file)) || isTrained(body)) return [];
  const { gradients, all } = derivativeOf(example, d.name);
  if (gradients.length === 0) return [];
  const head = "Its derivative:";
  if (all.length <= mostShown) return ["", head, "", ...fenced("text", all)];
  const [lines, label] =
    all.length <= mostFolded
      ? [all, `Its derivative, in ${all.length} equations`]
      : [
          gradients,
          `Its gradients; ${all.length - gradients.length} equations for what they read are left out`,
        ];
  return ["", `<details><summary>${label}</summary>`, "", ...fenced("text", lines), "", "</details>"];
}
