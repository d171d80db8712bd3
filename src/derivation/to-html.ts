/** A document as one HTML file: readable with scripts off, from `file://`, on paper; no request is ever made. */
import type { CodeLine, Derivation } from "./derivation.ts";
import type { Block, Document, Inline, Row } from "./document.ts";
import type { Ref } from "./formula.ts";
import { linkingScript } from "./html-script.ts";
import { styleSheet } from "./html-style.ts";
import { escapeHtml, MathWriter } from "./mathml.ts";
import { layeredText } from "./names.ts";

export function toHtml(document: Document, derivation: Derivation): string {
  const writer = new HtmlWriter(document);
  const side = writer.sources(derivation) + writer.module(derivation.code);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(document.title)}</title>
<style>
${styleSheet}
</style>
</head>
<body>
<header>
<h1>${escapeHtml(document.title)}</h1>
${document.subtitle === "" ? "" : `<p>${escapeHtml(document.subtitle)}</p>`}
<p class="keys">Point at a name to see it in the equations, the source and the generated code.
<kbd>Tab</kbd> or <kbd>↓</kbd> <kbd>↑</kbd> go from line to line, <kbd>Enter</kbd> holds one, <kbd>Esc</kbd> lets go.</p>
</header>
<div class="columns">
<main>
${document.blocks.map((b) => writer.block(b)).join("\n")}
</main>
<aside aria-label="Source and generated code">
${side}
</aside>
</div>
<p id="held" role="status" aria-live="polite"></p>
<script>
${linkingScript}
</script>
</body>
</html>
`;
}

class HtmlWriter {
  private readonly document: Document;
  private readonly math: MathWriter;
  /** Identifiers that are given, so that each stands once. */
  private readonly given = new Set<string>();

  constructor(document: Document) {
    this.document = document;
    this.math = new MathWriter(document.names);
  }

  block(b: Block): string {
    switch (b.kind) {
      case "heading":
        return `<h2>${escapeHtml(b.text)}</h2>`;
      case "paragraph":
        return `<p class="${b.tone}">${this.inline(b.content)}</p>`;
      case "rows":
        return b.rows.length === 0 ? "" : this.rows(b.rows);
      case "table": {
        const head = b.head.map((h) => `<th scope="col">${escapeHtml(h)}</th>`).join("");
        const rows = b.rows.map(
          (r) => `<tr${this.linked(r.ref)}>${r.cells.map((c) => `<td>${this.inline(c)}</td>`).join("")}</tr>`,
        );
        return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
      }
      case "section":
        return `<section${this.identifier(b.ref)}${b.title.length > 0 ? this.linked(b.ref, true) : ""}>${
          b.title.length > 0 ? `<h3>${this.inline(b.title)}</h3>` : ""
        }${b.blocks.map((x) => this.block(x)).join("")}</section>`;
      case "fold":
        return `<details><summary>${escapeHtml(b.summary)}</summary>${b.blocks.map((x) => this.block(x)).join("")}</details>`;
      case "code":
        return `<pre>${b.lines.map((l) => `<code${this.linked(l.ref)}>${escapeHtml(l.text)}</code>`).join("\n")}</pre>`;
    }
  }

  private identifier(ref: Ref): string {
    const id = `step-${encodeURIComponent(ref)}`;
    if (this.given.has(id)) return "";
    this.given.add(id);
    return ` id="${escapeHtml(id)}"`;
  }

  /** What belongs to a tensor, for the script; `stop` can be reached by keys. */
  private linked(ref: Ref | null | undefined, stop = false): string {
    if (ref === null || ref === undefined) return "";
    return ` data-about="${escapeHtml(ref)}"${stop ? ' tabindex="0"' : ""}`;
  }

  private inline(content: readonly Inline[]): string {
    return content
      .map((x) => {
        if (typeof x === "string") return escapeHtml(x);
        if ("formula" in x) return this.math.inline(x.formula);
        const text = layeredText(this.document.names, x.link);
        const shown = x.text === x.link ? text : x.text;
        return `<a href="#step-${escapeHtml(encodeURIComponent(x.link))}" data-ref="${escapeHtml(x.link)}">${escapeHtml(shown)}</a>`;
      })
      .join("");
  }

  private rows(rows: readonly Row[]): string {
    const line = (r: Row): string => {
      const left = r.left ? `<math displaystyle="true">${this.math.formula(r.left)}</math>` : "";
      const relation = `<math><mo>${r.relation}</mo></math>`;
      const stop = r.ref !== undefined && r.left !== null;
      return (
        `<tr${this.linked(r.ref, stop)}><td class="left">${left}</td><td class="relation">${relation}</td>` +
        `<td class="right">${this.math.right(r)}</td><td class="why">${escapeHtml(r.note)}</td></tr>`
      );
    };
    return `<div class="wide"><table class="rows"><tbody>${rows.map(line).join("")}</tbody></table></div>`;
  }

  /** The user's files, a line each; what a line defines is linked. */
  sources({ sources, targets }: Derivation): string {
    return sources
      .map(({ file, text }) => {
        const lines = text.trimEnd().split("\n");
        const about = (line: number): string => {
          const refs = targets.flatMap((t) => [
            ...t.forward.filter((f) => f.place?.file === file && f.place.line === line).map((f) => f.ref),
            ...t.names
              .filter((n) => n.place?.file === file && n.place.line === line && n.role !== "gradient")
              .map((n) => n.ref),
          ]);
          return [...new Set(refs)].map(escapeHtml).join(" ");
        };
        const rows = lines.map((l, i) => {
          const refs = about(i + 1);
          const linked = refs === "" ? "" : ` data-about="${refs}" tabindex="0"`;
          return `<code${linked}><span class="number">${i + 1}</span>${escapeHtml(l)}</code>`;
        });
        return `<details open><summary>${escapeHtml(file)}</summary><pre>${rows.join("\n")}</pre></details>`;
      })
      .join("");
  }

  /** The kernels of the generated module. */
  module(code: readonly CodeLine[]): string {
    const shown = code.filter((l) => l.ref !== null);
    if (shown.length === 0) return "";
    const rows = shown.map((l, i) => {
      const gap = i > 0 && shown[i - 1]!.ref !== l.ref ? "\n" : "";
      return `${gap}<code${this.linked(l.ref)}>${escapeHtml(l.text)}</code>`;
    });
    return `<details open><summary>the generated code, level 0</summary><pre>${rows.join("\n")}</pre></details>`;
  }
}
