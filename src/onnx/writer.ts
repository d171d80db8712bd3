/** Collects the nodes and constants of an ONNX graph; what is asked for twice is there once. */
import type { Attribute, ElementType, Initializer, Node } from "./format.ts";

export class GraphWriter {
  nodes: Node[] = [];
  initializers: Initializer[] = [];
  private readonly made = new Map<string, string>();
  private readonly taken = new Set<string>();
  /** What values were called before they became outputs. */
  private readonly renamed = new Map<string, string>();
  /** What is being computed: names of values on the way to it begin with it. */
  subject = "";

  /** The value that an operator computes of others. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const key = JSON.stringify([operator, inputs, attributes]);
    const known = this.made.get(key);
    if (known !== undefined) return known;
    const output = this.unique(`${this.subject}/${operator}`);
    this.nodes.push({ operator, inputs: [...inputs], output, attributes });
    this.made.set(key, output);
    return output;
  }

  constant(type: ElementType, shape: readonly number[], values: readonly number[]): string {
    const key = `${type}[${shape.join()}]${values.map((v) => (Object.is(v, -0) ? "-0" : String(v))).join()}`;
    const known = this.made.get(key);
    if (known !== undefined) return known;
    const isShort = values.length === 1 && shape.length <= 1;
    const name = this.unique(
      isShort ? `${type}${shape.length === 0 ? "" : "[]"}/${values[0]}` : `${type}/constant`,
    );
    this.initializers.push({ name, type, shape, values });
    this.made.set(key, name);
    return name;
  }

  /** The integers of a shape, of axes or of places, which many operators take as an input. */
  integers(values: readonly number[]): string {
    return this.constant("int64", [values.length], values);
  }

  initializer(initializer: Initializer): string {
    this.initializers.push({ ...initializer, name: this.unique(initializer.name) });
    return this.initializers.at(-1)!.name;
  }

  /** The name, or one like it where it is taken. */
  unique(name: string): string {
    let free = name;
    for (let n = 2; this.taken.has(free); n++) free = `${name}_${n}`;
    this.taken.add(free);
    return free;
  }

  /** Gives the last value the name of what it is, and its formula; a value that has a name already is left as it is. */
  call(value: string, name: string, doc: string): string {
    const node = this.nodes.at(-1);
    if (node?.output !== value || node.doc !== undefined) return value;
    node.output = this.unique(name);
    node.doc = doc;
    for (const [key, known] of this.made) if (known === value) this.made.set(key, node.output);
    return node.output;
  }

  /** What was computed last. */
  get latest(): string | undefined {
    return this.nodes.at(-1)?.output;
  }

  /** Keeps a name for an output. */
  reserve(name: string): void {
    this.taken.add(name);
  }

  /** Drops what no output needs. */
  prune(outputs: readonly string[]): void {
    const needed = new Set(outputs);
    for (const node of this.nodes.toReversed())
      if (needed.has(node.output)) node.inputs.forEach((input) => needed.add(input));
    this.nodes = this.nodes.filter((n) => needed.has(n.output));
    this.initializers = this.initializers.filter((i) => needed.has(i.name));
  }

  /** The value under the name of an output: it is called so from now on, or copied where it has to keep its own. */
  expose(value: string, name: string, outputs: readonly string[]): string {
    const own = this.renamed.get(value) ?? value;
    if (own === name && this.nodes.some((n) => n.output === own)) return name;
    if (this.nodes.some((n) => n.output === name)) this.rename(name, this.unique(name));
    if (outputs.includes(own) || !this.nodes.some((n) => n.output === own))
      this.nodes.push({ operator: "Identity", inputs: [own], output: name, attributes: {} });
    else this.rename(own, name);
    return name;
  }

  private rename(value: string, name: string): void {
    for (const node of this.nodes) {
      if (node.output === value) node.output = name;
      node.inputs.forEach((input, i) => input === value && (node.inputs[i] = name));
    }
    this.renamed.set(value, name);
  }
}
