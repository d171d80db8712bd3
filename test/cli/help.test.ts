/** What the command line tells of itself. */
import { describe, expect, test } from "vitest";
import { temporaryFolder, world } from "./world.ts";

const listed = async (): Promise<string[]> => {
  const w = world(temporaryFolder());
  await w.nnc("--help");
  const [, commands = ""] = /Commands:\n([\s\S]*?)\n\n/.exec(w.out) ?? [];
  return commands.split("\n").map((line) => line.trim().split(" ")[0]!);
};

describe("help", () => {
  test("fits a screen of 24 lines and 80 columns", async () => {
    const w = world(temporaryFolder());
    expect(await w.nnc("--help")).toBe(0);
    const lines = w.out.trimEnd().split("\n");
    // The prompt needs a line, too.
    expect(lines.length).toBeLessThanOrEqual(23);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect((await listed()).length).toBe(12);
  });

  test("of every command has examples of that command, and no line is wider than the screen", async () => {
    for (const command of await listed()) {
      const w = world(temporaryFolder());
      expect(await w.nnc(command, "--help")).toBe(0);
      const [, examples = ""] = /Examples:\n([\s\S]*)$/.exec(w.out) ?? [];
      expect(examples, command).toContain(`  nnc ${command}`);
      expect(
        w.out.split("\n").filter((line) => line.length > 80),
        command,
      ).toEqual([]);
    }
  });

  test("is where a mistake points", async () => {
    const of = async (...line: string[]): Promise<string> => {
      const w = world(temporaryFolder());
      expect(await w.nnc(...line)).toBe(2);
      return w.err;
    };
    expect(await of("compile")).toContain("(nnc compile --help lists its options)");
    expect(await of("train", "m.nn")).toContain("(nnc train --help lists its options)");
    expect(await of("trian", "m.nn")).toMatch(/Did you mean train\?[\s\S]*\(nnc --help lists the commands\)/);
    expect(await of()).toContain("Commands:");
  });
});
