/** Imports generated modules, and looks into them by path. */

/** What every generated class has, as far as tests that know no model need it. */
export interface Trainable {
  create(options: Record<string, number>): Instance;
  load(bytes: Uint8Array): Instance;
}

export interface Instance {
  readonly parameters: unknown;
  readonly gradients: unknown;
  readonly states: unknown;
  readonly hyper: Record<string, number>;
  step(inputs: Record<string, ArrayLike<number> | number>): number;
  accumulate(inputs: Record<string, ArrayLike<number> | number>): number;
  update(): void;
  backward(inputs: Record<string, ArrayLike<number> | number>): number;
  forward(inputs: Record<string, ArrayLike<number> | number>): Record<string, unknown>;
  save(): Uint8Array;
}

/** The class of a module given as JavaScript text. */
export async function load(code: string, name: string): Promise<Trainable> {
  const url = `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`;
  const module = (await import(url)) as Record<string, Trainable>;
  return module[name]!;
}

/** Arrays by dotted path. */
export function flatten(tree: unknown, path = ""): Record<string, Float32Array> {
  if (tree instanceof Float32Array) return { [path]: tree };
  const entries = Object.entries(tree as Record<string, unknown>);
  return Object.assign(
    {},
    ...entries.map(([key, value]) => flatten(value, path === "" ? key : `${path}.${key}`)),
  );
}
