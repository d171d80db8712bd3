/** Every command of docs/training.md is run, and prints what is shown. */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder, world } from "../cli/world.ts";

const root = join(import.meta.dirname, "../..");
const guide = readFileSync(join(root, "docs/training.md"), "utf8");
const blocks = [...guide.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, kind, text]) => ({
  kind,
  text: text!,
}));
const of = (kind: string): string[] => blocks.filter((b) => b.kind === kind).map((b) => b.text);

/** Times differ from run to run. */
const timeless = (text: string): string => text.replace(/ +[0-9.]+ s\b/g, " # s");

test("the guide can be followed", { timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  for (const name of ["data/penguins.csv", "data/digits.csv.gz", "penguins.nn", "digits.nn"]) {
    copyFileSync(join(root, "examples", name), join(folder, name.replace("data/", "")));
  }
  const [species, logs] = of("nn");
  const [penguins, birds, sizes] = of("csv");
  expect(readFileSync(join(folder, "penguins.csv"), "utf8").startsWith(penguins!)).toBe(true);
  const written = { "species.nn": species!, "logs.nn": logs!, "new.csv": birds!, "sizes.csv": sizes! };
  for (const [name, text] of Object.entries(written)) writeFileSync(join(folder, name), text);
  const commands = of("sh");
  expect(commands.length).toBe(of("text").length);
  for (const [i, command] of commands.entries()) {
    const w = world(folder, { loadCompiler: () => import("../../src/index.ts") });
    const code = await w.nnc(...command.trim().split(/ +/).slice(1));
    const shown = timeless(of("text")[i]!).trimEnd().split("\n");
    expect(code, command).toBe(shown[0]!.startsWith("error") ? 1 : 0);
    const printed = timeless(w.err + w.out);
    let from = 0;
    for (const line of shown.filter((l) => l !== "…")) {
      const at = printed.indexOf(line, from);
      expect(at, `${command}\nshould print: ${line}\nbut prints:\n${printed}`).toBeGreaterThanOrEqual(0);
      from = at + line.length;
    }
  }
});
