/** A circuit as a table: node, value, local gradient, chain rule, result; and what each gate does to gradients. */
import { verdict } from "./common.ts";
import type { Derivation, ForwardStep, Step, Target } from "./derivation.ts";
import type { Block, Document, Inline } from "./document.ts";
import { numbersText, placeText } from "./document.ts";
import type { Formula, Ref } from "./formula.ts";
import { refsOf } from "./formula.ts";
import { numberText, rightText, textOf } from "./text.ts";
import { product } from "./translate.ts";
import { seedsOf, withSeeds } from "./seed.ts";

export function asTable(derivation: Derivation): Document {
  const { targets, model, file, doc } = derivation;
  return {
    title: `${model}: the gradients of ${targets.map((t) => t.of).join(" and ")}, node by node`,
    subtitle: [doc, file].filter((x) => x !== undefined).join(" — "),
    names: new Map(),
    blocks: [
      ...targets.flatMap((t): Block[] => [
        { kind: "heading", text: "Forward" },
        forwardTable(t, file),
        { kind: "heading", text: `Backward, from ${t.of}` },
        backwardTable(t),
        ...endings(t),
      ]),
      ...verdict(derivation),
    ],
  };
}

function forwardTable(t: Target, file: string): Block {
  const value = (ref: string): string => {
    const numbers = t.names.find((n) => n.ref === ref)?.numbers;
    return numbers ? numbersText(numbers, 4) : "";
  };
  const order = ["input", "parameter", "state"];
  const given = t.names
    .filter((n) => order.includes(n.role))
    .toSorted((a, b) => order.indexOf(a.role) - order.indexOf(b.role));
  const rows = [
    ...given.map((n) => ({
      ref: n.ref,
      cells: [n.ref, n.role, copies(n.ref, t), value(n.ref), placeText(n.place, file)],
    })),
    ...t.forward.map((f) => {
      const is = f.lines.map((l) => rightText(l)).join("; ");
      const gate = [gateOf(f, t), copies(f.ref, t)].filter((x) => x !== "").join(", ");
      return {
        ref: f.ref,
        cells: [textOf(f.lines[0]!.left), is, gate, value(f.ref), placeText(f.place, file)],
      };
    }),
  ];
  return tableOf(["node", "is", "gate", "value", "source"], rows);
}

/** A table without the columns that are empty. */
function tableOf(head: readonly string[], rows: readonly { ref: Ref; cells: readonly string[] }[]): Block {
  const keep = (_: unknown, i: number): boolean => rows.some((r) => r.cells[i] !== "");
  return {
    kind: "table",
    head: head.filter(keep),
    rows: rows.map((r) => ({ ref: r.ref, cells: r.cells.filter(keep).map((c): Inline[] => [c]) })),
  };
}

function backwardTable(t: Target): Block {
  const seeds = seedsOf(t);
  const of: Formula = { kind: "read", ref: t.of, subscripts: [] };
  const rows = t.backward
    .filter((s) => s.wrt !== t.of)
    .flatMap((s) => {
      const several = s.contributions.length > 1;
      const parts = s.contributions.map((c) => {
        const [read, local, upstream] = [c.read, c.local, c.upstream];
        if (!read || !local || upstream?.kind !== "read")
          return {
            ref: s.ref,
            cells: [s.wrt, "", "", textOf(withSeeds(c.line.right, seeds)), several ? "" : valueText(s)],
          };
        const reader: Formula = { kind: "read", ref: c.reader, subscripts: upstream.subscripts };
        const derivative = (x: Formula, by: Formula): Formula => ({ kind: "derivative", of: x, by });
        return {
          ref: s.ref,
          cells: [
            textOf(read),
            `${textOf(derivative(reader, read))} = ${textOf(c.collected?.local ?? local)}`,
            textOf(product(derivative(of, reader), derivative(reader, read))),
            textOf(c.collected?.whole ?? withSeeds(c.line.right, seeds)),
            several ? "" : valueText(s),
          ],
        };
      });
      if (!several) return parts;
      const total = s.collected
        ? textOf(s.collected)
        : s.contributions.map((_, i) => `(${i + 1})`).join(" + ");
      return [
        ...parts,
        { ref: s.ref, cells: ["", "", `${textOf(derivativeOf(t, s))}, added`, total, valueText(s)] },
      ];
    });
  return tableOf(["node", "local gradient", "chain rule", "result", "value"], rows);
}

const derivativeOf = (t: Target, s: Step): Formula => ({
  kind: "derivative",
  of: { kind: "read", ref: t.of, subscripts: [] },
  by: { kind: "read", ref: s.wrt, subscripts: [] },
});

const valueText = (s: Step): string => (s.numbers ? numbersText(s.numbers, 4) : "");

/** What a node does with the gradient that arrives: seen in its formula and its local gradients. */
function gateOf(f: ForwardStep, t: Target): string {
  const right = f.lines[0]!.right;
  const local = t.backward
    .flatMap((s) => s.contributions)
    .find((c) => c.reader === f.ref && c.local !== null)?.local;
  if (!local) return "";
  if (local.kind === "bracket") return "routes";
  if (right.kind !== "infix" || refsOf(right).length < 2) return "";
  if (right.operator === "+" || right.operator === "−") return "distributes";
  return right.operator === "·" ? "switches" : "";
}

/** What several nodes read is copied: its gradients are summed. */
const copies = (ref: Ref, t: Target): string =>
  (t.backward.find((s) => s.wrt === ref)?.contributions.length ?? 0) > 1
    ? "copied: gradients are summed"
    : "";

/** ∂L/∂w = L²·z4·x: what was asked for, in one line each. */
function endings(t: Target): Block[] {
  const asked = t.backward.filter((s) => s.isResult && s.wrt !== t.of);
  const rows = asked.flatMap((s) => {
    const whole =
      s.collected ?? (s.contributions.length === 1 ? s.contributions[0]!.collected?.whole : undefined);
    if (!whole) return [];
    const value = s.numbers && s.numbers.shape.length === 0 ? `= ${numberText(s.numbers.cells[0]!)}` : "";
    return [
      {
        left: derivativeOf(t, s),
        relation: "=",
        right: whole,
        where: [],
        ranges: [],
        note: value,
        ref: s.ref,
      },
    ];
  });
  return rows.length > 0 ? [{ kind: "rows", rows }] : [];
}
