import type { Level } from "../ir/kernel.ts";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { CheckFlags, CompileFlags, ExportFlags, FormatFlags, TypesFlags } from "./flags.ts";
import type { Host } from "./host.ts";
import { exitCode, UsageError } from "./host.ts";
import { addExamples } from "./examples.ts";
import { reportInternalError } from "./internal-error.ts";
import { addExplainCommand } from "./explain-command.ts";
import { addPictureCommands, seed } from "./picture-commands.ts";
import { addTrainCommands } from "./train-commands.ts";

/** Written out, so that the compiler stays one file: a value that both import would be a third. */
const levels: Readonly<Record<Level, true>> = { 0: true, 1: true, 2: true };

/** Runs one command line and answers with the exit code. Nothing is thrown. */
export async function run(argv: readonly string[], host: Host): Promise<number> {
  let code: number = exitCode.ok;
  const program = commands(host, (result) => (code = result));
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    if (error instanceof UsageError) {
      host.stderr(`nnc: ${error.message}\n`);
      return exitCode.usage;
    }
    reportInternalError(error, host);
    return exitCode.internal;
  }
}

/** The commands are imported when they run: `nnc --help` loads nothing but this file and commander. */
function commands(host: Host, finish: (code: number) => void): Command {
  const program = new Command("nnc")
    .description("Compiles neural networks written as equations (.nn) into training modules.")
    .version(host.version, "-V, --version")
    .showHelpAfterError("(nnc --help lists the commands)")
    .usage("<command> [options]")
    .helpCommand(false)
    // Names alone, so that all commands fit a screen.
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText("after", "\nnnc <command> --help shows its options, and examples.")
    .exitOverride()
    .configureOutput({ writeOut: (text) => host.stdout(text), writeErr: (text) => host.stderr(text) });

  program
    .command("compile")
    .description("compile a model to a training module")
    .argument("<model.nn>", "the model to compile")
    .option(
      "-o, --output <file>",
      "write here: file.ts, or file.js with file.d.ts; a source map stands beside it",
    )
    .addOption(
      new Option(
        "--target <target>",
        "typescript: kernels to read; wasm: kernels in WebAssembly behind the same class (-o file.wat: their text); webgpu: compute shaders, methods are promises (-o file.wgsl: their text); auto: whichever of the first two a step is estimated to be faster with (default: typescript, with -O2 auto)",
      ).choices(["typescript", "wasm", "webgpu", "auto"]),
    )
    .addOption(
      new Option(
        "-O <level>",
        "0: one function per equation, to read; 1: fused; 2: with register tiles, the fastest",
      )
        .choices(Object.keys(levels))
        .default("1"),
    )
    .addOption(sizes())
    .option("--model <name>", "only this model, where the file holds several; else the module has them all")
    .option("--no-simplify", "show the chain rule as it falls out")
    .option("--exact", "use no rewrite that holds over the real numbers only")
    .option("--report", "print what every procedure and kernel costs, and the memory, before anything runs")
    .addOption(counts("report for this count of a dimension", "the maxima"))
    .option("--check", "check the gradients as nnc gradcheck does, and write the result into the header")
    .option("--trace", "print every stage to standard error")
    .option("--watch", "compile again whenever the model or a file that it imports changes (needs -o)")
    .option("--json", "print one JSON object on standard output: diagnostics, files written, the report")
    .action(async (file: string, flags: CompileFlags) => {
      const command = flags.watch
        ? (await import("./watch.ts")).watchCommand
        : (await import("./compile.ts")).compileCommand;
      finish(await command(file, flags, host));
    });

  program
    .command("check")
    .description("report the mistakes of models, and write nothing")
    .argument("<model.nn...>", "the models to check")
    .addOption(sizes())
    .option("--json", "print one JSON object on standard output")
    .action(async (files: string[], flags: CheckFlags) => {
      const { checkCommand } = await import("./check.ts");
      finish(await checkCommand(files, flags, host));
    });
  program
    .command("fmt")
    .description("lay out models anew: spaces and line breaks, nothing else")
    .argument("[paths...]", "files, and folders to search for .nn files; without any, this folder")
    .option("--check", "write nothing; fail where a file would change")
    .action(async (paths: string[], flags: FormatFlags) => {
      const { formatCommand } = await import("./format.ts");
      finish(await formatCommand(paths, flags, host));
    });
  program
    .command("types")
    .description("write the types of .nn imports to .nnc/types, for TypeScript")
    .argument("[paths...]", "models, and folders to search for them; without any, this folder")
    .addOption(
      new Option("--target <target>", "what the plugin compiles these models for (default: auto)").choices([
        "typescript",
        "wasm",
        "webgpu",
        "auto",
      ]),
    )
    .addOption(sizes())
    .option("--check", "write nothing; fail where types are not up to date or tsconfig.json misses a setting")
    .action(async (paths: string[], flags: TypesFlags) => {
      const { typesCommand } = await import("./types.ts");
      finish(await typesCommand(paths, flags, host));
    });
  addTrainCommands(program, sizes, host, finish);
  program
    .command("export")
    .description("write the inference of a model as an ONNX file")
    .argument("<model.nn>", "the model to export")
    .requiredOption("-o, --output <file.onnx>", "write here")
    .option("--weights <model.safetensors>", "what the model learned, as saved; else it is as initialised")
    .addOption(seed("of starting values"))
    .addOption(counts("fix a dimension at this count", "open where it is the first of an input"))
    .addOption(sizes())
    .option("--model <name>", "which model, where the file holds several")
    .action(async (file: string, flags: ExportFlags) => {
      const { exportCommand } = await import("./export.ts");
      finish(await exportCommand(file, flags, host));
    });
  program
    .command("init")
    .description("make a project: a page, built with Vite, that trains a model")
    .argument("[folder]", "where; it must be empty", ".")
    .action(async (folder: string) => {
      const { initCommand } = await import("./init.ts");
      finish(initCommand(folder, host));
    });

  addExplainCommand(program, sizes, host, finish);
  addPictureCommands(program, sizes, host, finish);
  addExamples(program);
  return program;
}

function counts(what: string, otherwise: string): Option {
  return new Option("--at <name=count>", `${what}; may be repeated`)
    .argParser((text: string, previous: Record<string, number>) => {
      const [, name, count] = /^([^=]+)=([0-9]+)$/s.exec(text) ?? [];
      if (name === undefined) throw new InvalidArgumentError("Expected name=count, such as batch=32.");
      return { ...previous, [name]: Number(count) };
    })
    .default({}, otherwise);
}

function sizes(): Option {
  return new Option("--set <name=value>", "override a size of the model; may be repeated")
    .argParser((text: string, previous: Record<string, number | boolean>) => {
      const [, name, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
      if (name === undefined || value === undefined) {
        throw new InvalidArgumentError("Expected name=value, such as hidden=128.");
      }
      if (value === "true" || value === "false") return { ...previous, [name]: value === "true" };
      const number = Number(value);
      if (value.trim() === "" || !Number.isFinite(number)) {
        throw new InvalidArgumentError(`\`${value}\` is neither a number nor true or false.`);
      }
      return { ...previous, [name]: number };
    })
    .default({}, "none");
}
