/** Training stopped at a NaN or an infinity: which value was the first, and why. */
import { widthOf } from "../data/arrays.ts";
import { exitCode } from "./host.ts";
import { readMetadata } from "../data/safetensors.ts";
import type { Checkpoint, TrainingLoop } from "./train-loop.ts";
import { arraysOf } from "./train-model.ts";
import type { Progress } from "./train-progress.ts";
import type { Setup } from "./train-setup.ts";

/** Replays the steps since the checkpoint to the one that went wrong, and looks into it. Gives the exit code. */
export async function reportNonFinite(
  setup: Setup,
  before: Checkpoint,
  loopFrom: (checkpoint: Checkpoint) => Promise<TrainingLoop>,
  progress: Progress,
): Promise<number> {
  const { findNonFinite } = await import("../index.ts");
  const found = await loopFrom(before);
  await found.replay(Infinity);
  const step = found.state.step;
  const loop = await loopFrom(before);
  await loop.replay(step - 1);
  const { model } = loop;
  const rows = loop.nextRows();
  const inputs = loop.nextInputs();
  const lasting = [...(await arraysOf(model.parameters)), ...(await arraysOf(model.states))];
  const numbers = readMetadata(await model.save(), "");
  const { loaded, facts } = setup;
  const passes = Number(numbers["pass"] ?? model.stepCount);
  const where = `epoch ${loop.state.epoch + 1}, step ${step}`;
  const culprit = findNonFinite(loaded.graphs, loaded.sources, {
    dims: { ...facts.dims, ...batchDims(setup, rows.length) },
    arrays: new Map([...Object.entries(inputs), ...lasting]),
    hyper: model.hyper,
    seed: facts.seed,
    step: model.stepCount + 1,
    pass: passes + 1,
    single: facts.target === "typescript" ? "stores" : "operations",
  });
  progress.json("nonfinite", { epoch: loop.state.epoch + 1, step, ...jsonOf(culprit) });
  if (!culprit) {
    progress.say(
      `error: the loss is no longer finite in ${where}, but the reference interpreter finds no cause`,
    );
    return exitCode.diagnostics;
  }
  const { tensor, index, value, equation, place, phase, operation, operands, example } = culprit;
  const cell = index.length === 0 ? tensor : `${tensor}[${index.join(", ")}]`;
  progress.say(
    `error: training is no longer finite in ${where}: \`${cell}\` is ${value}, first of all values`,
  );
  if (place !== "") progress.say(`  --> ${place} (${phase})`);
  for (const line of equation.split("\n")) if (line !== "") progress.say(`      ${line}`);
  const reading = operands.length === 0 ? "" : `, where ${operands.join(", ")}`;
  if (operation !== "") progress.say(`  ${operation}${reading}`);
  const row = example === null ? undefined : rows[example];
  if (row !== undefined) progress.say(`  the example is ${placeOf(setup, row)}`);
  return exitCode.diagnostics;
}

/** Where an example stands in its file. */
function placeOf({ resolution }: Setup, row: number): string {
  const found = resolution.inputs.find((r) => r.input.hasExamples && r.arrays.length > 0);
  const [array] = found?.arrays ?? [];
  return array ? array.place(row * widthOf(array)) : `${row}`;
}

/** JSON has no NaN. */
function jsonOf(culprit: { readonly value: number } | null): Record<string, unknown> {
  return culprit ? { ...culprit, value: String(culprit.value) } : {};
}

/** Counts of the dimensions that vary by call: of the examples. */
function batchDims({ loaded }: Setup, count: number): Record<string, number> {
  const varying = loaded.graphs.program.dims.filter((d) => d.varies === "call");
  return Object.fromEntries(varying.map((d) => [d.name, count]));
}
