/** Finds what every input of a model is read from. */
import type { Arrays, DataArray } from "./arrays.ts";
import { DataError, widthOf } from "./arrays.ts";
import type { ModelInput } from "../ir/inputs.ts";
import type { Encodings } from "./encoding.ts";
import type { Form, Mapping } from "./mapping.ts";
import { missing, select, selectByName } from "./mapping.ts";

/** An input and its fields. */
export interface Resolved {
  readonly input: ModelInput;
  readonly form: Form;
  readonly arrays: readonly DataArray[];
  /** Of form `value`. */
  readonly value: number;
  /** The user said which fields. */
  readonly isNamed?: true;
}

export interface Resolution {
  readonly inputs: readonly Resolved[];
  readonly examples: number;
}

/**
 * By `--map`, else by name. `files` is what messages call the data. Throws a `DataError` where nothing is found, a name
 * of `mappings` is no input, or arrays have different counts of examples.
 */
export function resolveInputs(
  inputs: readonly ModelInput[],
  mappings: readonly Mapping[],
  arrays: Arrays,
  files: string,
): Resolution {
  const names = inputs.map((i) => i.name);
  for (const { input } of mappings) {
    if (!names.includes(input))
      throw new DataError(
        `--map ${input}=…: the model has no input \`${input}\`; it has ${names.join(", ")}`,
      );
  }
  const byInput = new Map(mappings.map((m) => [m.input, m]));
  const isRest = (m: Mapping): boolean => m.parts.includes("*");
  const used = new Set<string>();
  const resolved = new Map<ModelInput, Resolved>();
  // What takes all the rest comes last.
  const order = inputs.toSorted((a, b) => Number(rest(a)) - Number(rest(b)));
  function rest(input: ModelInput): boolean {
    const mapping = byInput.get(input.name);
    return mapping !== undefined && isRest(mapping);
  }
  for (const input of order) {
    const mapping = byInput.get(input.name);
    const found = resolveOne(input, mapping, arrays, used, files);
    for (const array of found.arrays) used.add(array.name);
    resolved.set(input, found);
  }
  const list = inputs.map((input) => resolved.get(input)!);
  return { inputs: list, examples: countExamples(list) };
}

function resolveOne(
  input: ModelInput,
  mapping: Mapping | undefined,
  arrays: Arrays,
  used: ReadonlySet<string>,
  files: string,
): Resolved {
  if (mapping?.form === "value") {
    return { input, form: "value", arrays: [], value: Number(mapping.parts[0]) };
  }
  const found = mapping ? select(mapping, arrays, used, files) : selectByName(input.name, arrays);
  if (found === null) {
    const what = `column or array \`${input.name}\``;
    throw new DataError(missing(input.name, what, [...arrays.keys()], files));
  }
  const form = mapping?.form ?? "plain";
  return { input, form, arrays: found, value: NaN, ...(mapping && { isNamed: true }) };
}

/** The fields that encodings name, in other data. */
export function resolveAgain(
  inputs: readonly ModelInput[],
  encodings: Encodings,
  arrays: Arrays,
  files: string,
): Resolution {
  const list = inputs.map((input): Resolved => {
    const encoding = encodings[input.name];
    if (!encoding) throw new DataError(`the saved model does not say how input \`${input.name}\` is read`);
    const found = encoding.fields.map((name) => {
      const array = arrays.get(name);
      if (array) return array;
      const names = [...arrays.keys()];
      throw new DataError(missing(input.name, `\`${name}\``, names, files).replace(/ Say which.*$/s, ""));
    });
    return { input, form: "plain", arrays: found, value: encoding.value ?? NaN };
  });
  return { inputs: list, examples: countExamples(list) };
}

function countExamples(inputs: readonly Resolved[]): number {
  const counted = inputs
    .filter((r) => r.input.hasExamples)
    .flatMap((r) => r.arrays.map((array) => ({ input: r.input, array, count: array.shape[0]! })));
  const [first] = counted;
  if (!first) throw new DataError("no input of the model takes examples from the data");
  const other = counted.find((c) => c.count !== first.count);
  if (other) {
    throw new DataError(
      `${other.array.place(0).replace(/:.*$/s, "")}: \`${other.array.name}\` has ${other.count} examples, ` +
        `but \`${first.array.name}\` has ${first.count}`,
    );
  }
  if (first.count === 0) throw new DataError(`\`${first.array.name}\` has no examples`);
  return first.count;
}

/** The examples that lack nothing, in order. */
export function completeExamples({ inputs, examples }: Resolution): Int32Array {
  const lacks = new Uint8Array(examples);
  for (const { input, form, arrays } of inputs) {
    if (!input.hasExamples || form === "given") continue;
    for (const array of arrays) {
      const width = widthOf(array);
      const ids = array.textCount > 0 ? array.texts().ids : null;
      for (let i = 0; i < array.values.length; i++) {
        if (Number.isNaN(array.values[i]) && !(ids && ids[i]! >= 0)) lacks[Math.floor(i / width)] = 1;
      }
    }
  }
  return Int32Array.from({ length: examples }, (_, i) => i).filter((i) => lacks[i] === 0);
}
