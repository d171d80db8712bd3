/**
 * Documents that are laid out within a width, after Wadler's "A prettier printer" (2003), with the commands of
 * Prettier that generated code needs: a group stays on one line where it fits, and breaks its own lines otherwise.
 */
export type Document =
  | string
  | readonly Document[]
  | Group
  | { readonly kind: "indent"; readonly contents: Document }
  | { readonly kind: "line"; readonly flat: "" | " " }
  /** Text that depends on whether the group around it is broken. */
  | { readonly kind: "either"; readonly broken: string; readonly flat: string }
  /** Indented where that group was broken. */
  | { readonly kind: "follows"; readonly group: Group; readonly contents: Document };

export interface Group {
  readonly kind: "group";
  readonly contents: Document;
}

export const line: Document = { kind: "line", flat: " " };
export const softline: Document = { kind: "line", flat: "" };
export const group = (...contents: Document[]): Group => ({ kind: "group", contents });
export const indent = (...contents: Document[]): Document => ({ kind: "indent", contents });
export const onlyBroken = (text: string): Document => ({ kind: "either", broken: text, flat: "" });
export const onlyFlat = (text: string): Document => ({ kind: "either", broken: "", flat: text });
export const follows = (first: Group, contents: Document): Document => ({
  kind: "follows",
  group: first,
  contents,
});

/** `open`, the items each on its line where they do not fit on one, `close`. */
export function enclosed(
  open: string,
  items: readonly Document[],
  separator: string,
  close: string,
  edge: Document = softline,
): Group {
  const inner = items.flatMap((item, i) => (i === 0 ? [item] : [separator, line, item]));
  return group(open, indent(edge, ...inner), onlyBroken(separator), edge, close);
}

interface Command {
  readonly document: Document;
  readonly depth: number;
  readonly isFlat: boolean;
}

/** The lines of a document whose first line starts at `depth`. */
export function layOut(root: Document, depth: number, width: number): string[] {
  const lines: string[] = [];
  let current = " ".repeat(depth);
  const broken = new Set<Group>();
  const stack: Command[] = [{ document: root, depth, isFlat: false }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { document, depth: at, isFlat } = top;
    if (typeof document === "string") current += document;
    else if (!("kind" in document)) pushAll(stack, document, at, isFlat);
    else if (document.kind === "indent") {
      stack.push({ document: document.contents, depth: at + 2, isFlat });
    } else if (document.kind === "either") {
      current += isFlat ? document.flat : document.broken;
    } else if (document.kind === "follows") {
      stack.push({
        document: document.contents,
        depth: broken.has(document.group) ? at + 2 : at,
        isFlat,
      });
    } else if (document.kind === "group") {
      const flat: Command = { document: document.contents, depth: at, isFlat: true };
      const stays = isFlat || fits(flat, stack, width - current.length);
      if (!stays) broken.add(document);
      stack.push({ ...flat, isFlat: stays });
    } else if (isFlat) current += document.flat;
    else {
      lines.push(current);
      current = " ".repeat(at);
    }
  }
  return [...lines, current];
}

function pushAll(stack: Command[], documents: readonly Document[], depth: number, isFlat: boolean): void {
  for (let i = documents.length - 1; i >= 0; i--) stack.push({ document: documents[i]!, depth, isFlat });
}

/** Whether the text up to the next line break that is taken or may be taken has room. */
function fits(first: Command, rest: readonly Command[], room: number): boolean {
  const stack: Command[] = [first];
  let next = rest.length;
  let left = room;
  while (left >= 0) {
    const top = stack.pop() ?? rest[--next];
    if (top === undefined) return true;
    const { document, isFlat } = top;
    if (typeof document === "string") left -= document.length;
    else if (!("kind" in document)) pushAll(stack, document, 0, isFlat);
    else if (document.kind === "either") left -= (isFlat ? document.flat : document.broken).length;
    else if (document.kind !== "line") stack.push({ document: document.contents, depth: 0, isFlat });
    else if (!isFlat) return true;
    else left -= document.flat.length;
  }
  return false;
}
