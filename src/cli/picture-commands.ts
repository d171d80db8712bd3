/** The commands that draw: their options. */
import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { FlowFlags, GraphFlags } from "./flags.ts";
import type { Host } from "./host.ts";

/** Adds `graph` and `flow`; `sizes` is the option that sets sizes of a model. */
export function addPictureCommands(
  program: Command,
  sizes: () => Option,
  host: Host,
  finish: (code: number) => void,
): void {
  program
    .command("graph")
    .description("draw values and their gradients in two mirrored lanes")
    .argument("<model.nn>", "the model to draw")
    .option("-o, --output <file>", "write here: file.svg, file.dot (Graphviz) or file.mmd (mermaid)")
    .addOption(new Option("--as <format>", "what to print without -o").choices(["svg", "dot", "mermaid"]))
    .addOption(
      new Option(
        "--detail <level>",
        "1: a box for each definition; 2: layers opened, a box for each equation",
      )
        .choices(["1", "2"])
        .default("1"),
    )
    .option("--unrolled", "boxes of its own for each turn of a loop")
    .addOption(sizes())
    .option("--model <name>", "which model, where the file holds several")
    .option("--no-simplify", "draw the chain rule as it falls out")
    .option("--exact", "use no rewrite that holds over the real numbers only")
    .action(async (file: string, flags: GraphFlags) => {
      const { graphCommand } = await import("./graph.ts");
      finish(await graphCommand(file, flags, host));
    });
  program
    .command("flow")
    .description("show the sizes of gradients and updates of one step")
    .argument("<model.nn>", "the model to look into")
    .option("--at <sample.json>", "values of inputs and parameters by name; without inputs they are random")
    .option(
      "--weights <model.safetensors>",
      "what the model learned, as saved; without it, it is as initialised",
    )
    .addOption(seed("of starting values and random inputs"))
    .option("-o, --output <file.svg>", "draw it here, on a logarithmic axis")
    .option("--json", "print the numbers as one JSON object")
    .addOption(sizes())
    .option("--model <name>", "which model, where the file holds several")
    .action(async (file: string, flags: FlowFlags) => {
      const { flowCommand } = await import("./flow.ts");
      finish(await flowCommand(file, flags, host));
    });
}

/** A seed, and what it decides. */
export function seed(what: string): Option {
  return new Option("--seed <n>", what)
    .argParser((text: string) => {
      if (/^[0-9]+$/.test(text) && Number(text) <= 0xffffffff) return Number(text);
      throw new InvalidArgumentError("Expected a whole number.");
    })
    .default(1);
}
