/**
 * Golden samples: what the compiler makes of a few small models at every stage, kept as files and reviewed as code.
 * `npx vitest run test/models --update` rewrites them; the change then is read like any other.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { CompileResult } from "../../src/index.ts";
import { compile, printGraph } from "../../src/index.ts";

const home = fileURLToPath(new URL(".", import.meta.url));
const names = readdirSync(home).filter((entry) => statSync(join(home, entry)).isDirectory());

interface Compiled extends CompileResult {
  readonly stages: ReadonlyMap<string, string>;
}

async function compileAt(name: string, level: 0 | 1): Promise<Compiled> {
  const stages = new Map<string, string>();
  const source = readFileSync(join(home, name, "model.nn"), "utf8");
  const result = await compile(source, {
    file: `${name}.nn`,
    level,
    version: "golden",
    trace: (stage, text) => stages.set(stage, text),
  });
  expect(result.diagnostics).toEqual([]);
  return { ...result, stages };
}

/** What was done to each graph, without what was done to one before in the same words. */
function rules({ rules: applied }: CompileResult): string {
  const told = new Set<string>();
  const sections = new Map<string, string[]>();
  for (const { rule, realOnly, graph, tensor, before, after } of applied) {
    const text = `${tensor}: ${rule}${realOnly ? " (over the reals)" : ""}\n    ${before}\n  → ${after}\n`;
    if (!told.has(text)) sections.set(graph, [...(sections.get(graph) ?? [`--- ${graph}\n`]), text]);
    told.add(text);
  }
  return [...sections.values()].flat().join("\n");
}

describe.each(names)("%s", (name) => {
  const keep = (file: string, text: string): Promise<void> =>
    expect(text).toMatchFileSnapshot(join(home, name, "expected", file));

  test.each([0, 1] as const)("-O%i", async (level) => {
    const compiled = await compileAt(name, level);
    const [kernels, plan] = compiled.stages.get("schedule")!.split(/^(?=memory$)/m);
    await keep(`kernels-O${level}.txt`, kernels!);
    await keep(`module-O${level}.ts`, compiled.outputs[0]!.text);
    if (level === 0) return;
    const { backward, update } = compiled.graphs!;
    await keep("program.txt", compiled.stages.get("train: elaborate")!);
    await keep("training.txt", [backward, update].map(printGraph).join("\n"));
    await keep("rules.txt", rules(compiled));
    await keep("plan-O1.txt", plan!);
  });
});
