/** The recipe of backpropagation: δˡ is the gradient at the pre-activation of layer l. */
import { precedence } from "../ir/atoms.ts";
import { verdict } from "./common.ts";
import { inMatrices, optionsFor } from "./as-matrix.ts";
import type { Layout } from "./as-matrix.ts";
import { asSteps, legend } from "./as-steps.ts";
import type { Derivation, Line, Step, Target } from "./derivation.ts";
import type { Block, Document, LayeredName, Row } from "./document.ts";
import { equation, numbersText, paragraph, placeText, rowOf } from "./document.ts";
import type { Formula, Ref } from "./formula.ts";
import { partsOf } from "./formula.ts";
import { layerNames, layersOf } from "./layers.ts";
import type { Layer } from "./layers.ts";
import type { MatrixOptions } from "./matrix.ts";
import { matrixLine } from "./matrix.ts";
import { superscript } from "./superscript.ts";
import { seedsOf, withSeeds } from "./seed.ts";
import { lineText, textOf } from "./text.ts";
import { infix } from "./translate.ts";

export function asDelta(derivation: Derivation, layout: Layout): Document {
  const { targets, model, file, doc } = derivation;
  const chains = targets.map((t) => ({ t, layers: layersOf(t) }));
  if (chains.some((c) => c.layers === null)) {
    const steps = asSteps(derivation);
    const why =
      "This network is no chain of layers, so δ has no layer to be numbered by: here are its steps.";
    return { ...steps, blocks: [paragraph([why], "note"), ...steps.blocks] };
  }
  const names = new Map<Ref, LayeredName>();
  for (const { t, layers } of chains) for (const [ref, name] of deltaNames(t, layers!)) names.set(ref, name);
  return {
    title: `${model}: the recipe of backpropagation`,
    subtitle: [doc, file].filter((x) => x !== undefined).join(" — "),
    names,
    blocks: [
      ...chains.flatMap(({ t, layers }) =>
        new DeltaPrinter(t, layers!, names, optionsFor(t, layout), file).blocks(),
      ),
      ...verdict(derivation),
    ],
  };
}

/** δ for the gradient at a pre-activation; the others keep their d. The input is a⁰. */
function deltaNames(t: Target, layers: readonly Layer[]): Map<Ref, LayeredName> {
  const names = layerNames(t, layers, (base) => (base === "z" ? "δ" : `d${base}`));
  names.set(layers[0]!.input, { base: "a", layer: "0" });
  return names;
}

class DeltaPrinter {
  private readonly t: Target;
  private readonly layers: readonly Layer[];
  private readonly names: ReadonlyMap<Ref, LayeredName>;
  private readonly options: MatrixOptions;
  private readonly file: string;
  private readonly seeds: ReadonlyMap<Ref, Formula>;

  constructor(
    t: Target,
    layers: readonly Layer[],
    names: ReadonlyMap<Ref, LayeredName>,
    options: MatrixOptions,
    file: string,
  ) {
    this.t = t;
    this.layers = layers;
    this.names = names;
    this.options = options;
    this.file = file;
    this.seeds = seedsOf(t);
  }

  blocks(): Block[] {
    const { t, layers } = this;
    const rows = layers.map((_, i) => layers.length - 1 - i).flatMap((i) => this.layer(i));
    return [
      legend(
        [
          {
            ...layers[0]!,
            z: layers[0]!.input,
            output: layers[0]!.input,
            weight: layers[0]!.input,
            bias: null,
          },
          ...layers,
        ],
        this.names,
      ),
      paragraph([`δˡ is ∂${t.of}/∂zˡ. A vector is a column; ⊙ multiplies cell by cell.`]),
      { kind: "heading", text: "Forward" },
      {
        kind: "rows",
        rows: t.forward.flatMap((f) =>
          f.lines.map((l) => ({ ...inMatrices(l, this.options, placeText(f.place, this.file)), ref: f.ref })),
        ),
      },
      { kind: "heading", text: "Backward" },
      { kind: "rows", rows },
    ];
  }

  private layer(i: number): Row[] {
    const { z, weight, bias } = this.layers[i]!;
    const step = (ref: Ref | null): Step | undefined => this.t.backward.find((s) => s.wrt === ref);
    const own = [step(z), step(weight), step(bias)].filter((s) => s !== undefined);
    return own.flatMap((s) => this.rowsOf(s, i + 1));
  }

  private rowsOf(s: Step, layer: number): Row[] {
    const left: Formula = this.layers.some((l) => l.z === s.wrt)
      ? { kind: "read", ref: s.ref, subscripts: [] }
      : {
          kind: "derivative",
          of: { kind: "read", ref: this.t.of, subscripts: [] },
          by: { kind: "read", ref: s.wrt, subscripts: [] },
        };
    const rows = s.result.flatMap((l): Row[] => {
      const clean = { ...l, right: withSeeds(l.right, this.seeds) };
      const matrix = matrixLine(clean, this.options);
      if (!matrix) return [{ ...inMatrices(clean, this.options, ""), ref: s.ref }];
      const whole = { ...matrix, left, right: this.writtenOut(matrix.right) };
      const prime = this.prime(s, whole);
      const general = this.general(prime ?? whole, layer);
      return [
        { ...rowOf(prime ?? whole, general), ref: s.ref },
        ...(prime ? [{ ...rowOf(whole, "", true), ref: s.ref }] : []),
      ];
    });
    return s.numbers ? [...rows, equation(null, { kind: "name", name: numbersText(s.numbers) })] : rows;
  }

  /** daˡ, which the recipe does not name, as (Wˡ⁺¹)ᵀ δˡ⁺¹. */
  private writtenOut(f: Formula): Formula {
    if (f.kind === "read") {
      const step = this.t.backward.find(
        (s) => s.ref === f.ref && this.layers.some((l) => l.output === s.wrt && l.z !== s.wrt),
      );
      const [line, ...more] = step?.result ?? [];
      const matrix =
        line && more.length === 0
          ? matrixLine({ ...line, right: withSeeds(line.right, this.seeds) }, this.options)
          : null;
      return matrix ? matrix.right : f;
    }
    if (f.kind === "infix") return { ...f, operands: f.operands.map((o) => this.writtenOut(o)) };
    if (f.kind === "prefix" || f.kind === "transposed") return { ...f, operand: this.writtenOut(f.operand) };
    return f;
  }

  /** upstream ⊙ σ′(z), where the step is the derivative of one function of z and nothing else. */
  private prime(s: Step, line: Line): Line | null {
    const [c, ...more] = s.contributions;
    const reader = this.t.forward.find((f) => f.ref === c?.reader);
    const call = reader?.lines.length === 1 ? reader.lines[0]!.right : undefined;
    if (!c || more.length > 0 || call?.kind !== "call" || call.operands[0]?.kind !== "read") return null;
    if (call.operands.length !== 1 || call.operands[0].ref !== s.wrt || c.upstream?.kind !== "read")
      return null;
    // Only where simplification left the product as the chain rule made it.
    if (s.result.map((l) => lineText(l)).join() !== lineText(c.line)) return null;
    const upstream = this.writtenOut({ kind: "read", ref: c.upstream.ref, subscripts: [] });
    const { symbol, callee } = call;
    const derivative: Formula = {
      kind: "call",
      callee: `${callee}′`,
      ...(symbol === undefined ? {} : { symbol: `${symbol}′` }),
      operands: [{ kind: "read", ref: s.wrt, subscripts: [] }],
    };
    const isVector = call.operands[0].subscripts.length > 0;
    return { ...line, right: infix(isVector ? "⊙" : "·", precedence.mul, upstream, derivative) };
  }

  /** The same for any layer: its number is l, that of the last L. */
  private general(line: Line, layer: number): string {
    const last = this.layers.length;
    const isOutput = layer === last;
    const uses = partsOf(line.right).some((p) => p.kind === "read" && !this.names.has(p.ref));
    if (isOutput && uses)
      return this.spelled(line, (n) => (n === last ? "L" : n === last - 1 ? "L-1" : `${n}`));
    return this.spelled(line, (n) => (n === layer ? "l" : `l${n > layer ? "+" : "-"}${Math.abs(n - layer)}`));
  }

  private spelled(line: Line, number: (n: number) => string): string {
    const named = (ref: Ref): string => {
      const name = this.names.get(ref);
      return name ? name.base + superscript(number(Number(name.layer))) : ref;
    };
    return `${textOf(line.left, named)} = ${textOf(line.right, named)}`;
  }
}
