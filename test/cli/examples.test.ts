import { expect, test } from "vitest";
import { temporaryFolder, world } from "./world.ts";

test("help fits a screen, and every command shows how to begin", async () => {
  const it = world(temporaryFolder());
  expect(await it.nnc("--help")).toBe(0);
  const lines = it.out.trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(40);
  const listed = lines.slice(lines.indexOf("Commands:") + 1).flatMap((l) => /^ {2}(\w+)/.exec(l)?.[1] ?? []);
  const commands = listed.filter((name) => name !== "help");
  expect(commands.length).toBeGreaterThan(8);
  for (const command of commands) {
    it.out = "";
    expect(await it.nnc(command, "--help")).toBe(0);
    const [options, examples] = it.out.split("\nExamples:\n");
    expect(examples, command).toMatch(new RegExp(`^  nnc ${command}\\b`));
    // An example uses options that the command has.
    for (const [option] of examples!.matchAll(/(?<= )--?[a-z][a-z-]*/g))
      expect(options, command).toContain(option);
  }
});
