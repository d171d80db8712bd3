/** The commands that run models: their options, and how these are read. */
import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import { parseMapping } from "../data/mapping.ts";
import type { Mapping } from "../data/mapping.ts";
import type { Scaling } from "../data/normalise.ts";
import { parseScaling } from "../data/normalise.ts";
import type { GradientCheckFlags, PredictFlags, TrainFlags } from "./train-flags.ts";
import type { Host } from "./host.ts";

const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^[0-9]+$/.test(text) && value >= least && value <= 0xffffffff) return value;
    throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
  };

/** An option that may be repeated. */
function repeated<T>(flags: string, description: string, parse: (text: string) => T): Option {
  return new Option(flags, description)
    .argParser((text: string, before: readonly T[]) => [...before, parse(text)])
    .default([], "none");
}

function mapping(text: string): Mapping {
  const found = parseMapping(text);
  if (found) return found;
  throw new InvalidArgumentError("Expected input=column,column…, such as image=pixel0..pixel63.");
}

function scaling(text: string): { input: string | null; scaling: Scaling } {
  const [, input, kind = ""] = /^(?:([A-Za-z_]\w*)=)?(.*)$/s.exec(text) ?? [];
  const found = parseScaling(kind);
  if (found) return { input: input ?? null, scaling: found };
  throw new InvalidArgumentError("Expected off, standard, minmax or a range such as 0..255.");
}

function hyper(text: string): { name: string; value: number; from: number } {
  const [, name, value, from = "1"] = /^([^=]+)=([^@]+)(?:@([0-9]+))?$/s.exec(text) ?? [];
  if (name !== undefined && Number.isFinite(Number(value ?? NaN)))
    return { name, value: Number(value), from: Number(from) };
  throw new InvalidArgumentError("Expected name=number or name=number@epoch, such as lr=0.001@10.");
}

/** Adds `train` and `predict`; `sizes` is the option that sets sizes of a model. */
export function addTrainCommands(
  program: Command,
  sizes: () => Option,
  host: Host,
  finish: (code: number) => void,
): void {
  const train = program
    .command("train")
    .description("train a model on tables and arrays, and keep what it learned")
    .argument("<model.nn>", "the model to train")
    .requiredOption(
      "--data <file...>",
      "examples: .csv, .npz, .npy, .safetensors or IDX, also gzipped; name=file gives an array without a name one",
    )
    .option("--valid <file...>", "examples held out, or a share of the data such as 20%", [])
    .addOption(
      repeated(
        "--map <input=columns>",
        "columns of an input: a,b or first..last or begin* or *; may be repeated",
        mapping,
      ),
    )
    .addOption(
      repeated("--normalise <how>", "off, standard, minmax or low..high; input=how for one of them", scaling),
    )
    .addOption(
      new Option(
        "--missing <what>",
        "where nothing is given: a mistake, filled in, or the example dropped",
      ).choices(["error", "fill", "drop"]),
    )
    .option("--epochs <count>", "how often every example is seen", wholeNumber(1), 20)
    .option("--batch <count>", "examples a step; default 32, or as many as the model takes", wholeNumber(1))
    .option("--seed <number>", "decides parameters, order and all else that is random", wholeNumber(0), 1)
    .addOption(
      repeated(
        "--hyper <name=number>",
        "a number of the optimizer, from an epoch on: lr=1e-3@10; may be repeated",
        hyper,
      ),
    )
    .addOption(
      new Option("--target <target>", "what the model runs as")
        .choices(["auto", "typescript", "wasm", "webgpu"])
        .default("auto"),
    )
    .option("--threads <count>", "how many share the work, to the same bits", wholeNumber(1), 1)
    .addOption(sizes())
    .option("--model <name>", "which model, where the file holds several")
    .option("--save <file>", "write model, optimizer and all to this .safetensors file")
    .option("--every <epochs>", "save after so many epochs as well", wholeNumber(1))
    .option("--resume <file>", "go on, bit for bit, from what --save wrote")
    .option("--plot <file.svg>", "draw the loss by epoch")
    .option("--log", "draw it on a logarithmic axis")
    .option("--json", "print a JSON object a line on standard output: start, epochs, end")
    .action(async (file: string, flags: TrainFlags) => {
      const { trainCommand } = await import("./train.ts");
      const seedIsGiven = train.getOptionValueSource("seed") === "cli";
      finish(await trainCommand(file, { ...flags, seedIsGiven }, host));
    });
  program
    .command("predict")
    .description("run a trained model on new examples")
    .argument("<model.nn>", "the model")
    .requiredOption("--weights <file>", "what nnc train --save wrote")
    .requiredOption("--data <file...>", "new examples, as nnc train takes them")
    .option("-o, --output <file>", "write here: .csv, .json or .npz; without it a table on standard output")
    .option("--model <name>", "which model, where the file holds several")
    .action(async (file: string, flags: PredictFlags) => {
      const { predictCommand } = await import("./predict.ts");
      finish(await predictCommand(file, flags, host));
    });
  program
    .command("gradcheck")
    .description("compare gradients with central differences, on every target")
    .argument("<model.nn>", "the model")
    .option("--seed <number>", "decides parameters, inputs and all else that is random", wholeNumber(0), 1)
    .option(
      "--samples <count>",
      "cells of each parameter that are compared; default 12, fewer where that would take long",
      wholeNumber(1),
    )
    .addOption(sizes())
    .option("--model <name>", "which model, where the file holds several")
    .option("--no-simplify", "check the chain rule as it falls out")
    .option("--exact", "use no rewrite that holds over the real numbers only")
    .option("--json", "print one JSON object on standard output")
    .action(async (file: string, flags: GradientCheckFlags) => {
      const { gradcheckCommand } = await import("./gradcheck.ts");
      finish(await gradcheckCommand(file, flags, host));
    });
}
