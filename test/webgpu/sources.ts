/** The models that GPU code is tested with, by name. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { models } from "../schedule/models.ts";
import type { Built } from "../support/model.ts";
import { build } from "../support/model.ts";

export interface Source {
  readonly name: string;
  readonly text: string;
  /** Which one, where there are several. */
  readonly model?: string | undefined;
  readonly sizes: Readonly<Record<string, number>>;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string, sizes: Source["sizes"] = {}): Source => ({
  name: path,
  text: readFileSync(join(root, path), "utf8"),
  sizes,
});
/** All models of a file. */
function modelsIn(path: string): Source[] {
  const source = read(path);
  const names = [...source.text.matchAll(/^model (\w+)/gm)].map(([, name]) => name);
  return names.length < 2
    ? [source]
    : names.map((model) => ({ ...source, model, name: `${path}, ${model}` }));
}
const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".nn"))
    .map((file) => `${folder}/${file}`);

/** Small sizes keep the fifty layers and the transformer quick here. */
const small: Record<string, Record<string, number>> = {
  "deep.nn": { depth: 4, width: 6 },
  "transformer.nn": { time: 4, width: 8, heads: 2 },
  "char-rnn.nn": { time: 3, hidden: 6 },
};

/** Models of every kind and the examples, in sizes in which they run at once. */
export const executed: readonly Source[] = [
  ...Object.entries(models).map(([name, text]) => ({ name, text, sizes: {} })),
  ...filesIn("examples").map((path) => read(path, small[basename(path)])),
];

/** Models of users, of the courses, and those that are compared with PyTorch. */
export const validated: readonly Source[] = [
  ...[
    "test/elaborate/users",
    "test/torch/models",
    ...["a", "b", "c", "d", "e"].map((s) => `examples/courses/${s}`),
  ]
    .flatMap(filesIn)
    .flatMap(modelsIn),
  // In the sizes in which they are used.
  ...filesIn("examples").map((path) => read(path, basename(path) === "deep.nn" ? { depth: 8 } : {})),
];

export const buildSource = ({ text, sizes, model }: Source): Built => build(text, { sizes, model });
