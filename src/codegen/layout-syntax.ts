/** The expressions of generated code, read back from one line: enough structure to know where it may be broken. */

export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "parentheses"; readonly inner: Node }
  | { readonly kind: "prefix"; readonly operator: string; readonly operand: Node }
  | { readonly kind: "binary"; readonly operator: string; readonly left: Node; readonly right: Node }
  | { readonly kind: "conditional"; readonly test: Node; readonly chosen: Node; readonly otherwise: Node }
  /** `.name`, `?.name` or `++`. */
  | { readonly kind: "member"; readonly object: Node; readonly name: string }
  | { readonly kind: "element"; readonly object: Node; readonly index: Node }
  | { readonly kind: "call"; readonly callee: Node; readonly arguments: readonly Node[] }
  | { readonly kind: "list"; readonly open: "[" | "{"; readonly items: readonly Node[] }
  | { readonly kind: "property"; readonly key: string; readonly value: Node };

/** How tightly operators bind, as JavaScript has it. */
const binding: ReadonlyMap<string, number> = new Map(
  [
    ["??"],
    ["||"],
    ["&&"],
    ["|"],
    ["^"],
    ["&"],
    ["==", "!=", "===", "!=="],
    ["<", ">", "<=", ">=", "instanceof", "in"],
    ["<<", ">>", ">>>"],
    ["+", "-"],
    ["*", "/", "%"],
  ].flatMap((operators, level) => operators.map((o) => [o, level] as const)),
);

export function bindingOf(operator: string): number {
  return binding.get(operator)!;
}

const token =
  /\s*("(?:[^"\\]|\\.)*"|`(?:[^`\\$]|\\.|\$(?!\{)|\$\{[^{}`]*\})*`|[\p{ID_Start}_$#][\p{ID_Continue}$]*|\d[\w.]*(?:(?<=e)-\d+)?|\.\.\.|\?\.|>>>|[=!]==|[-+*/]=|&&|\|\||\?\?|[<>=!]=|<<|>>|=>|\+\+|--|[^])/uy;

export function tokensOf(code: string): string[] {
  const found: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < code.length) {
    const match = token.exec(code);
    if (!match) break;
    found.push(match[1]!);
  }
  return found;
}

const isWord = (text: string | undefined): boolean =>
  text !== undefined && /^[\p{ID_Start}_$#\d"`]/u.test(text);
const prefixes = new Set(["-", "+", "!", "~", "new", "typeof", "await", "..."]);

/** Reads one expression at a time; what it does not know is an error, and its line stays as it is. */
export class Reader {
  private at = 0;

  constructor(private readonly tokens: readonly string[]) {}

  get next(): string | undefined {
    return this.tokens[this.at];
  }

  get isDone(): boolean {
    return this.at === this.tokens.length;
  }

  accept(text: string): boolean {
    if (this.next !== text) return false;
    this.at++;
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) throw new UnknownSyntax(`\`${text}\` was expected, not \`${this.next}\``);
  }

  take(): string {
    const text = this.next;
    if (text === undefined) throw new UnknownSyntax("the line ends early");
    this.at++;
    return text;
  }

  expression(): Node {
    const test = this.binary(0);
    if (!this.accept("?")) return test;
    const chosen = this.expression();
    this.expect(":");
    return { kind: "conditional", test, chosen, otherwise: this.expression() };
  }

  private binary(least: number): Node {
    let left = this.unary();
    for (;;) {
      const level = this.next === undefined ? undefined : binding.get(this.next);
      if (level === undefined || level < least) return left;
      const operator = this.take();
      left = { kind: "binary", operator, left, right: this.binary(level + 1) };
    }
  }

  private unary(): Node {
    if (this.next === undefined || !prefixes.has(this.next)) return this.postfix(this.primary());
    const word = this.take();
    const operator = /^\w/.test(word) ? `${word} ` : word;
    return { kind: "prefix", operator, operand: this.unary() };
  }

  private primary(): Node {
    if (this.accept("(")) {
      const inner = this.expression();
      this.expect(")");
      return { kind: "parentheses", inner };
    }
    if (this.accept("[")) return { kind: "list", open: "[", items: this.items("]", () => this.expression()) };
    if (this.accept("{")) return { kind: "list", open: "{", items: this.items("}", () => this.property()) };
    if (!isWord(this.next)) throw new UnknownSyntax(`\`${this.next}\` starts no expression`);
    return { kind: "text", text: this.take() };
  }

  private postfix(start: Node): Node {
    let node = start;
    for (;;) {
      if (this.accept(".")) node = { kind: "member", object: node, name: `.${this.take()}` };
      else if (this.accept("?.")) node = { kind: "member", object: node, name: `?.${this.take()}` };
      else if (this.accept("[")) {
        node = { kind: "element", object: node, index: this.expression() };
        this.expect("]");
      } else if (this.accept("("))
        node = { kind: "call", callee: node, arguments: this.items(")", () => this.expression()) };
      else if (this.next === "++" || this.next === "--")
        node = { kind: "member", object: node, name: this.take() };
      else return node;
    }
  }

  private property(): Node {
    const isPair = isWord(this.next) && this.tokens[this.at + 1] === ":";
    if (!isPair) return this.expression();
    const key = this.take();
    this.expect(":");
    return { kind: "property", key, value: this.expression() };
  }

  private items(close: string, read: () => Node): Node[] {
    const found: Node[] = [];
    while (!this.accept(close)) {
      found.push(read());
      if (!this.accept(",")) {
        this.expect(close);
        break;
      }
    }
    return found;
  }
}

/** Thrown at what generated code does not hold on lines that are too long. */
export class UnknownSyntax extends Error {}
