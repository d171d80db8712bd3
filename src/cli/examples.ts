/** Command lines to start from, shown by `nnc <command> --help`. */
import type { Command } from "commander";

const examples: Readonly<Record<string, readonly string[]>> = {
  compile: [
    "nnc compile digits.nn -o digits.js",
    "nnc compile digits.nn -O0",
    "nnc compile digits.nn -O2 --report",
  ],
  check: ["nnc check models/*.nn"],
  fmt: ["nnc fmt", "nnc fmt --check src"],
  types: ["nnc types", "nnc types --check", "nnc types src/gpu --target webgpu"],
  train: [
    "nnc train digits.nn --data train.csv --valid 20% --save digits.safetensors",
    "nnc train digits.nn --data train.csv --epochs 30 --plot loss.svg",
    "nnc train digits.nn --data image=images.gz label=labels.gz --target auto",
  ],
  predict: ["nnc predict digits.nn --weights digits.safetensors --data new.csv -o new.json"],
  gradcheck: ["nnc gradcheck digits.nn"],
  export: ["nnc export digits.nn --weights digits.safetensors -o digits.onnx"],
  init: ["nnc init my-model"],
  explain: [
    "nnc explain digits.nn --as steps",
    "nnc explain digits.nn h.linear.W --at sample.json -o derivation.html",
    "nnc explain NN2003",
  ],
  graph: ["nnc graph digits.nn -o graph.svg", "nnc graph digits.nn --detail 2 --as mermaid"],
  flow: [
    "nnc flow digits.nn -o flow.svg",
    "nnc flow digits.nn --weights digits.safetensors --at sample.json",
  ],
};

/** Adds its examples to each command, and where they are found after a mistake. */
export function addExamples(program: Command): void {
  for (const command of program.commands) {
    const lines = examples[command.name()];
    if (lines === undefined) throw new Error(`the command ${command.name()} has no example`);
    command.showHelpAfterError(`(nnc ${command.name()} --help lists its options)`);
    command.addHelpText("after", `\nExamples:\n${lines.map((l) => `  ${l}`).join("\n")}`);
  }
}
