/** The chain rule in index notation, step by step: exact for every rank, and the notation that all others fall back to. */
import { precedence } from "../ir/atoms.ts";
import { listed } from "./contributions.ts";
import type { Contribution, Derivation, ForwardStep, Line, Name, Step, Target } from "./derivation.ts";
import { cancelling, differencesText, links, rulesText, verdict } from "./common.ts";
import type { Block, Document, Inline, Row } from "./document.ts";
import {
  checkSummary,
  equation,
  numbersText,
  paragraph,
  placeText,
  rowOf,
  rowsOf,
  scientific,
} from "./document.ts";
import type { Formula, Ref } from "./formula.ts";
import { lineText, textOf } from "./text.ts";
import { infix } from "./translate.ts";

/** 1: what is asked and what comes out. 2: rule by rule. 3: every comparison and the generated code as well. */
export type Detail = 1 | 2 | 3;

export function asIndex(derivation: Derivation, detail: Detail): Document {
  const { targets, model, file, doc } = derivation;
  const several = targets.length > 1;
  return {
    title: `${model}: the gradients of ${listed(targets.map((t) => t.of))}`,
    subtitle: [doc, file].filter((x) => x !== undefined).join(" — "),
    names: new Map(),
    blocks: [
      ...targets.flatMap((t) => [
        ...(several ? [{ kind: "heading", text: `The gradients of ${t.of}` } as const] : []),
        ...new IndexPrinter(derivation, t, detail).blocks(),
      ]),
      ...verdict(derivation),
    ],
  };
}

class IndexPrinter {
  private readonly derivation: Derivation;
  private readonly target: Target;
  private readonly detail: Detail;
  private readonly forward: ReadonlyMap<Ref, ForwardStep>;
  private readonly numbers: ReadonlyMap<Ref, number>;

  constructor(derivation: Derivation, target: Target, detail: Detail) {
    this.derivation = derivation;
    this.target = target;
    this.detail = detail;
    this.forward = new Map(target.forward.map((f) => [f.ref, f]));
    this.numbers = new Map(target.backward.map((s, i) => [s.ref, i + 1]));
  }

  blocks(): Block[] {
    const { of, backward } = this.target;
    return [
      paragraph([
        `d in front of a name is the gradient of ${of}: dx stands for `,
        { formula: slope(of, "x") },
        ".",
      ]),
      ...this.given(),
      { kind: "heading", text: "Forward" },
      this.definitions(),
      {
        kind: "heading",
        text: `Backward, from ${of}`,
      },
      ...backward.map((s) => this.step(s)),
    ];
  }

  /** What the model is given and what it learns. */
  private given(): Block[] {
    const shown = this.target.names.filter(
      (n) => n.role === "input" || n.role === "parameter" || n.role === "state",
    );
    const order = ["input", "parameter", "state"];
    shown.sort((a, b) => order.indexOf(a.role) - order.indexOf(b.role));
    const row = (n: Name): Inline[][] => [
      [{ link: n.ref, text: n.ref }],
      [`[${n.shape.join(", ")}]`],
      [n.role],
      [placeText(n.place, this.derivation.file)],
      ...(n.numbers ? [[numbersText(n.numbers, 4)]] : []),
    ];
    const head = ["given", "shape", "", "", ...(shown.some((n) => n.numbers) ? ["value"] : [])];
    return [{ kind: "table", head, rows: shown.map((n) => ({ ref: n.ref, cells: row(n) })) }];
  }

  private definitions(): Block {
    const values = new Map(this.target.names.map((n) => [n.ref, n.numbers]));
    const rows = this.target.forward.flatMap((f): Row[] => {
      const place = placeText(f.place, this.derivation.file, this.detail === 3 ? f.within : null);
      const lines = f.lines
        .flatMap((l, i) => rowsOf(l, i === 0 ? place : ""))
        .map((r) => ({ ...r, ref: f.ref }));
      const value = values.get(f.ref);
      return value ? [...lines, numberRow(numbersText(value))] : lines;
    });
    return { kind: "rows", rows };
  }

  // ------------------------------------------------------------------------------------------------------------- a step

  private step(s: Step): Block {
    const { of } = this.target;
    const shape = s.shape.length > 0 ? `, [${s.shape.join(", ")}] as ${s.wrt}` : "";
    const title: Inline[] = [
      `(${this.numbers.get(s.ref)!}) `,
      { link: s.ref, text: s.ref },
      " = ",
      { formula: slope(of, s.wrt) },
      shape,
    ];
    const several = s.contributions.length > 1;
    const value = s.numbers ? [numberRow(numbersText(s.numbers))] : [];
    const last = (c: Contribution): Row[] => [...this.chain(c, s), ...this.simplified(s, c.line), ...value];
    const together = [...this.simplified(s, null), ...value];
    const blocks: Block[] = [
      paragraph(this.readers(s)),
      ...s.contributions.flatMap((c): Block[] => [
        { kind: "rows", rows: several ? this.chain(c, s) : last(c) },
        ...this.words(c),
      ]),
      ...(several && together.length > 0 ? [{ kind: "rows", rows: together } as const] : []),
      ...this.ending(s),
    ];
    return { kind: "section", ref: s.ref, role: "backward", title, blocks };
  }

  /** Who reads the tensor, and where its gradient goes. */
  private readers(s: Step): Inline[] {
    const readers = [...new Set(s.contributions.map((c) => c.reader))].filter((r) => r !== s.wrt);
    const who = readers.flatMap((r, i): Inline[] => {
      const place = placeText(this.forward.get(r)?.place ?? null, this.derivation.file);
      return [
        i === 0 ? "" : i === readers.length - 1 ? " and " : ", ",
        { link: r, text: r },
        place === "" ? "" : ` (${place})`,
      ];
    });
    const meet = s.contributions.length > 1 ? " ⊕ Paths meet: what they contribute is added." : "";
    const read: Inline[] =
      who.length > 0
        ? [`${s.wrt} is read by `, ...who, `.${meet}`]
        : ["The gradient of a number by itself is 1."];
    const asked = s.isResult ? [" Asked for."] : [];
    const needed: Inline[] =
      s.readBy.length > 0
        ? [
            " Needed by ",
            ...s.readBy.flatMap((r, i): Inline[] => [i > 0 ? ", " : "", { link: r, text: this.label(r) }]),
            ".",
          ]
        : [];
    return [...read, ...asked, ...needed];
  }

  private label(ref: Ref): string {
    const number = this.numbers.get(ref);
    return number === undefined ? ref : `(${number})`;
  }

  /** ∂L/∂W[k, j] = Σ ∂L/∂z[b, j] · ∂z[b, j]/∂W[k, j], then the same with the local gradient. */
  private chain(c: Contribution, s: Step): Row[] {
    const { of } = this.target;
    if (!c.read || !c.upstream || c.upstream.kind !== "read") {
      const why = {
        seed: "seed",
        given: "its gradient is given by hand",
        shape: "the same cells in another shape",
        chain: "",
      }[c.kind];
      return rowsOf(c.line, why);
    }
    const reader: Formula = { kind: "read", ref: c.reader, subscripts: c.upstream.subscripts };
    const factors = infix(
      "·",
      precedence.mul,
      { kind: "derivative", of: { kind: "read", ref: of, subscripts: [] }, by: reader },
      { kind: "derivative", of: reader, by: c.read },
    );
    // In terms of the reader's own indices, the rule sums over all that read the same cell.
    const body: Formula =
      c.summed.length > 0
        ? { kind: "reduce", reducer: "sum", indices: c.summed, where: [], body: factors }
        : factors;
    const left: Formula = { kind: "derivative", of: { kind: "read", ref: of, subscripts: [] }, by: c.read };
    const rule = s.contributions.length > 1 ? `through ${c.reader}` : "the chain rule";
    const local: Formula = { kind: "derivative", of: reader, by: c.read };
    const line = rowsOf(c.line, "", false);
    return [
      equation(left, body, rule),
      ...(this.detail === 3 && c.local ? [equation(local, c.local, "the local gradient")] : []),
      ...line,
    ];
  }

  private words(c: Contribution): Block[] {
    if (this.detail === 1 || c.words.length === 0) return [];
    return [paragraph([c.words.join(" ")], "note")];
  }

  /** Rule by rule, or only what is left. */
  private simplified(s: Step, from: Line | null): Row[] {
    const rewrites = s.rewrites.map((i) => this.target.simplify[i]!);
    let last = from ? lineText(from) : "";
    const rows: Row[] = [];
    const add = (lines: readonly Line[], note: string): void => {
      const text = lines.map((l) => lineText(l)).join("\n");
      if (text === last || lines.length === 0) return;
      const goesOn =
        lines.length === 1 &&
        last !== "" &&
        !last.includes("\n") &&
        leftOf(lines[0]!) === last.split(" = ")[0];
      last = text;
      lines.forEach((l, i) => rows.push(...rowsOf(l, i === 0 ? note : "", goesOn)));
    };
    if (this.detail === 1) {
      add(s.result, rulesText(rewrites.flatMap((r) => r.rules)));
      return rows;
    }
    for (const r of rewrites) {
      const { lines, note } = cancelling(r);
      add(lines, [`with ${listed(r.through)} written out`, ...note].join("; "));
      add(r.after, rulesText(r.rules, this.detail === 3 ? Infinity : 2));
    }
    add(s.result, "what is left");
    return rows;
  }

  private ending(s: Step): Block[] {
    const blocks: Block[] = [];
    const into = s.into.filter((r) => this.numbers.has(r));
    if (s.result.length === 0 && into.length > 0)
      blocks.push(
        paragraph(
          [
            "Written out in ",
            ...links(into, (r) => `${r} ${this.label(r)}`),
            ", so nothing of it is left to compute.",
          ],
          "note",
        ),
      );
    if (s.differences) {
      const isClose = s.differences.deviation < 1e-6;
      blocks.push(paragraph([differencesText(s.differences)], isClose ? "note" : "bad"));
    }
    if (s.compiled.length > 0 && this.detail >= 2)
      blocks.push({ kind: "rows", rows: s.compiled.map((l) => rowOf(l, "as the module computes it")) });
    return [...blocks, ...this.checks(s), ...this.code(s)];
  }

  private checks(s: Step): Block[] {
    const own = [
      ...s.contributions.flatMap((c) => c.checks),
      ...s.checks,
      ...s.rewrites.map((i) => this.target.simplify[i]!.check),
    ];
    if (this.detail < 3)
      return own.every((c) => c.passed) ? (this.detail === 2 ? checkSummary(own) : []) : checkSummary(own);
    return own.map((c) =>
      paragraph(
        [
          `${c.passed ? "✓" : "✗"} ${c.what}: ${c.cells} values, largest difference ${scientific(c.difference)}`,
        ],
        c.passed ? "good" : "bad",
      ),
    );
  }

  private code(s: Step): Block[] {
    const lines = this.derivation.code.filter((l) => l.ref === s.ref);
    return this.detail === 3 && lines.length > 0 ? [{ kind: "code", lines }] : [];
  }
}

const leftOf = (line: Line): string => textOf(line.left);

const slope = (of: Ref, by: Ref): Formula => ({
  kind: "derivative",
  of: { kind: "read", ref: of, subscripts: [] },
  by: { kind: "read", ref: by, subscripts: [] },
});

const numberRow = (text: string): Row => equation(null, { kind: "name", name: text });
