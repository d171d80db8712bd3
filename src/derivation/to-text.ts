/** A document as text of at most 100 columns, the same for terminals, golden tests and screen readers. */
import type { Block, Document, Inline, Row } from "./document.ts";
import { layeredText } from "./names.ts";
import type { Naming } from "./text.ts";
import { rightText, textOf } from "./text.ts";

export const textWidth = 100;

export function toText(document: Document): string {
  const printer = new TextPrinter((ref) => layeredText(document.names, ref));
  const lines = [
    ...wrap(document.title, 0),
    ...(document.subtitle === "" ? [] : wrap(document.subtitle, 0)),
    ...printer.blocks(document.blocks, 0),
  ];
  // Spaces inside brackets do not break.
  return `${lines
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .replaceAll("\u00a0", " ")}\n`;
}

class TextPrinter {
  private readonly named: Naming;

  constructor(named: Naming) {
    this.named = named;
  }

  blocks(blocks: readonly Block[], indent: number): string[] {
    return blocks.flatMap((b, i) => {
      const before = blocks[i - 1];
      // Definitions follow each other like the rows of one block.
      const together =
        b.kind === "section" &&
        before?.kind === "section" &&
        b.title.length === 0 &&
        before.title.length === 0;
      return [...(indent === 0 && !together ? [""] : []), ...this.block(b, indent)];
    });
  }

  private block(b: Block, indent: number): string[] {
    switch (b.kind) {
      case "heading":
        return [b.text, "─".repeat([...b.text].length)];
      case "paragraph":
        return wrap(this.inline(b.content), indent);
      case "rows":
        return this.rows(b.rows, indent + 2);
      case "table":
        return table(
          b.head,
          b.rows.map((r) => r.cells.map((c) => this.inline(c))),
          indent + 2,
        );
      case "section":
        return b.title.length === 0
          ? this.blocks(b.blocks, indent + 2)
          : [...wrap(this.inline(b.title), indent), ...this.blocks(b.blocks, indent + 4)];
      case "fold":
        return [`${" ".repeat(indent)}${b.summary}`, ...this.blocks(b.blocks, indent + 2)];
      case "code":
        return b.lines.map((l) => `${" ".repeat(indent + 2)}${l.text}`.slice(0, textWidth));
    }
  }

  private inline(content: readonly Inline[]): string {
    return content
      .map((x) => (typeof x === "string" ? x : "formula" in x ? textOf(x.formula, this.named) : x.text))
      .join("");
  }

  /** Aligned at the equals sign; notes in a column of their own where there is room. */
  private rows(rows: readonly Row[], indent: number): string[] {
    const parts = rows.map((r) => ({
      left: r.left ? textOf(r.left, this.named) : "",
      relation: r.relation,
      right: rightText({ ...r, left: { kind: "name", name: "" }, accumulate: false, parts: [] }, this.named),
      note: r.note,
    }));
    const widest = Math.min(34, Math.max(0, ...parts.map((p) => width(p.left) + p.relation.length)));
    const main = parts.map((p) => {
      const gap = Math.max(1, widest - width(p.left) - p.relation.length + 1);
      return `${" ".repeat(indent)}${p.left}${" ".repeat(gap)}${p.relation} ${p.right}`;
    });
    const notes = Math.min(
      70,
      Math.max(0, ...main.map((m, i) => (parts[i]!.note === "" || width(m) > 66 ? 0 : width(m) + 4))),
    );
    return main.flatMap((m, i) => {
      const { note } = parts[i]!;
      const hanging = indent + widest + 4;
      const together = m.trimStart().replace(/\[[^[\]]*\]/g, (x) => x.replaceAll(" ", "\u00a0"));
      const lines = wrap(together, indent, hanging, m.length - m.trimStart().length);
      if (note === "") return lines;
      const last = lines.at(-1)!;
      const at = Math.max(notes, width(last) + 4);
      if (at + width(note) <= textWidth)
        return [...lines.slice(0, -1), last + " ".repeat(at - width(last)) + note];
      const column = Math.min(Math.max(notes, hanging), Math.max(hanging, textWidth - width(note)));
      return [...lines, ...wrap(note, column)];
    });
  }
}

/** Characters that take a column; accents that combine with the one before take none. */
function width(text: string): number {
  return [...text.replace(/\p{M}/gu, "")].length;
}

/**
 * Lines of at most 100 columns, broken at spaces; the first starts at `first`, the others at `hanging`, or further left
 * where the longest part would leave the page.
 */
function wrap(text: string, indent: number, hanging = indent, first = indent): string[] {
  const parts = partsOf(text, textWidth - hanging);
  const margin = Math.max(0, Math.min(hanging, textWidth - Math.max(...parts.map((p) => width(p.text)))));
  const lines: string[] = [];
  let line = " ".repeat(first);
  let empty = true;
  for (const { text: part, space } of parts) {
    if (!empty && width(line) + space.length + width(part) > textWidth) {
      lines.push(line);
      line = " ".repeat(margin);
      empty = true;
    }
    line += (empty ? "" : space) + part;
    empty = false;
  }
  return [...lines, line.trimEnd()];
}

/**
 * What may stand on a line of its own, and what parts it from the part before: words; what is wider than `room` is broken
 * behind its products and quotients, and what is wider than a page behind the dots of its names.
 */
function partsOf(text: string, room: number): { readonly text: string; readonly space: string }[] {
  const broken = (word: string): string[] => {
    if (width(word) <= room) return [word];
    return word
      .split(/(?<=[·/])/)
      .flatMap((part) => (width(part) <= textWidth ? [part] : part.split(/(?<=\.)/)));
  };
  return text
    .split(/(?<=\S) /)
    .flatMap((word) => broken(word).map((part, n) => ({ text: part, space: n === 0 ? " " : "" })));
}

/** Columns side by side, each as wide as its widest cell; the last one is broken where it would leave the page. */
function table(head: readonly string[], rows: readonly (readonly string[])[], indent: number): string[] {
  const whole = head.reduce(
    (n, h, c) => n + 2 + Math.max(width(h), ...rows.map((r) => width(r[c] ?? ""))),
    indent - 2,
  );
  if (whole > textWidth) return records(head, rows, indent);
  const all = head.some((h) => h !== "") ? [head, ...rows] : rows;
  const columns = Math.max(0, ...all.map((r) => r.length));
  const widths = Array.from({ length: columns }, (_, c) => Math.max(0, ...all.map((r) => width(r[c] ?? ""))));
  return all.flatMap((row, i) => {
    const cells = row.map((cell, c) => cell + " ".repeat(widths[c]! - width(cell)));
    const start = indent + widths.slice(0, -1).reduce((n, w) => n + w + 2, 0);
    const line = wrap(cells.join("  ").trimEnd(), indent, Math.min(start, textWidth - 20), indent);
    const rule = widths.map((w) => "─".repeat(w)).join("  ");
    return i === 0 && all.length > rows.length ? [...line, " ".repeat(indent) + rule] : line;
  });
}

/** A table that is too wide for the page: a paragraph for each row, a line for each cell. */
function records(head: readonly string[], rows: readonly (readonly string[])[], indent: number): string[] {
  const label = Math.max(...head.slice(1).map(width));
  return rows.flatMap(([first, ...cells]) => [
    " ".repeat(indent) + (first ?? ""),
    ...cells.flatMap((cell, i) => {
      const name = head[i + 1]!;
      return cell === ""
        ? []
        : wrap(`${name}${"\u00a0".repeat(label - width(name))}  ${cell}`, indent + 4, indent + label + 6);
    }),
  ]);
}
