/** The command line of `nnc explain`. */
import type { Command } from "commander";
import { Option } from "commander";
import type { ExplainFlags } from "./flags.ts";
import type { Host } from "./host.ts";

export function addExplainCommand(
  program: Command,
  sizes: () => Option,
  host: Host,
  finish: (code: number) => void,
): void {
  program
    .command("explain")
    .description("derive gradients step by step, each checked; or a diagnostic")
    .argument("<model.nn>", "the model to explain, or a diagnostic such as NN2003")
    .argument(
      "[gradient]",
      "one gradient: of a parameter, an input or a definition; default: all that are asked for",
    )
    .addOption(
      new Option("--as <notation>", "how it is written")
        .choices(["index", "matrix", "delta", "steps", "table"])
        .default("index"),
    )
    .addOption(
      new Option("--detail <level>", "1: what comes out; 2: rule by rule; 3: every comparison, and the code")
        .choices(["1", "2", "3"])
        .default("2"),
    )
    .option("--at <sample.json>", "numbers in every step, for these inputs and parameters")
    .option("--of <name>", "the scalar to differentiate, where it is not the loss")
    .addOption(
      new Option(
        "--layout <layout>",
        "in matrices, examples are rows (as in code) or columns (default of delta)",
      ).choices(["rows", "columns"]),
    )
    .option("-o, --output <file>", "write here: file.txt, file.tex, file.html or file.json")
    .addOption(sizes())
    .option("--model <name>", "which model, where the file holds several")
    .option("--exact", "use no rewrite that holds over the real numbers only")
    .action(async (file: string, gradient: string | undefined, flags: ExplainFlags) => {
      const { explainCommand } = await import("./explain.ts");
      finish(await explainCommand(file, gradient, flags, host));
    });
}
