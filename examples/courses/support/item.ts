/** What an item of a course is, and the page that it writes. */
import { sourceText } from "./compile.ts";

/**
 * One item of a course: `show` compiles the `.nn` files beside it, runs them, prints what the course shows, and returns
 * the figures, which a test compares with the course.
 */
export interface Item<Figures = unknown> {
  /** As the courses number it: `A.2`. */
  readonly id: string;
  readonly title: string;
  /** The models that are shown. */
  readonly models: readonly URL[];
  readonly show: (page: Page) => Promise<Figures>;
}

/** Collects the lines and the pictures of an item; lines go out as they come where somebody reads them. */
export class Page {
  readonly lines: string[] = [];
  /** SVG texts by the name of their file in `pictures/`, without its ending. */
  readonly pictures = new Map<string, string>();
  /** Whether long computations may be run in full. */
  readonly full: boolean;
  private readonly write: (line: string) => void;

  constructor(options: { readonly full?: boolean; readonly write?: (line: string) => void } = {}) {
    this.full = options.full ?? false;
    this.write = options.write ?? (() => undefined);
  }

  /** Prints texts, each from a line of its own on; what is too long goes on in the next line, further in. */
  print(...texts: readonly string[]): void {
    for (const line of texts.flatMap((text) => text.split("\n")).flatMap(folded)) {
      this.lines.push(line.trimEnd());
      this.write(line.trimEnd());
    }
  }

  /** Prints a heading, with a line above. */
  heading(text: string): void {
    this.print("", text, "─".repeat([...text].length));
  }

  /** Prints the text of a model. */
  source(model: URL): void {
    this.print("", sourceText(model).trimEnd().replace(/^/gm, "    "), "");
  }

  picture(name: string, svg: string): void {
    this.pictures.set(name, svg);
  }
}

const pageWidth = 100;

/** A line in pieces that fit the page, broken at blanks. */
function folded(line: string): string[] {
  const characters = [...line.trimEnd()];
  if (characters.length <= pageWidth) return [characters.join("")];
  const margin = characters.findIndex((c) => c !== " ");
  const blank = characters.slice(0, pageWidth + 1).lastIndexOf(" ");
  if (blank <= margin) return [characters.join("")];
  const rest = " ".repeat(margin + 4) + characters.slice(blank + 1).join("");
  return [characters.slice(0, blank).join(""), ...folded(rest)];
}
