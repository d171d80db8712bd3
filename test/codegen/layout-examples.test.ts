/** What the compiler prints is what prettier would make of it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as prettier from "prettier";
import { expect, test } from "vitest";
import { compile } from "../../src/index.ts";

const home = fileURLToPath(new URL("../../examples", import.meta.url));
const names = readdirSync(home).filter((f) => f.endsWith(".nn"));
/** Fewer layers and steps: the lines are the same. */
const sizes: Record<string, Record<string, number>> = { "deep.nn": { depth: 3 }, "char-rnn.nn": { time: 3 } };

test.each(names.flatMap((name) => ([0, 1] as const).map((level) => [name, level] as const)))(
  "%s -O%i, in both languages",
  async (name, level) => {
    const source = readFileSync(join(home, name), "utf8");
    for (const language of ["typescript", "javascript"] as const) {
      const { outputs } = await compile(source, { file: name, level, language, sizes: sizes[name] ?? {} });
      for (const { kind, text } of outputs) {
        if (kind === "map") continue;
        const parser = language === "javascript" && kind === "module" ? "babel" : "typescript";
        expect(await prettier.format(text, { parser, printWidth: 100 })).toBe(text);
      }
    }
  },
);
