/** From the description of an algorithm to its two functions, for one number and for four. */
import { comment as commentLines, layOut, type Wat } from "../text.ts";
import { type, type Kind, type Lanes, type Value } from "./values.ts";
import { Writer } from "./writer.ts";

/** A mathematical function of 32-bit floats or integers. */
export interface MathFunction {
  /** The function, named as in the table. */
  readonly text: string;
  /** Names of the other functions that it calls. */
  readonly calls: readonly string[];
}

/** One whose algorithm can stand in another function too. */
export interface LanewiseFunction extends MathFunction {
  /** The types of its parameters, and of its result. */
  readonly operands: readonly string[];
  readonly result: string;
  /**
   * Its algorithm, to stand in another function, where it takes about half the time: in a loop, the constants of
   * vectors are made once. The operands must be reads of locals or constants.
   */
  readonly inline: (operands: readonly Wat[], fresh: Fresh) => Inlined;
}

/** Declares a local of this type, and returns its name, without the `$`. */
export type Fresh = (name: string, type: string) => string;

/** Statements, after which the result is the value of an expression that may be read once. */
export interface Inlined {
  readonly statements: readonly Wat[];
  readonly result: Wat;
}

/** The kind of each parameter, by name and in order. */
type Parameters = Readonly<Record<string, Kind>>;

type Values<P extends Parameters> = { readonly [N in keyof P]: Value<P[N]> };

interface Description<P extends Parameters> {
  readonly name: string;
  /** What it computes and how precisely, for a reader of the text. */
  readonly comment: string;
  readonly parameters: P;
  readonly result: Kind;
  /** Writes the algorithm and says what its result is. */
  readonly body: (w: Writer, parameters: Values<P>) => Value;
}

/** The function of one number and the one of four, by name: the second has a 4 at its end. */
export function lanewise<const P extends Parameters>(
  description: Description<P>,
): Record<string, LanewiseFunction> {
  const { name } = description;
  return { [name]: written(description, name, 1), [`${name}4`]: written(description, `${name}4`, 4) };
}

function written<P extends Parameters>(
  description: Description<P>,
  name: string,
  lanes: Lanes,
): LanewiseFunction {
  const parameters = Object.entries<Kind>(description.parameters);
  const inline: LanewiseFunction["inline"] = (operands, fresh) => {
    const writer = new Writer(lanes, fresh);
    const values = parameters.map(([n, kind], i): [string, Value] => [n, { kind, parts: [operands[i]!] }]);
    const output = description.body(writer, Object.fromEntries(values) as Values<P>);
    return { statements: writer.statements, result: output.parts[0]! };
  };
  const operands = parameters.map(([, kind]) => type(kind, lanes));
  const result = type(description.result, lanes);
  const head = `(func $${name} ${parameters.map(([n], i) => `(param $${n} ${operands[i]})`).join(" ")} (result ${result})`;
  // Written when it is asked for: a module holds few of all functions.
  let text: string | undefined;
  return {
    get text() {
      return (text ??= textOf(
        [...commentLines([description.comment]), head],
        new Map(parameters.map(([n], i) => [n, operands[i]!])),
        inline,
      ));
    },
    calls: [],
    inline,
    operands,
    result,
  };
}

/** A function as WebAssembly text; `parameters` are those of its locals that are declared by its head. */
function textOf(
  head: readonly string[],
  parameters: ReadonlyMap<string, string>,
  inline: LanewiseFunction["inline"],
): string {
  const locals = new Map(parameters);
  const operands = [...parameters.keys()].map((n): Wat => ["local.get", `$${n}`]);
  const { statements, result } = inline(operands, (wanted, localType) => {
    let unique = wanted;
    for (let n = 2; locals.has(unique); n++) unique = `${wanted}${n}`;
    locals.set(unique, localType);
    return unique;
  });
  const declared = [...locals].slice(parameters.size);
  const lines = [
    ...head,
    ...filled(declared.map(([n, t]) => `(local $${n} ${t})`)),
    ...[...statements, result].map((statement) => layOut(statement, 1)),
  ];
  return `${lines.join("\n")})`;
}

/** Declarations, as many on a line as fit. */
function filled(declarations: readonly string[]): string[] {
  const lines: string[] = [];
  for (const declaration of declarations) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + declaration.length < 100) {
      lines[lines.length - 1] = `${last} ${declaration}`;
    } else lines.push(`  ${declaration}`);
  }
  return lines;
}
