/** A diagram for other tools: DOT for Graphviz, and mermaid for pages that draw it. */
import type { Arrow, ArrowKind, Box, Diagram } from "./diagram.ts";

const headOf = (box: Box): string => (box.turns > 1 ? `${box.title} ×${box.turns}` : box.title);

const linesOf = (box: Box): string[] => [...(box.title === "" ? [] : [headOf(box)]), ...box.lines];

const numbered = (diagram: Diagram): Map<string, string> =>
  new Map(diagram.boxes.map((box, n) => [box.id, `n${n}`]));

// ---------------------------------------------------------------------------------------------------------------- DOT

const dotStyles: Readonly<Record<ArrowKind, string>> = {
  value: "",
  gradient: "penwidth=2",
  saved: "style=dashed, color=gray40, constraint=false",
  turn: "style=dotted, constraint=false",
};

const dotShapes: Readonly<Record<Box["lane"], string>> = {
  forward: "shape=box",
  parameter: "shape=box, style=filled, fillcolor=gray93",
  gradient: 'shape=box, style="filled,dotted", fillcolor=gray93',
  backward: "shape=box, style=filled, fillcolor=lightsteelblue1",
};

export function printDot(diagram: Diagram): string {
  const names = numbered(diagram);
  const quote = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;
  const label = (lines: readonly string[]): string => lines.map((l) => quote(l).slice(1, -1)).join("\\n");
  const boxes = diagram.boxes.map(
    (box) => `  ${names.get(box.id)!} [label="${label(linesOf(box))}", ${dotShapes[box.lane]}];`,
  );
  const arrows = diagram.arrows.map((a) => {
    const settings = [a.label === "" ? "" : `label=${quote(a.label)}`, dotStyles[a.kind]].filter(
      (s) => s !== "",
    );
    return `  ${names.get(a.from)!} -> ${names.get(a.to)!}${settings.length > 0 ? ` [${settings.join(", ")}]` : ""};`;
  });
  const head = [
    `digraph ${quote(diagram.name)} {`,
    "  rankdir=LR;",
    '  node [fontname="monospace", fontsize=10];',
  ];
  return `${[...head, ...boxes, ...arrows, "}"].join("\n")}\n`;
}

// ------------------------------------------------------------------------------------------------------------ mermaid

const mermaidArrows: Readonly<Record<ArrowKind, string>> = {
  value: "-->",
  gradient: "==>",
  saved: "-.->",
  turn: "-.->",
};

export function printMermaid(diagram: Diagram): string {
  const names = numbered(diagram);
  // Entities keep mermaid from reading brackets, quotes and markup of names as its own.
  const escape = (text: string): string => text.replace(/[^\w\s.,×]/g, (c) => `#${c.codePointAt(0)!};`);
  const boxes = diagram.boxes.map((box) => {
    const text = `"${linesOf(box).map(escape).join("<br>")}"`;
    const name = names.get(box.id)!;
    return `  ${name}${box.role === "input" ? `([${text}])` : `[${text}]`}:::${box.lane}`;
  });
  const arrow = (a: Arrow): string => {
    const text = a.kind === "turn" ? "next turn" : a.label;
    const label = text === "" ? "" : `|"${escape(text)}"|`;
    return `  ${names.get(a.from)!} ${mermaidArrows[a.kind]}${label} ${names.get(a.to)!}`;
  };
  const classes = [
    "  classDef forward fill:#fff,stroke:#111,color:#111",
    "  classDef parameter fill:#eee,stroke:#111,color:#111",
    "  classDef gradient fill:#eee,stroke:#111,color:#111,stroke-dasharray:2 2",
    "  classDef backward fill:#dfe7f2,stroke:#111,color:#111",
  ];
  return `${["flowchart LR", ...boxes, ...diagram.arrows.map(arrow), ...classes].join("\n")}\n`;
}
