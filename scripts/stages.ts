/**
 * Writes into `docs/architecture.md` what the compiler prints for the models that the document follows. Run with
 * `npx unrun scripts/stages.ts`; a test says when that is due.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { emitModule } from "../src/codegen/module.ts";
import { Builder } from "../src/ir/builder.ts";
import type { Context, RuleApplication } from "../src/ir/context.ts";
import { Diagnostics } from "../src/ir/diagnostics.ts";
import type { Kernel, Schedule } from "../src/ir/kernel.ts";
import { printKernel, printSchedule } from "../src/ir/kernel-printer.ts";
import { printAffine, printExpr, printStatement } from "../src/ir/printer.ts";
import { Sources } from "../src/ir/source.ts";
import type { Statement } from "../src/ir/types.ts";
import { elaborate } from "../src/parser/elaborate/elaborate.ts";
import { parse } from "../src/parser/parse.ts";
import { schedule } from "../src/passes/schedule.ts";
import { buildGraphs } from "../src/pipeline.ts";

const architecture = new URL("../docs/architecture.md", import.meta.url);
const standardLibrary = new URL("../src/std/", import.meta.url);
const mark = /(<!-- stage: ([\w-]+) -->\n\n```\w+\n)[^]*?(```\n\n<!-- end -->)/g;

/** `src/std/index.ts` imports texts, which needs a bundler; here the files are at hand. */
const library = readdirSync(standardLibrary)
  .filter((file) => file.endsWith(".nn"))
  .map((file) => ({ file: `std/${file}`, text: readFileSync(new URL(file, standardLibrary), "utf8") }));

interface Traced {
  readonly stage: string;
  readonly text: string;
  /** The rules that the stage applied. */
  readonly rules: readonly RuleApplication[];
}

interface Level {
  readonly schedule: Schedule;
  readonly module: string;
}

/** All that the compiler makes of the model. */
interface Run {
  readonly source: string;
  readonly traced: readonly Traced[];
  /** The training step as differentiation left it, simplified. */
  readonly backward: readonly Statement[];
  readonly level: readonly [Level, Level];
}

async function run(source: string, file: string): Promise<Run> {
  const { builder, sources, diagnostics } = {
    builder: new Builder(),
    sources: new Sources(),
    diagnostics: new Diagnostics(),
  };
  const start = {
    source: { file, text: source },
    library,
    resolveImport: () => null,
    sizes: new Map<string, number>(),
  };
  const program = elaborate({ ...start, builder, sources, diagnostics });
  if (!program) throw new Error(diagnostics.all.map((d) => d.message).join("\n"));
  const context: Context = { builder, sources, options: { realOnlyRules: true }, log: [] };
  const traced: Traced[] = [];
  const unit = file.replace(/nn$/, "ts");
  let logged = 0;
  const trace = (stage: string, text: string): void => {
    traced.push({ stage, text, rules: context.log.slice(logged) });
    logged = context.log.length;
  };
  const graphs = buildGraphs(program, context, { simplify: true, trace });
  const level = (n: 0 | 1): Level => {
    const scheduled = schedule(graphs, n, context);
    const header = { version: "", file, sha256: "" };
    const { code } = emitModule(scheduled, context, { language: "typescript", header, unit });
    return { schedule: scheduled, module: code };
  };
  return { source, traced, backward: graphs.backward.statements, level: [level(0), level(1)] };
}

// ------------------------------------------------------------------------------------------------------------ excerpts

/** What an excerpt asks for must be there: a document that silently shows nothing is worse than a failing test. */
function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the compiler no longer prints ${what}: mend scripts/stages.ts`);
  return value;
}

/** The lines that `keep` says, with `…` where some are left out. */
function excerpt(text: string, keep: (line: string) => boolean): string {
  const lines: string[] = [];
  for (const line of text.trimEnd().split("\n")) {
    if (keep(line)) lines.push(line);
    else if (lines.length > 0 && lines.at(-1)!.trim() !== "…") lines.push(line.replace(/\S.*|^$/, "…"));
  }
  return `${lines.join("\n")}\n`;
}

/** The training graph, or another one, after a stage: the lines that tell of the tensors that `keep` names. */
function graphAfter(
  { traced }: Run,
  stage: string,
  turn: number,
  keep: (tensor: string) => boolean,
  graph = "train",
): string {
  const { text } = turnOf(traced, stage, turn, graph);
  const kept = excerpt(text, (line) => keep(line.trim().split(/[ [:,]/)[0]!));
  return found(kept.trim() === "" ? undefined : kept, `the tensors after ${stage}`);
}

function turnOf(traced: readonly Traced[], stage: string, turn: number, graph = "train"): Traced {
  return found(traced.filter((t) => t.stage === `${graph}: ${stage}`)[turn], `stage ${turn} of ${stage}`);
}

/** What a stage did to given tensors, each rule once. */
function rulesOf({ traced }: Run, turn: number, tensors: readonly string[]): string {
  const rules = turnOf(traced, "simplify", turn).rules.filter((r) => tensors.includes(r.tensor));
  const first = rules.filter((r, i) => rules.findIndex((x) => x.rule === r.rule) === i);
  const line = (r: RuleApplication): string =>
    `${r.rule}${r.realOnly ? "   (real numbers only)" : ""}\n    ${r.before}\n  → ${r.after}\n`;
  return found(first.length > 0 ? first.map(line).join("") : undefined, "rules");
}

/** The kernel that computes a tensor in the training step or the update. */
function kernelOf({ schedule: s }: Level, tensor: string): Kernel {
  const calls = [...s.backward.calls, ...s.update.calls];
  const kernels = calls.flatMap((c) => (c.kind === "call" && writes(c.statements, tensor) ? [c.kernel] : []));
  return found(kernels[0], `a kernel for \`${tensor}\``);
}

const writes = (statements: readonly Statement[], name: string): boolean =>
  statements.some((s) => s.kind !== "gradient" && s.tensor.name === name);

const kernels = (level: Level, tensors: readonly string[]): string =>
  [...new Set(tensors.map((t) => kernelOf(level, t)))].map(printKernel).join("\n");

/** A paragraph of the printed schedule: a procedure, or the memory. */
const paragraph = ({ schedule: s }: Level, head: string): string =>
  `${found(
    printSchedule(s)
      .split("\n\n")
      .find((p) => p.startsWith(head)),
    head,
  ).trimEnd()}\n`;

/** Functions and methods of a module, with the comments above them, by the name that stands before `(`. */
function code({ module }: Level, names: readonly string[]): string {
  const lines = module.split("\n");
  const bodies = names.map((name) => {
    const head = lines.findIndex(
      (l) => new RegExp(`^\\s*(function )?${name}\\(.*\\{?$`).test(l) && !l.endsWith(";"),
    );
    const start = found(lines[head], `\`${name}\` in the module`);
    const margin = start.slice(0, start.search(/\S/));
    const end = lines.findIndex((l, i) => i > head && l.startsWith(`${margin}}`));
    let from = head;
    while (/^\s*(\/\*\*|\*|\/\/)/.test(lines[from - 1]!)) from--;
    return lines
      .slice(from, end + 1)
      .map((l) => l.slice(margin.length))
      .join("\n");
  });
  return `${bodies.join("\n\n")}\n`;
}

/** A declaration of the standard library, with the first line of its documentation. */
function declaration(head: string): string {
  const texts = library.flatMap((l) => l.text.split("\n\n"));
  const whole = found(
    texts.find((t) => t.includes(`\n${head}`)),
    `\`${head}\` in the library`,
  );
  const lines = whole.trim().split("\n");
  const [summary] = lines;
  return [summary, ...lines.slice(lines.findIndex((line) => line.startsWith(head))), ""].join("\n");
}

/** A syntax tree: each node on a line, places in the text left out. */
function outline(node: unknown, label = "", depth = 0): string {
  const indent = `${"  ".repeat(depth)}${label === "" ? "" : `${label}: `}`;
  if (Array.isArray(node)) return node.map((item) => outline(item, label, depth)).join("");
  if (typeof node !== "object" || node === null) return `${indent}${String(node)}\n`;
  const fields = Object.entries(node).filter(([key]) => key !== "span" && key !== "kind" && key !== "doc");
  const text = (value: unknown): unknown =>
    typeof value === "object" && value !== null && "text" in value ? value.text : value;
  const plain = fields.filter(([, v]) => typeof text(v) !== "object");
  const nested = fields.filter(([, v]) => typeof text(v) === "object");
  const head = [...("kind" in node ? [node.kind] : []), ...plain.map(([k, v]) => `${k}=${String(text(v))}`)];
  const first = `${indent}${head.join(" ")}`.trimEnd();
  return [first, "\n", ...nested.map(([k, v]) => outline(v, k, depth + 1))].join("");
}

function syntaxOf(source: string, name: string): string {
  const [model] = parse(source, "model.nn", new Diagnostics()).declarations;
  const body = model?.kind === "model" ? model.body : [];
  return outline(
    found(
      body.find((s) => s.kind === "definition" && s.name.text === name),
      `\`${name}\``,
    ),
  );
}

/** The trail of one adjoint: what was differentiated, and how its subscripts were solved. */
function trailOf({ backward }: Run, name: string): string {
  const statement = found(
    backward.find((s) => s.kind === "equation" && s.tensor.name === name),
    `\`${name}\``,
  );
  const { steps = [], span } = statement.origin;
  const { of, wrt, read, partial, solution = [] } = found(steps[0], "a step of the chain rule");
  return [
    printStatement(statement),
    `    span        ${span.file}, characters ${span.start} to ${span.end}`,
    `    steps       ${steps.length}`,
    `      of        ${printStatement(of)}`,
    `      wrt       ${wrt.name}`,
    `      read      ${printExpr(found(read, "the read of a step"))}`,
    `      partial   ${printExpr(found(partial, "the partial derivative of a step"))}`,
    `      solution  ${solution.map(([i, v]) => `${i.name} = ${printAffine(v)}`).join(", ")}`,
    "",
  ].join("\n");
}

// -------------------------------------------------------------------------------------------------------------- stages

const among =
  (...names: readonly string[]) =>
  (tensor: string): boolean =>
    names.includes(tensor);
const isAdjoint = (tensor: string): boolean => tensor.startsWith("d");
/** One of the four updates is enough. */
const isShown = (tensor: string): boolean => !/^(h\.linear\.b|p\.linear\.[Wb])$/.test(tensor);

/** The models of the document. */
interface Runs {
  readonly Spam: Run;
  readonly Stride: Run;
}

/** Every text of the document that the compiler writes. */
export const stages: Readonly<Record<string, (runs: Runs) => string>> = {
  library: () => ["layer linear", "optimizer sgd"].map(declaration).join("\n"),
  syntax: ({ Spam: r }) => syntaxOf(r.source, "h"),
  program: ({ Spam: r }) =>
    ["train", "update"].map((graph) => graphAfter(r, "elaborate", 0, isShown, graph)).join(""),
  simplify: ({ Spam: r }) => graphAfter(r, "simplify", 0, among("loss.sum")),
  "simplify-rules": ({ Spam: r }) => rulesOf(r, 0, ["loss.sum"]),
  differentiate: ({ Spam: r }) => graphAfter(r, "differentiate", 0, isAdjoint),
  trail: ({ Spam: r }) => trailOf(r, "dh"),
  "simplify-again": ({ Spam: r }) => graphAfter(r, "simplify", 1, isAdjoint),
  "simplify-again-rules": ({ Spam: r }) => rulesOf(r, 1, ["dp.linear", "dloss.sum", "dh.linear.W"]),
  "kernels-0": ({ Spam: r }) => kernels(r.level[0], ["h.linear", "h", "dp.linear"]),
  "procedure-0": ({ Spam: r }) => paragraph(r.level[0], "procedure backward"),
  "kernels-1": ({ Spam: r }) => kernels(r.level[1], ["h", "dp.linear", "h.linear.W"]),
  "procedure-1": ({ Spam: r }) =>
    `${paragraph(r.level[1], "procedure backward")}\n${paragraph(r.level[1], "procedure update")}`,
  "notes-1": ({ Spam: r }) =>
    `${(r.level[1].schedule.notes?.() ?? []).filter((n) => n.startsWith("backward")).join("\n")}\n`,
  "memory-1": ({ Spam: r }) => paragraph(r.level[1], "memory"),
  "typescript-0": ({ Spam: r }) => code(r.level[0], [kernelOf(r.level[0], "dp.linear.W").name]),
  "typescript-1": ({ Spam: r }) => code(r.level[1], ["step", "update", "#runBackward"]),
  stride: ({ Stride: r }) => graphAfter(r, "simplify", 0, among("z", "loss")),
  "stride-adjoints": ({ Stride: r }) =>
    graphAfter(r, "differentiate", 0, among("loss.argmax", "dz", "da", "dw")),
  "stride-phases": ({ Stride: r }) => graphAfter(r, "polyphase", 0, among("da")),
};

/** The document with every marked text as the compiler prints it now. */
export async function withStages(markdown: string): Promise<string> {
  const sources = [...markdown.matchAll(/```nn\n(model (\w+)[^]*?)```/g)];
  const model = (name: keyof Runs): Promise<Run> => {
    const source = found(sources.find((m) => m[2] === name)?.[1], `the model ${name} of the document`);
    return run(source, `${name.toLowerCase()}.nn`);
  };
  const runs: Runs = { Spam: await model("Spam"), Stride: await model("Stride") };
  return markdown.replace(mark, (_, before: string, name: string, after: string) => {
    const stage = found(stages[name], `the stage ${name}`);
    return before + stage(runs) + after;
  });
}

/** The names of the stages that a document shows. */
export const shownIn = (markdown: string): string[] => [...markdown.matchAll(mark)].map((m) => m[2]!);

export const readArchitecture = (): string => readFileSync(architecture, "utf8");

// `unrun` runs a bundle of this file, named after it.
if (process.argv[1]?.includes("stages.ts")) {
  writeFileSync(architecture, await withStages(readArchitecture()));
}
