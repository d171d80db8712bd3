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
  const locals = new Map(parameters.map(([n, kind]) => [n, type(kind, lanes)]));
  const operands = parameters.map(([n]): Wat => ["local.get", `$${n}`]);
  const { statements, result } = inline(operands, (wanted, localType) => {
    let unique = wanted;
    for (let n = 2; locals.has(unique); n++) unique = `${wanted}${n}`;
    locals.set(unique, localType);
    return unique;
  });
  const declared = [...locals].map(([n, t]) => [`$${n}`, t]);
  const head = declared.slice(0, parameters.length).map(([n, t]) => `(param ${n} ${t})`);
  const lines = [
    ...commentLines([description.comment]),
    `(func $${name} ${head.join(" ")} (result ${type(description.result, lanes)})`,
    ...filled(declared.slice(parameters.length).map(([n, t]) => `(local ${n} ${t})`)),
    ...[...statements, result].map((statement) => layOut(statement, 1)),
  ];
  return {
    text: `${lines.join("\n")})`,
    calls: [],
    inline,
    operands: declared.slice(0, parameters.length).map(([, t]) => t!),
    result: type(description.result, lanes),
  };
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
